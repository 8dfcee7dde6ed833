import type { Report } from './report.ts';

/** Cloud signs in with an e-mail address and a token, Data Center with a token alone. */
export function checkJira(report: Report): void {
  const { jira } = report.file;
  if (jira === undefined || !report.whole(['jira'])) return;
  if (jira.kind === 'cloud' && jira.email === undefined) {
    report.fault(
      ['jira'],
      '"email" is missing; Jira Cloud signs in with the e-mail address of the account and its API token.',
      'Add "email", or say "kind: data-center" where it is not Cloud.',
    );
  }
  if (jira.kind === 'data-center' && jira.email !== undefined) {
    report.fault(
      ['jira', 'email'],
      '"email" is given; Jira Data Center signs in with a personal access token alone.',
      'Leave "email" out.',
    );
  }
}
