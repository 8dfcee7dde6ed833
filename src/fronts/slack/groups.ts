import { WebAPIRateLimitedError } from '@slack/web-api';
import type { Logger } from 'pino';
import { unavailable } from '../../domain/errors.ts';
import { openClients, refusalCode } from './connection/clients.ts';

/** Tells the member ids of a user group. Rejects with `Unavailable` (code `slack-group-silent`) where Slack does not. */
export type Groups = (group: string) => Promise<readonly string[]>;

const hints: Readonly<Record<string, string>> = {
  missing_scope: 'Add the scope usergroups:read to the Slack app, and install it anew.',
  no_such_subteam:
    'Correct the id under roles in the site file: the group has none like it, or was switched off.',
  plan_upgrade_required: 'User groups take a paid plan of Slack; give the role to people in the site file.',
};

/** Asks with a client of its own: its questions queue behind no card. */
export function openGroups(botToken: string, slackApiUrl: string, log: Logger): Groups {
  const client = openClients(botToken, slackApiUrl, log).replies;
  return async (group) => {
    try {
      const answer = await client.usergroups.users.list({ usergroup: group });
      return answer.users ?? [];
    } catch (error) {
      const code = refusalCode(error);
      const why =
        code !== undefined
          ? `Slack answered "${code}"`
          : error instanceof WebAPIRateLimitedError
            ? `Slack asks to wait ${error.retryAfter} s`
            : 'Slack did not answer';
      throw unavailable(
        'slack-group-silent',
        `Who is in the Slack group "${group}" is not known: ${why}.`,
        hints[code ?? ''] ?? 'Nobody holds a role by it until Slack answers.',
      );
    }
  };
}
