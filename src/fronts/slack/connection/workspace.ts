import type { WebClient } from '@slack/web-api';

/**
 * Answers with the id of the workspace that the bot's token is of. Slack is asked once, and again where it did not answer;
 * rejects with Slack's own errors.
 */
export function workspaceOf(client: WebClient): () => Promise<string> {
  let asked: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const { team_id: team } = await client.auth.test();
    if (team === undefined) throw new Error('Slack does not say which workspace the bot token is of');
    return team;
  }

  return async () => {
    const asking = (asked ??= ask());
    try {
      return await asking;
    } catch (error) {
      if (asked === asking) asked = undefined;
      throw error;
    }
  };
}
