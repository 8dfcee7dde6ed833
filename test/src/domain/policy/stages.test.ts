import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Approval } from '../../../../src/domain/approval.ts';
import { approvalStanding, isReachable, stagesOf } from '../../../../src/domain/policy/stages.ts';
import { stagesText, standingText } from '../../../../src/domain/policy/words.ts';
import { termsChanged, termsOf } from '../../../../src/domain/policy/terms.ts';
import { paperSite } from '../../../paper-site.ts';
import type { Stage } from '../../../../src/domain/policy/policy.ts';

const site = paperSite();
const qa: Stage = { name: 'QA', roles: ['qa-manager'], quorum: 2 };
const owner: Stage = { name: 'Data owner', roles: ['operator'], quorum: 1, when: 'raw' };
const request = { environment: 'uat', requestedBy: 'dana', digest: 'd', terms: { stages: [qa, owner] } };

function yes(by: string, stage: string, more: Partial<Approval> = {}): Approval {
  return {
    request: 'REQ-1',
    decision: 'approved',
    by,
    front: 'slack',
    digest: 'd',
    stage,
    at: new Date(0),
    ...more,
  };
}

const withOwners = {
  ...site,
  rules: [
    { may: ['approve' as const], roles: ['qa-manager', 'operator'], environments: ['uat'], allow: true },
  ],
};

describe('the stages of an approval', () => {
  it('are met in order, each by so many different people', () => {
    const at = (...said: Approval[]) => standingText(approvalStanding(withOwners, request, said));
    assert.equal(at(), 'QA: 0 of 2; then Data owner');
    assert.equal(at(yes('quinn', 'QA')), 'QA: 1 of 2, by Quinn; then Data owner');
    assert.equal(at(yes('quinn', 'QA'), yes('rosa', 'QA')), 'QA: 2 of 2, by Quinn and Rosa; Data owner');
    const all = [yes('quinn', 'QA'), yes('rosa', 'QA'), yes('otto', 'Data owner')];
    assert.equal(at(...all), 'QA: 2 of 2, by Quinn and Rosa; Data owner: yes, by Otto');
    assert.equal(approvalStanding(withOwners, request, all).open, undefined);
  });

  it('count nobody twice, nor the requester, nor who may not, nor what was voided or said of something else', () => {
    const none = [
      [yes('quinn', 'QA'), yes('quinn', 'QA', { front: 'jira' })],
      [yes('quinn', 'QA'), yes('dana', 'QA')],
      [yes('quinn', 'QA'), yes('otto', 'QA')],
      [yes('quinn', 'QA'), yes('rosa', 'QA', { voidedAt: new Date(1) })],
      [yes('quinn', 'QA'), yes('rosa', 'QA', { digest: 'e' })],
      [yes('quinn', 'QA'), yes('rosa', 'QA', { decision: 'rejected' })],
      [yes('quinn', 'QA'), yes('nobody', 'QA')],
      [yes('quinn', 'QA'), yes('rosa', 'Data owner')],
    ];
    for (const said of none) {
      assert.deepEqual(approvalStanding(withOwners, request, said).open?.missing, 1, JSON.stringify(said));
    }
  });

  it('name those who may say what is open: neither the requester nor anybody who counts already', () => {
    const { open } = approvalStanding(withOwners, { ...request, requestedBy: 'rosa' }, [yes('quinn', 'QA')]);
    assert.deepEqual(open?.deciders, []);
    const first = approvalStanding(withOwners, request, [yes('quinn', 'QA')]);
    assert.deepEqual(
      first.open?.deciders.map(({ id }) => id),
      ['rosa'],
    );
    assert.equal(first.reachable, true);
    assert.equal(approvalStanding(withOwners, { ...request, requestedBy: 'rosa' }, []).reachable, false);
  });

  it('that only raw data needs are left out for the rest, and something always remains', () => {
    const names = (stages: readonly Stage[], raw: boolean) =>
      stagesOf({ approval: { stages } }, raw).map(({ name }) => name);
    assert.deepEqual(names([qa, owner], false), ['QA']);
    assert.deepEqual(names([qa, owner], true), ['QA', 'Data owner']);
    assert.deepEqual(names([owner], false), ['approval']);
    assert.deepEqual(stagesOf({}, true).length, 1);
  });

  it('can be met exactly where different people can be found for all places', () => {
    const people = ['a', 'b', 'c', 'd'];
    const stage = fc.record({
      missing: fc.integer({ min: 0, max: 3 }),
      deciders: fc.subarray(people).map((ids) => ids.map((id) => ({ id }))),
    });
    fc.assert(
      fc.property(fc.array(stage, { maxLength: 4 }), (stages) => {
        const places = stages.flatMap(({ missing, deciders }) =>
          Array.from({ length: missing }, () => deciders.map(({ id }) => id)),
        );
        const tried = (at: number, taken: readonly string[]): boolean =>
          at === places.length ||
          places[at]!.some((id) => !taken.includes(id) && tried(at + 1, [...taken, id]));
        assert.equal(isReachable(stages), tried(0, []));
      }),
      { numRuns: 2000 },
    );
  });

  it('are said before anybody asks', () => {
    assert.equal(stagesText(site, 'uat', stagesOf({}, true)), 'qa-manager');
    assert.equal(
      stagesText(withOwners, 'uat', [qa, owner]),
      'QA (2 of qa-manager), then Data owner (operator; for raw data)',
    );
    assert.equal(stagesText({ ...site, rules: [] }, 'uat', stagesOf({}, true)), 'nobody: no role may');
  });
});

