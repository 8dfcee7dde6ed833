import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  concerns,
  decisionsOn,
  lastRule,
  rolesThatMay,
  ruling,
  type Rulebook,
} from '../../../../src/domain/policy/rules.ts';
import { paperSite } from '../../../paper-site.ts';
import {
  type Decisions,
  type Rule,
  type RuleAction,
  ruleActions,
} from '../../../../src/domain/policy/policy.ts';

/** What a rule list says, worked out as somebody would with a pencil: all rules that fit are looked for, the first is taken. */
function oracle(rules: readonly Rule[], action: RuleAction, environment: string, roles: readonly string[]) {
  const fitting: Rule[] = [];
  for (const rule of rules) {
    let fits = true;
    if (rule.may !== 'everything' && !new Set<string>(rule.may).has(action)) fits = false;
    if (rule.environments !== 'all' && !new Set(rule.environments).has(environment)) fits = false;
    if (rule.roles !== 'everybody') {
      let holds = false;
      for (const one of rule.roles) for (const own of roles) if (one === own) holds = true;
      if (!holds) fits = false;
    }
    if (fits) fitting.push(rule);
  }
  return fitting.length === 0 ? false : fitting[0]!.allow;
}

function book(rules: readonly Rule[]): Rulebook {
  return { rules, operators: [], environments: {} };
}

function subsets<T>(all: readonly T[]): T[][] {
  return all.reduce<T[][]>((sets, one) => [...sets, ...sets.map((set) => [...set, one])], [[]]);
}

/** The same by going through the whole list for each question, as it was done before there were very many environments. */
const plainly = {
  ruling(rules: readonly Rule[], action: RuleAction, environment: string, held: readonly string[]) {
    const rule =
      rules.find(
        (one) =>
          concerns(one, action, environment) &&
          (one.roles === 'everybody' || one.roles.some((role) => held.includes(role))),
      ) ?? lastRule;
    return { allowed: rule.allow, rule };
  },
  rolesThatMay(rules: readonly Rule[], action: RuleAction, environment: string) {
    const may = (held: readonly string[]) => plainly.ruling(rules, action, environment, held).allowed;
    if (may([])) return 'everybody';
    const named = rules.flatMap((rule) => (rule.roles === 'everybody' ? [] : rule.roles));
    return [...new Set(named)].filter((role) => may([role]));
  },
  decisionsOn(rules: readonly Rule[], action: RuleAction, environment: string): Decisions {
    const about = rules.filter((rule) => concerns(rule, action, environment));
    const end = about.findIndex((rule) => rule.roles === 'everybody');
    return (end === -1 ? [...about, lastRule] : about.slice(0, end + 1))
      .map((rule) => ({
        roles: rule.roles === 'everybody' ? rule.roles : [...rule.roles].sort(),
        allow: rule.allow,
      }))
      .filter((one) => one.roles === 'everybody' || one.roles.length > 0);
  },
};

const roles = ['developer', 'qa-manager', 'dba'];
const environments = ['uat', 'ci', 'production'];

const anyRule: fc.Arbitrary<Rule> = fc.record({
  may: fc.oneof(fc.constant('everything' as const), fc.subarray([...ruleActions])),
  roles: fc.oneof(fc.constant('everybody' as const), fc.subarray(roles)),
  environments: fc.oneof(fc.constant('all' as const), fc.subarray(environments)),
  allow: fc.boolean(),
});

