import type { Report } from './report.ts';

/** The newest seal is told of at one place. */
export function checkAudit(report: Report): void {
  const { audit } = report.file;
  if (audit === undefined || !report.whole(['audit'])) return;
  const { post, channel, issue } = audit;
  if (post === 'jira' && issue === undefined) {
    report.fault(
      ['audit'],
      '"issue" is missing; with "post: jira" the newest seal is told of as a comment on an issue.',
      'Make an issue for it in a project that the bot may comment in, and give its key.',
    );
  }
  if (post !== 'jira' && issue !== undefined) {
    report.fault(['audit', 'issue'], '"issue" is given; it counts with "post: jira" only.', 'Leave it out.');
  }
  if (post !== 'slack' && channel !== undefined) {
    report.fault(
      ['audit', 'channel'],
      '"channel" is given; it counts with "post: slack" only.',
      'Leave it out.',
    );
  }
}
