import type { Report } from './report.ts';

/** Slack comes one way: over a socket of ours, or to our own port. */
export function checkSlack(report: Report): void {
  const { slack } = report.file;
  if (slack === undefined || !report.whole(['slack'])) return;
  const { appToken, signingSecret } = slack;
  if (appToken !== undefined && signingSecret !== undefined) {
    report.fault(
      ['slack', 'signingSecret'],
      '"appToken" (Socket Mode) and "signingSecret" (HTTP mode) are both given; expected exactly one of them.',
      'Keep "appToken" where the bot is to connect to Slack, "signingSecret" where Slack is to reach the bot at http.publicUrl.',
    );
  }
  if (appToken === undefined && signingSecret === undefined) {
    report.fault(
      ['slack'],
      'Neither "appToken" (Socket Mode) nor "signingSecret" (HTTP mode) is given; expected exactly one of them.',
      'Socket Mode needs no way in from the internet: give "appToken" if you do not know which.',
    );
  }
}
