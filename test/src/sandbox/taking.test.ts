import assert from 'node:assert/strict';
import { type Rule, ruleActions } from '../../../src/domain/policy/policy.ts';
import { ruling } from '../../../src/domain/policy/rules.ts';
import { dana, otto, quinn } from '../../../src/sandbox/cast.ts';
import { takingRules } from '../../../src/sandbox/taking.ts';
import { paperSite } from '../../paper-site.ts';

describe('the rules of a sandbox that takes backups', () => {
  const { environments, ...paper } = paperSite();
  const approvers = (name: string) => (name === 'uat' ? ['qa-manager'] : []);
  const named = Object.entries(environments).map(
    ([name, one]) => [name, { ...one, approvers: approvers(name) }] as const,
  );
  const short = { ...paper, environments: Object.fromEntries(named) };
  const site = { ...short, rules: takingRules() as Rule[] };
  const may = (of: typeof short, action: Rule['may'][number], environment: string, person: typeof dana) =>
    ruling(of, action as (typeof ruleActions)[number], environment, person).allowed;

  it('say what the shorter keys would, but for taking and proving', () => {
    for (const environment of ['uat', 'ci', 'dev']) {
      for (const person of [dana, quinn, otto]) {
        for (const action of ruleActions.filter((one) => one !== 'take' && one !== 'prove')) {
          const what = `${person.id} ${action} ${environment}`;
          assert.equal(may(site, action, environment, person), may(short, action, environment, person), what);
        }
      }
    }
  });

  it('let everybody have backups taken of uat and any backup proven, and nobody take of production', () => {
    for (const person of [dana, quinn, otto]) {
      assert.ok(may(site, 'take', 'uat', person), person.id);
      assert.ok(!may(site, 'take', 'production', person), person.id);
      for (const environment of ['uat', 'production'])
        assert.ok(may(site, 'prove', environment, person), person.id);
    }
  });
});
