import { nearest, oneOf } from '../../src/domain/errors.ts';
import { concerns, ruling } from '../../src/domain/policy/rules.ts';
import { didYouMean, shown } from '../faults.ts';
import type { SiteFile } from '../schema.ts';
import type { Loose } from '../salvage.ts';
import { checkRoles, peopleKnown, sourcedRoles } from './people.ts';
import { each, type Report } from './report.ts';
import { type Rule, type RuleAction, ruleActions } from '../../src/domain/policy/policy.ts';

type RuleFile = Loose<NonNullable<SiteFile['rules']>[number]>;

const last = '{may: everything, roles: everybody, environments: all, allow: false}';

/** Rules: names that exist, an answer for everything, no rule in vain, and no older keys beside them. */
export function checkRules(report: Report): void {
  const { rules } = report.file;
  if (rules === undefined) return;
  for (const [name, environment] of each(report.file.environments)) {
    for (const key of ['approvers', 'requesters'] as const) {
      if (environment[key] === undefined || (environment.production === true && key === 'requesters'))
        continue;
      const act = key === 'approvers' ? 'approve' : 'request';
      report.fault(
        ['environments', name, key],
        `"${key}" can't be said beside "rules"; who may ${act} is told by one of them.`,
        `Say it as a rule: {may: [${act}], roles: [${environment[key].join(', ')}], environments: [${name}], allow: true}.`,
      );
    }
  }
  rules.forEach((rule, index) => {
    if (Array.isArray(rule.roles)) checkRoles(report, ['rules', index, 'roles'], rule.roles);
    if (Array.isArray(rule.environments)) checkNames(report, index, rule.environments);
  });
  const whole = rulesOf(report);
  if (whole === undefined) return;
  const end = whole.at(-1)!;
  const total = end.may === 'everything' && end.roles === 'everybody' && end.environments === 'all';
  if (!total) {
    report.fault(
      ['rules', whole.length - 1],
      'The last rule must match everything and everybody, so that there is an answer to each question.',
      `Let the list end with ${last}.`,
    );
  }
  whole.forEach((rule, index) => {
    if (index === whole.length - 1 && total) return;
    if (!isCovered(rule, whole.slice(0, index), report.names('environments'))) return;
    report.warn(
      ['rules', index],
      'It can never match: rules before it cover all of it.',
      'Move it up, or remove it.',
    );
  });
}

function checkNames(report: Report, index: number, environments: readonly (string | undefined)[]): void {
  const known = report.names('environments');
  environments.forEach((name, at) => {
    if (name === undefined || known.includes(name)) return;
    report.fault(
      ['rules', index, 'environments', at],
      `${shown(name)} is not an environment of this file; expected ${oneOf(known)}.`,
      didYouMean(nearest(name, known)),
    );
  });
}

/** The rules, if all of them are whole. */
function rulesOf(report: Report): readonly Rule[] | undefined {
  const { rules = [] } = report.file;
  if (!rules.every((rule) => isWhole(rule)) || rules.length === 0) return undefined;
  const all = rules.every((_, index) => report.whole(['rules', index]) && report.whole(['rules']));
  // The list itself and no copy: what is worked out of it once holds for all environments.
  return all ? rules : undefined;
}

function isWhole(rule: RuleFile): rule is Rule {
  return [rule.may, rule.roles, rule.environments, rule.allow].every((part) => part !== undefined);
}

/** Whether for everybody whom the rule is about, an earlier one counts. Whoever holds more roles than one meets more rules. */
function isCovered(rule: Rule, earlier: readonly Rule[], environments: readonly string[]): boolean {
  const named = new Set(
    [rule, ...earlier].flatMap((one) => (one.environments === 'all' ? [] : one.environments)),
  );
  // Those that no rule names are alike: one of them stands for all.
  const other = environments.find((name) => !named.has(name));
  const places = [...named, ...(other === undefined ? [] : [other])];
  const holders = rule.roles === 'everybody' ? [undefined] : rule.roles;
  return places.every((place) =>
    ruleActions.every(
      (action) =>
        !concerns(rule, action, place) ||
        holders.every((role) =>
          earlier.some(
            (one) =>
              concerns(one, action, place) &&
              (one.roles === 'everybody' || (role !== undefined && one.roles.includes(role))),
          ),
        ),
    ),
  );
}

/**
 * Who may approve in an environment, as far as the file tells; undefined where it does not, such as where a role that comes from Slack or
 * Jira may be enough for it.
 */
export function approversIn(
  report: Report,
  environment: { name: string; approvers: readonly string[] },
): { id: string; roles: readonly string[] }[] | undefined {
  const { file } = report;
  if (!peopleKnown(report)) return undefined;
  const rules = file.rules === undefined ? undefined : rulesOf(report);
  if (file.rules !== undefined && rules === undefined) return undefined;
  const mayApprove = (roles: readonly string[]) =>
    rules === undefined
      ? roles.some((role) => environment.approvers.includes(role))
      : allows(rules, 'approve', environment.name, roles);
  if (sourcedRoles(report).some((role) => mayApprove([role]))) return undefined;
  const people = each(file.people).map(([id, { roles }]) => ({ id, roles: roles ?? [] }));
  return people.filter(({ roles }) => mayApprove(roles));
}

/** Whether the rules of the file let anybody in it have a backup taken of an environment. */
export function anybodyTakesOf(report: Report, name: string): boolean {
  const rules = rulesOf(report) ?? [];
  const holders = [
    ...each(report.file.people).map(([, { roles }]) => roles ?? []),
    ...sourcedRoles(report).map((role) => [role]),
  ];
  return holders.some((roles) => allows(rules, 'take', name, roles));
}

function allows(rules: readonly Rule[], action: RuleAction, environment: string, roles: readonly string[]) {
  return ruling({ rules, operators: [], environments: {} }, action, environment, { roles }).allowed;
}