describe('what an approval is given under', () => {
  const { uat } = site.environments;
  const before = termsOf(site, uat!, 'request', []);

  it('changes with each rule that it stands on, and is told in plain words', () => {
    const now = (change: Parameters<typeof termsOf>) => termsChanged('uat', before, termsOf(...change)) ?? '';
    const changed = (environment: Partial<typeof uat>) =>
      now([site, { ...uat!, ...environment }, 'request', []]);
    assert.equal(now([site, uat!, 'request', []]), '');
    assert.match(changed({ protected: false }), /"uat" is not protected any more/);
    assert.match(
      changed({ accepts: ['raw', 'declared', 'proven'] }),
      /"uat" accepts declared, proven and raw backups now, not declared and proven/,
    );
    assert.match(
      changed({ approval: { stages: [qa] } }),
      /it takes the yes of QA \(2 of qa-manager\) now, not of approval \(1\)/,
    );
    const other = (environment: Partial<NonNullable<typeof uat>>) => {
      const changedSite = {
        ...site,
        environments: { ...site.environments, uat: { ...uat!, ...environment } },
      };
      return now([changedSite, changedSite.environments.uat, 'request', []]);
    };
    assert.match(other({ approvers: ['qa-manager', 'operator'] }), /who may approve on "uat"\.$/);
    assert.match(other({ requesters: ['developer'] }), /: who may ask for it on "uat"\.$/);
    assert.match(now([site, uat!, 'request', ['production']]), /who may read raw data of "production"/);
  });

  it('stays as it is by what does not matter: names, the order of roles, other environments, rules that come too late', () => {
    const rules = [
      { may: ['approve' as const], roles: ['a', 'b'], environments: ['uat'], allow: true },
      { may: ['request' as const], roles: 'everybody' as const, environments: 'all' as const, allow: true },
      { may: 'everything' as const, roles: 'everybody' as const, environments: 'all' as const, allow: false },
    ];
    const other = [
      {
        name: 'other words',
        may: ['approve' as const],
        roles: ['b', 'a'],
        environments: ['uat'],
        allow: true,
      },
      { may: ['approve' as const], roles: ['c'], environments: ['ci'], allow: true },
      rules[1]!,
      { may: ['request' as const], roles: ['d'], environments: 'all' as const, allow: false },
      rules[2]!,
    ];
    const then = termsOf({ ...site, rules }, uat!, 'request', []);
    assert.equal(
      termsChanged('uat', then, termsOf({ ...site, rules: other }, uat!, 'request', [])),
      undefined,
    );
    // As the store gives it back: its keys in another order.
    const back = Object.fromEntries(Object.entries(then).toReversed()) as typeof then;
    assert.equal(termsChanged('uat', back, then), undefined);
  });
});
