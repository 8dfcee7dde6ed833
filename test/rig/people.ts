import type { RequestId } from '../../src/domain/ids.ts';
import type { RequestState } from '../../src/domain/request.ts';
import { channels, dana, type Player } from '../../src/sandbox/cast.ts';
import type { Message } from '../../src/sandbox/slack/workspace.ts';
import { agreement } from '../../src/sandbox/story/agreement.ts';
import type { Wish } from './asking.ts';
import type { Rig } from './rig.ts';
import { until } from '../until.ts';

/** Approved; its run begins at once. */
export const yes: readonly RequestState[] = ['approved', 'running'];

export type Pending = { request: RequestId; key: string; card: Message };

export type People = ReturnType<typeof peopleOf>;

/** What people do to requests over Slack and Jira, and what they see of it. */
export function peopleOf(rig: Rig) {
  /** On a busy machine Slack may say that it failed; then people type it again. */
  async function type(player: Player, words: string): Promise<void> {
    await until(`"${words}" is taken`, async () => {
      const options = { command: '/refresh' };
      const { error } = await rig.sandbox.slack.command(player.slack, channels.refreshes, words, options);
      return error === undefined;
    });
  }

  const people = {
    /** A request that has its card and its issue. */
    async pending(wish?: Wish, environment = 'uat'): Promise<Pending> {
      const request = await rig.ask(environment, wish);
      const key = await rig.stage.issue(request, 'Waiting for approval');
      return { request, key, card: await rig.stage.card(request, /approv/i) };
    },

    type,

    /** Presses a button of a card that asks first; again where Slack says that it failed and nothing came of it. */
    async press(
      player: Player,
      request: RequestId,
      card: Message,
      action: 'approve' | 'reject',
    ): Promise<void> {
      await until(`"${action}" of ${request} is taken`, async () => {
        if ((await rig.store.approvals.of(request)).length > 0) return true;
        const { error } = await rig.sandbox.slack.click(player.slack, card, action, { confirm: true });
        return error === undefined;
      });
    },

    async cancelled(request: RequestId, by = dana): Promise<void> {
      await type(by, `cancel ${request}`);
      await rig.until(request, ['cancelled']);
    },

    /** Each decision that counts, in order. */
    async decisions(request: RequestId): Promise<string[]> {
      return (await rig.store.approvals.of(request)).map(({ decision }) => decision);
    },

    /** What happened to it, without what only tells how far its run is. */
    async events(request: RequestId): Promise<string[]> {
      return (await rig.store.events.ofRequest(request))
        .map((event) => (event.type === 'decision-refused' ? event.code : event.type))
        .filter((type) => type.startsWith('request-') || !/^(?:step|run|item|impact)-/.test(type));
    },

    /** Jira and the cards follow the state within moments, not at once. */
    async agreed(seconds = 240): Promise<void> {
      await until(
        'all sides agree',
        async () => (await agreement(rig.stage)).every(({ differs }) => differs === undefined),
        seconds,
        async () => JSON.stringify(await agreement(rig.stage)),
      );
    },

    /** Everything that came in was looked at, and the poller has been round once more. */
    async quiet(): Promise<void> {
      const since = await rig.store.note('jira poller');
      await until('the poller has been round', async () => {
        const now = await rig.store.note('jira poller');
        return JSON.stringify(now) !== JSON.stringify(since);
      });
      await until('every delivery was looked at', async () => (await rig.waitingInbox()) === 0, 240);
    },

    /** Ends the faults and what a failed test left open, so that neither stands in the way of the next test. */
    async tidy(): Promise<void> {
      rig.sandbox.jira.faults.reset();
      rig.sandbox.slack.faults.reset();
      await rig.tools.openAll();
      const states = ['pending', 'approved', 'running'] as const;
      const { requests } = await rig.store.requests.list({ states }, { limit: 20, offset: 0 });
      for (const { id, requestedBy } of requests.toReversed()) {
        if (requestedBy === dana.id) await type(dana, `cancel ${id}`);
        await rig.until(id, ['cancelled', 'succeeded', 'failed', 'rejected']);
      }
    },
  };
  return people;
}
