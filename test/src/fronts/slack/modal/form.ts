import { checkView } from '../../../../../src/sandbox/slack/blocks/surfaces.ts';
import type { View } from '../../../../../src/sandbox/slack/views.ts';
import { channel, team, type Stage } from '../stage.ts';

/** What is written in a view, block by block, as a reader gets it. */
export function textOf(view: Pick<View, 'content'> | undefined): string {
  const texts: string[] = [];
  JSON.stringify(view?.content.blocks ?? [], (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') texts.push(value);
    return value;
  });
  return texts.join('\n');
}

/** The modal of a person once it reads so. */
export function form(stage: Stage, who: string, words: RegExp): Promise<View> {
  return stage.slack.waitFor(
    () => {
      const view = stage.slack.view(who);
      return view !== undefined && words.test(textOf(view)) ? view : undefined;
    },
    20_000,
    `the form of ${who} to read ${String(words)}; it reads\n${textOf(stage.slack.view(who))}\n`,
  );
}

/** Types `/refresh` alone and waits for the form. */
export async function opened(
  stage: Stage,
  who: string,
  words = /Choose an environment to see|Databases of /,
): Promise<View> {
  await stage.slack.command(who, channel, '', { command: '/refresh' });
  return form(stage, who, words);
}

/** Chooses environment and databases, and waits until the form says what that means. */
export async function filled(
  stage: Stage,
  who: string,
  environment: string,
  databases: string[],
  words = /is overwritten by/,
): Promise<View> {
  const view = await opened(stage, who);
  await stage.slack.click(who, view, 'modal-environment', { value: environment });
  await form(stage, who, new RegExp(`Databases of ${environment}`));
  await stage.slack.click(who, view, 'modal-databases', { value: databases });
  return form(stage, who, words);
}

/** What Slack would send of a submission, whoever sends it. */
export function submission(view: View, user: string): Record<string, unknown> {
  return {
    type: 'view_submission',
    team: { id: team, domain: 'webshop' },
    user: { id: user, name: user, team_id: team },
    api_app_id: 'A0FRESHET',
    trigger_id: '1.1.1',
    view: {
      id: view.id,
      hash: view.hash,
      type: 'modal',
      callback_id: view.content.callback_id,
      private_metadata: view.content.private_metadata,
      blocks: view.content.blocks,
      state: { values: view.values },
    },
  };
}

/** Throws what Slack would refuse of a view. */
export function accepted(view: unknown): void {
  const checked = checkView(view, 'modal');
  if (!checked.ok) throw new Error(`${checked.error}: ${checked.messages.join('; ')}`);
}
