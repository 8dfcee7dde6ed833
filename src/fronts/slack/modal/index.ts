import type { App, BlockAction, BlockSuggestion, ViewSubmitAction } from '@slack/bolt';
import { isFreshetError, type FreshetError } from '../../../domain/errors.ts';
import type { Front } from '../deps.ts';
import { actorOf } from '../member.ts';
import { chosenIn } from './chosen.ts';
import { holdSubmitted } from './hold.ts';
import { anyAction, anyMenu, callbackId, decodeMeta, holdCallbackId, type Meta } from './names.ts';
import { optionsFor } from './options.ts';
import { show, update, type Target } from './show.ts';
import { submitted, type Submission, type Taking } from './submit.ts';
import { refusalView } from './view.ts';

export { openHoldForm } from './hold.ts';
export { openModal, type Opening } from './open.ts';

/** How many forms a process remembers the newest choice of. */
const mostTurns = 1000;

/**
 * Registers what is heard from the form: choices, searches and the submission. Everything that they need is in the view, so
 * that it does not matter which process opened it, or whether that one still lives.
 */
export function listenToModal(app: App, front: Front, taking: Taking): void {
  const turns = new Map<string, number>();

  app.action<BlockAction>({ type: 'block_actions', action_id: anyAction }, async ({ body, ack }) => {
    await ack();
    await chosen(body);
  });

  app.options<'block_suggestion'>({ type: 'block_suggestion', action_id: anyMenu }, async ({ body, ack }) => {
    const options = await optionsFor(front, {
      user: body.user.id,
      teams: teamsOf(body),
      blockId: body.block_id,
      actionId: body.action_id,
      text: body.value,
    });
    await ack({ options });
  });

  app.view<ViewSubmitAction>(
    { callback_id: callbackId, type: 'view_submission' },
    async ({ body, view, ack }) => {
      const answer = await submitted(front, taking, submissionOf(body, view));
      await (answer === undefined ? ack() : ack(answer));
    },
  );

  app.view<ViewSubmitAction>(
    { callback_id: holdCallbackId, type: 'view_submission' },
    async ({ body, view, ack }) => {
      const answer = await holdSubmitted(front, taking, submissionOf(body, view));
      await (answer === undefined ? ack() : ack(answer));
    },
  );

  /** Shows what the choices mean. A choice that came meanwhile makes it pointless: the newest wins. */
  async function chosen(body: BlockAction): Promise<void> {
    const { view } = body;
    const meta = decodeMeta(view?.private_metadata ?? '');
    const user = body.user.id;
    if (view === undefined || meta === undefined || meta.user !== user) return;
    const turn = Number(body.actions[0]?.action_ts ?? 0);
    if ((turns.get(view.id) ?? 0) > turn) return;
    turns.delete(view.id);
    turns.set(view.id, turn);
    for (const oldest of turns.keys()) {
      if (turns.size <= mostTurns) break;
      turns.delete(oldest);
    }
    const isNewest = () => turns.get(view.id) === turn;
    const target = { id: view.id, hash: view.hash };
    try {
      const actor = await actorOf(front, { user, teams: teamsOf(body) });
      await show(front, actor, target, meta, chosenIn(view.state.values), isNewest);
    } catch (error) {
      if (isFreshetError(error, 'Forbidden')) await refuse(target, meta, error, isNewest);
      // The form stays as it is, with all that was typed: what it does not say, its submission will.
      else front.log.error({ err: error, user }, 'a form could not follow what was chosen in it');
    }
  }

  async function refuse(target: Target, meta: Meta, error: FreshetError, isNewest: () => boolean) {
    await update(front, target, refusalView(meta, error), isNewest).catch((failed: unknown) =>
      front.log.warn({ err: failed, user: meta.user }, 'a form that is open could not be changed'),
    );
  }
}

function submissionOf(body: ViewSubmitAction, view: ViewSubmitAction['view']): Submission {
  return {
    user: body.user.id,
    userName: body.user.name,
    teams: teamsOf(body),
    viewId: view.id,
    metadata: view.private_metadata,
    values: view.state.values,
    inputs: view.blocks.flatMap(({ type, block_id: id }) =>
      type === 'input' && id !== undefined ? [id] : [],
    ),
  };
}

function teamsOf(body: Pick<BlockAction | BlockSuggestion | ViewSubmitAction, 'team' | 'user'>): string[] {
  return [body.team?.id, body.user.team_id].filter((team) => team !== undefined);
}
