import { nearest, oneOf } from '../../src/domain/errors.ts';
import { didYouMean, shown } from '../faults.ts';
import { each, type Report } from './report.ts';

/** Everybody can be recognised, and as one person only; roles that are trusted are held by somebody. */
export function checkPeople(report: Report): void {
  const bySlack = new Map<string, string>();
  const byJira = new Map<string, string>();
  for (const [id, person] of each(report.file.people)) {
    const at = ['people', id];
    if (person.slack === undefined && person.jira === undefined && report.whole(at)) {
      report.fault(at, 'Neither "slack" nor "jira" is given; without one of them nobody can be recognised.');
    }
    unique(report, bySlack, [...at, 'slack'], person.slack, id);
    unique(report, byJira, [...at, 'jira'], person.jira, id);
  }
  const bot = report.file.jira?.accountId;
  const twin = bot === undefined ? undefined : byJira.get(bot);
  if (twin !== undefined) {
    report.fault(
      ['people', twin, 'jira'],
      `This is the account of the bot itself ("jira.accountId"); the bot's own changes are never a decision.`,
      'Give the bot an account of its own.',
    );
  }
  checkRoles(report, ['operators'], report.file.operators);
  for (const [role, { slackGroup, jiraRole }] of each(report.file.roles)) {
    const at = ['roles', role];
    if (slackGroup === undefined && jiraRole === undefined && report.whole(at)) {
      report.fault(at, 'Neither "slackGroup" nor "jiraRole" is given; expected where the role comes from.');
    }
    if (jiraRole !== undefined && report.file.jira?.kind === 'data-center') {
      report.fault(
        [...at, 'jiraRole'],
        'Jira Data Center names the people of a role by names that may change hands; roles come from Jira Cloud only.',
        'Use a Slack user group, or give the role to people.',
      );
    }
  }
}

function unique(
  report: Report,
  seen: Map<string, string>,
  at: string[],
  value: string | undefined,
  id: string,
): void {
  if (value === undefined) return;
  const other = seen.get(value);
  if (other === undefined) seen.set(value, id);
  else {
    report.fault(
      at,
      `${shown(value)} is already the id of "${other}"; two people can't be one account.`,
      'One person is one entry, with all of their roles.',
    );
  }
}

/** Refuses roles that nobody in `people` holds. */
export function checkRoles(
  report: Report,
  at: readonly PropertyKey[],
  roles: readonly string[] | undefined,
): void {
  const held = heldRoles(report);
  // With faulty people it is not known which roles there are.
  if (!peopleKnown(report)) return;
  roles?.forEach((role, index) => {
    if (held.includes(role)) return;
    const expected = held.length === 0 ? 'nobody holds any role' : `expected ${oneOf(held)}`;
    report.fault(
      [...at, index],
      `Nobody in "people" holds the role ${shown(role)}; ${expected}.`,
      didYouMean(nearest(role, held), 'Give the role to somebody.'),
    );
  });
}

export function peopleKnown(report: Report): boolean {
  return (
    report.whole([]) &&
    report.whole(['people']) &&
    report.whole(['roles']) &&
    each(report.file.people).every(
      ([id]) => report.whole(['people', id]) && report.whole(['people', id, 'roles']),
    )
  );
}

/** Whether each of the roles is held by somebody, or may be by a source. */
export function areHeld(report: Report, roles: readonly string[]): boolean {
  const held = heldRoles(report);
  return roles.every((role) => held.includes(role));
}

function heldRoles(report: Report): string[] {
  const roles = each(report.file.people).flatMap(([, person]) => person.roles ?? []);
  return [...new Set([...roles, ...sourcedRoles(report)])].sort();
}

/** Roles that come from Slack or Jira: who holds them, the file does not tell. */
export function sourcedRoles(report: Report): string[] {
  return each(report.file.roles).map(([role]) => role);
}
