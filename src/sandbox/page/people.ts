import { players, type Player } from '../cast.ts';
import type { Person } from './state.ts';

const may: Readonly<Record<string, string>> = {
  dana: 'Asks for refreshes of uat, ci and dev. Approves nothing, least of all her own request.',
  quinn: 'Asks for refreshes, and approves those of uat.',
  otto: 'Asks for refreshes, sees #db-operators, and retries what failed.',
  sam: 'Is in Slack and in Jira, but Freshet does not know him: the answer to everything is no.',
};

/** Everybody one can act as in the page. */
export function people(): Person[] {
  return players.map(({ id, name, title, slack, jira }) => ({
    id,
    name,
    title,
    may: may[id] ?? '',
    slack,
    jira,
  }));
}

export function playerOf(id: unknown): Player | undefined {
  return players.find((player) => player.id === id);
}
