import assert from 'node:assert/strict';
import type { Approval } from '../../../../src/domain/approval.ts';
import { deputiesAt, noDeputies, type Deputies } from '../../../../src/domain/policy/deputies.ts';
import { approvalStanding, rightIn } from '../../../../src/domain/policy/stages.ts';
import type { Fallback } from '../../../../src/domain/policy/policy.ts';
import { standingText } from '../../../../src/domain/policy/words.ts';
import { paperSite } from '../../../paper-site.ts';

const site = paperSite();
const qa = { name: 'QA', roles: ['qa-manager'], quorum: 2 };
const at = new Date('2026-11-23T10:00:00Z');
const day = 86_400_000;

/** Asked for by Dana: Quinn and Rosa decide, both are needed. */
function request(fallback?: Fallback, requestedBy = 'dana') {
  return {
    environment: 'uat',
    requestedBy,
    digest: 'd',
    terms: { stages: [qa], ...(fallback === undefined ? {} : { fallback }) },
  };
}

function lent(from: string, to: string): Deputies {
  const since = new Date(at.getTime() - day);
  return { fallback: false, delegations: [{ from, to, since, until: new Date(at.getTime() + day) }] };
}

const right = (of: ReturnType<typeof request>, who: string, deputies: Deputies, spent: string[] = []) =>
  rightIn(site, of, qa, site.people[who]!, deputies, new Set(spent));

function yes(by: string, more: Partial<Approval> = {}): Approval {
  return {
    request: 'REQ-1',
    decision: 'approved',
    by,
    front: 'slack',
    digest: 'd',
    stage: 'QA',
    at,
    ...more,
  };
}

describe('the right to decide in the place of others', () => {
  const operators: Fallback = { roles: ['operator'], afterSeconds: 14_400 };
  const cases: [string, unknown, unknown][] = [
    ['without deputies only the own counts', right(request(), 'otto', noDeputies), undefined],
    ['a delegate decides for who gave it', right(request(), 'otto', lent('quinn', 'otto')), { for: 'quinn' }],
    ['nobody else does', right(request(), 'dana', lent('quinn', 'otto')), undefined],
    ['the own right goes first', right(request(), 'rosa', lent('quinn', 'rosa')), 'own'],
    ['who has no right has none to give', right(request(), 'otto', lent('dana', 'otto')), undefined],
    [
      'the right of the requester serves nobody',
      right(request(undefined, 'quinn'), 'otto', lent('quinn', 'otto')),
      undefined,
    ],
    [
      'nor one whose word counts already',
      right(request(), 'otto', lent('quinn', 'otto'), ['quinn']),
      undefined,
    ],
    ['nor that of somebody who is gone', right(request(), 'otto', lent('gone', 'otto')), undefined],
    [
      'the fallback decides when its time has come',
      right(request(operators), 'otto', { ...noDeputies, fallback: true }),
      'fallback',
    ],
    ['and not before', right(request(operators), 'otto', noDeputies), undefined],
    [
      'others do not for that',
      right(request(operators), 'dana', { ...noDeputies, fallback: true }),
      undefined,
    ],
  ];
  for (const [what, found, expected] of cases) it(what, () => assert.deepEqual(found, expected));

  it('begins and ends with its moments', () => {
    const { delegations } = lent('quinn', 'otto');
    const soon: Fallback = { roles: ['operator'], afterSeconds: 3600 };
    const ofMoment = (moment: Date) => {
      const found = deputiesAt({ fallback: soon }, at, delegations, moment);
      return [found.fallback, found.delegations.length];
    };
    assert.deepEqual(ofMoment(new Date(at.getTime() + 3_599_000)), [false, 1]);
    assert.deepEqual(ofMoment(new Date(at.getTime() + 3_600_000)), [true, 1]);
    assert.deepEqual(ofMoment(new Date(at.getTime() + day)), [true, 0]);
    assert.deepEqual(ofMoment(new Date(at.getTime() - 2 * day)), [false, 0]);
  });

  it('counts once for both: who decided for another, and the other', () => {
    const deputies = lent('quinn', 'otto');
    const standing = approvalStanding(site, request(), [yes('otto', { for: 'quinn' })], deputies);
    assert.equal(standingText(standing), 'QA: 1 of 2, by Otto for Quinn');
    assert.deepEqual(
      standing.open?.deciders.map(({ id }) => id),
      ['rosa'],
    );
    const both = approvalStanding(site, request(), [yes('otto', { for: 'quinn' }), yes('quinn')], deputies);
    assert.equal(both.stages[0]?.missing, 1);
    const turned = approvalStanding(site, request(), [yes('quinn'), yes('otto', { for: 'quinn' })], deputies);
    assert.equal(turned.stages[0]?.missing, 1);
  });

  it('once given, a yes needs the right of who gave it and not the delegation', () => {
    const given = [yes('otto', { for: 'quinn' }), yes('rosa')];
    assert.equal(approvalStanding(site, request(), given).open, undefined);
    const quinn = { ...site.people['quinn']!, roles: [] };
    const without = { ...site, people: { ...site.people, quinn } };
    assert.equal(approvalStanding(without, request(), given).open?.missing, 1);
  });

  it('of the fallback lasts as long as they are of it, and only under the rules that named it', () => {
    const given = [yes('otto', { fallback: true }), yes('rosa')];
    assert.equal(approvalStanding(site, request(operators), given).open, undefined);
    assert.equal(approvalStanding(site, request(), given).open?.missing, 1);
  });
});
