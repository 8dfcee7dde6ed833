import type { Person } from '../person.ts';
import type { Site } from '../site.ts';
import type { Decisions, Rule, RuleAction } from './policy.ts';
import { rulesAbout } from './rules-by-environment.ts';

/** The answer, and the rule that gave it. */
export type Ruling = { allowed: boolean; rule: Rule };

/** What rules are read from. */
export type Rulebook = Pick<Site, 'rules' | 'operators' | 'environments'>;

/** Counts where no other rule matches, whatever the list: what nobody allowed is forbidden. */
export const lastRule: Rule = {
  name: 'everything else',
  may: 'everything',
  roles: 'everybody',
  environments: 'all',
  allow: false,
};

/** Whether somebody may do something in the environment of this name: the one function that answers it. */
export function ruling(
  site: Rulebook,
  action: RuleAction,
  environment: string,
  person: Pick<Person, 'roles'>,
): Ruling {
  const rule = rulesAt(site, environment).find((one) => matches(one, action, person.roles)) ?? lastRule;
  return { allowed: rule.allow, rule };
}

function matches(rule: Rule, action: RuleAction, roles: readonly string[]): boolean {
  return isAbout(rule, action) && (rule.roles === 'everybody' || meet(rule.roles, roles));
}

/** Whether the rule is about this action in this environment, for whomever. */
export function concerns(rule: Rule, action: RuleAction, environment: string): boolean {
  return isAbout(rule, action) && (rule.environments === 'all' || rule.environments.includes(environment));
}

function isAbout({ may }: Rule, action: RuleAction): boolean {
  return may === 'everything' || may.includes(action);
}

function meet(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one));
}

/** The rules about an environment: of those of the site file, or what its older keys mean. */
function rulesAt(site: Rulebook, environment: string): readonly Rule[] {
  return site.rules === undefined ? derivedRules(site, environment) : rulesAbout(site.rules, environment);
}

/** What the older keys let people do, by whom. Written once: there can be thousands of environments. */
const derived = {
  operators: ['take', 'prove', 'undo', 'hold', 'cancel', 'retry', 'acknowledge'],
  approvers: ['approve', 'undo', 'hold', 'cancel', 'retry'],
  requesters: ['request', 'undo', 'schedule'],
  'raw data': ['read-raw'],
} satisfies Record<string, readonly RuleAction[]>;

/**
 * What `operators`, `approvers` and `requesters` mean: whoever decides and whoever mends may also take back, cancel and repeat;
 * raw data is for everybody, where an environment accepts it; nobody breaks the glass.
 */
function derivedRules(site: Rulebook, name: string): Rule[] {
  const environment = Object.hasOwn(site.environments, name) ? site.environments[name] : undefined;
  const requesters = environment?.requesters ?? [];
  const environments = [name];
  const rule = (called: keyof typeof derived, roles: Rule['roles']): Rule => ({
    name: called,
    may: derived[called],
    roles,
    environments,
    allow: true,
  });
  return [
    rule('operators', site.operators),
    rule('approvers', environment?.approvers ?? []),
    rule('requesters', environment !== undefined && requesters.length === 0 ? 'everybody' : requesters),
    rule('raw data', 'everybody'),
    lastRule,
  ];
}

/** The roles of which each by itself suffices, in the order of the rules about the environment; `everybody` where no role is needed. */
export function rolesThatMay(
  site: Rulebook,
  action: RuleAction,
  environment: string,
): readonly string[] | 'everybody' {
  const may = (roles: readonly string[]) => ruling(site, action, environment, { roles }).allowed;
  if (may([])) return 'everybody';
  const named = rulesAt(site, environment).flatMap(({ roles }) => (roles === 'everybody' ? [] : roles));
  return [...new Set(named)].filter((role) => may([role]));
}

/** The rules of one action in one environment, without their names and whatever follows a rule for everybody. */
export function decisionsOn(site: Rulebook, action: RuleAction, environment: string): Decisions {
  const about = rulesAt(site, environment).filter((rule) => isAbout(rule, action));
  const end = about.findIndex(({ roles }) => roles === 'everybody');
  const list = (end === -1 ? [...about, lastRule] : about.slice(0, end + 1)).map(({ roles, allow }) => ({
    roles: roles === 'everybody' ? roles : [...roles].sort(),
    allow,
  }));
  return list.filter(({ roles }) => roles === 'everybody' || roles.length > 0);
}