describe('rules', () => {
  it('rule on every action, environment and set of roles as the oracle does, whatever the one rule or the two', () => {
    const mays: Rule['may'][] = ['everything', ['request'], ['approve', 'undo'], []];
    const whom: Rule['roles'][] = ['everybody', ...subsets(roles)];
    const where: Rule['environments'][] = ['all', ['uat'], ['ci', 'production'], []];
    const single = mays.flatMap((may) =>
      whom.flatMap((who) =>
        where.flatMap((at) => [true, false].map((allow) => ({ may, roles: who, environments: at, allow }))),
      ),
    );
    const seconds: Rule[] = [
      { may: 'everything', roles: 'everybody', environments: 'all', allow: true },
      { may: ['request', 'approve'], roles: ['qa-manager'], environments: ['uat'], allow: false },
    ];
    let asked = 0;
    for (const first of single) {
      for (const rules of [[first], ...seconds.map((second) => [first, second])]) {
        for (const action of ruleActions) {
          for (const environment of environments) {
            for (const held of subsets(roles)) {
              asked++;
              const said = ruling(book(rules), action, environment, { roles: held });
              if (said.allowed !== oracle(rules, action, environment, held)) {
                assert.fail(JSON.stringify({ rules, action, environment, held, said }));
              }
            }
          }
        }
      }
    }
    assert.ok(asked > 200_000, String(asked));
  });

  it('rule on long lists as the oracle does, and what is derived from them agrees', () => {
    fc.assert(
      fc.property(
        fc.array(anyRule, { maxLength: 12 }),
        fc.constantFrom(...ruleActions),
        fc.constantFrom(...environments, 'elsewhere'),
        fc.subarray(roles),
        (rules, action, environment, held) => {
          const site = book(rules);
          const { allowed, rule } = ruling(site, action, environment, { roles: held });
          assert.equal(allowed, oracle(rules, action, environment, held));
          assert.equal(rule.allow, allowed);
          // The short list that goes into a digest says the same.
          const short = decisionsOn(site, action, environment);
          const first = short.find(
            (one) => one.roles === 'everybody' || one.roles.some((role) => held.includes(role)),
          );
          assert.equal(first?.allow, allowed);
          const may = rolesThatMay(site, action, environment);
          if (may === 'everybody') assert.ok(oracle(rules, action, environment, []));
          else {
            for (const role of roles)
              assert.equal(may.includes(role), oracle(rules, action, environment, [role]));
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('are found by environment as by going through all of them, whichever rules name it, twice or not at all', () => {
    const places = ['uat', 'ci', 'dev', 'constructor', '__proto__', 'production'];
    const named = fc.array(fc.constantFrom(...places), { maxLength: 8 });
    const rule: fc.Arbitrary<Rule> = fc.record({
      may: fc.oneof(fc.constant('everything' as const), fc.subarray([...ruleActions])),
      roles: fc.oneof(
        fc.constant('everybody' as const),
        fc.array(fc.constantFrom(...roles), { maxLength: 4 }),
      ),
      environments: fc.oneof(
        { weight: 1, arbitrary: fc.constant('all' as const) },
        { weight: 3, arbitrary: named },
      ),
      allow: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 12 }),
        fc.constantFrom(...ruleActions),
        fc.subarray(roles),
        (rules, action, held) => {
          const site = book(rules);
          for (const environment of [...places, 'elsewhere', '']) {
            const said = ruling(site, action, environment, { roles: held });
            const wanted = plainly.ruling(rules, action, environment, held);
            assert.equal(said.allowed, wanted.allowed);
            assert.equal(said.rule, wanted.rule, 'the very rule');
            const may = rolesThatMay(site, action, environment);
            const all = plainly.rolesThatMay(rules, action, environment);
            // In the order of the rules about this environment, not of those about others.
            assert.deepEqual([...may].sort(), [...all].sort());
            const decisions = decisionsOn(site, action, environment);
            assert.deepEqual(decisions, plainly.decisionsOn(rules, action, environment));
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('are gone through once, however many environments are asked about, and by whichever site holds them', () => {
    let read = 0;
    const names = Array.from({ length: 500 }, (_, at) => `e-${at}`);
    const rules = ['some', 'all'].map((where): Rule => ({
      may: 'everything',
      roles: 'everybody',
      get environments() {
        read += 1;
        return where === 'all' ? 'all' : names;
      },
      allow: where === 'all',
    }));
    const asked = () => names.filter((name) => ruling(book(rules), 'request', name, { roles: [] }).allowed);
    assert.deepEqual(asked(), []);
    const first = read;
    assert.ok(first > 0 && first < 10, String(first));
    assert.deepEqual(asked(), []);
    assert.ok(ruling(book(rules), 'request', 'elsewhere', { roles: [] }).allowed);
    assert.equal(read, first);
  });

  it('that nobody wrote mean what approvers, requesters and operators mean', () => {
    const paper = paperSite();
    const { uat } = paper.environments;
    const who = {
      dana: ['developer'],
      quinn: ['qa-manager'],
      otto: ['operator'],
      nobody: [],
    };
    const may = (site: Rulebook, environment: string) =>
      Object.fromEntries(
        ruleActions.map((action) => [
          action,
          Object.entries(who)
            .filter(([, held]) => ruling(site, action, environment, { roles: held }).allowed)
            .map(([name]) => name)
            .join(' '),
        ]),
      );
    const everybody = 'dana quinn otto nobody';
    const open = {
      request: everybody,
      approve: 'quinn',
      take: 'otto',
      prove: 'otto',
      'read-raw': everybody,
      undo: everybody,
      hold: 'quinn otto',
      'break-glass': '',
      schedule: everybody,
      cancel: 'quinn otto',
      retry: 'quinn otto',
      acknowledge: 'otto',
    };
    assert.deepEqual(may(paper, 'uat'), open);
    const strict = {
      ...paper,
      environments: { ...paper.environments, uat: { ...uat!, requesters: ['developer'] } },
    };
    assert.deepEqual(may(strict, 'uat'), {
      ...open,
      request: 'dana',
      schedule: 'dana',
      undo: 'dana quinn otto',
    });
    // An environment that is gone from the file: its requests can still be dealt with, and nothing else.
    assert.deepEqual(may(paper, 'gone'), {
      ...Object.fromEntries(ruleActions.map((action) => [action, ''])),
      take: 'otto',
      prove: 'otto',
      undo: 'otto',
      hold: 'otto',
      cancel: 'otto',
      retry: 'otto',
      acknowledge: 'otto',
      'read-raw': everybody,
    });
  });
});
