import type { Person } from '../person.ts';
import type { Site } from '../site.ts';
import type { Decisions, Rule, RuleAction } from './policy.ts';

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
  const rule =
    rulesAt(site, environment).find((one) => matches(one, action, environment, person.roles)) ?? lastRule;
  return { allowed: rule.allow, rule };
}

function matches(rule: Rule, action: RuleAction, environment: string, roles: readonly string[]): boolean {
  return concerns(rule, action, environment) && (rule.roles === 'everybody' || meet(rule.roles, roles));
}

/** Whether the rule is about this action in this environment, for whomever. */
export function concerns(rule: Rule, action: RuleAction, environment: string): boolean {
  return (
    (rule.may === 'everything' || rule.may.includes(action)) &&
    (rule.environments === 'all' || rule.environments.includes(environment))
  );
}

function meet(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one));
}

/** The rules that count in an environment: those of the site file, or what its older keys mean. */
export function rulesAt(site: Rulebook, environment: string): readonly Rule[] {
  return site.rules ?? derivedRules(site, environment);
}

/**
 * What `operators`, `approvers` and `requesters` mean: whoever decides and whoever mends may also take back, cancel and repeat;
 * raw data is for everybody, where an environment accepts it; nobody breaks the glass.
 */
function derivedRules(site: Rulebook, name: string): Rule[] {
  const at = { environments: [name], allow: true };
  const environment = Object.hasOwn(site.environments, name) ? site.environments[name] : undefined;
  const { approvers = [], requesters = [] } = environment ?? {};
  return [
    {
      name: 'operators',
      may: ['take', 'undo', 'hold', 'cancel', 'retry', 'acknowledge'],
      roles: site.operators,
      ...at,
    },
    { name: 'approvers', may: ['approve', 'undo', 'hold', 'cancel', 'retry'], roles: approvers, ...at },
    {
      name: 'requesters',
      may: ['request', 'undo', 'schedule'],
      roles: environment !== undefined && requesters.length === 0 ? 'everybody' : requesters,
      ...at,
    },
    { name: 'raw data', may: ['read-raw'], roles: 'everybody', ...at },
    lastRule,
  ];
}

/** The roles of which each by itself suffices, in the order of the rules; `everybody` where no role is needed. */
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
  const about = rulesAt(site, environment).filter((rule) => concerns(rule, action, environment));
  const end = about.findIndex(({ roles }) => roles === 'everybody');
  const list = (end === -1 ? [...about, lastRule] : about.slice(0, end + 1)).map(({ roles, allow }) => ({
    roles: roles === 'everybody' ? roles : [...roles].sort(),
    allow,
  }));
  return list.filter(({ roles }) => roles === 'everybody' || roles.length > 0);
}
