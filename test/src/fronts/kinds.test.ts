import assert from 'node:assert/strict';
import type { EventData } from '../../../src/domain/event.ts';
import { requestKinds, type RequestKind } from '../../../src/domain/request-kinds.ts';
import { requestStates, type Request, type RequestState } from '../../../src/domain/request.ts';
import { commentOn } from '../../../src/fronts/jira/comments.ts';
import { descriptionOf, summaryOf } from '../../../src/fronts/jira/description.ts';
import { failureAlert } from '../../../src/fronts/slack/messages/alert.ts';
import { card } from '../../../src/fronts/slack/messages/card.ts';
import { directMessage } from '../../../src/fronts/slack/messages/direct.ts';
import { kindWords, taskText } from '../../../src/fronts/slack/messages/kind-words.ts';
import { threadMessage } from '../../../src/fronts/slack/messages/thread.ts';
import { checkMessageBlocks } from '../../../src/sandbox/slack/blocks/surfaces.ts';
import type { RequestView } from '../../../src/service/views/view.ts';
import { backupOf, eventsOf, people, swapOf, viewOf } from './slack/views.ts';

/** What each kind brings along, what is to be said of it somewhere, and what is not so of it and must be said nowhere. */
type Expected = {
  request: Partial<Request>;
  /** Of one database, between `item-ready` and the end. */
  item: EventData;
  swaps: boolean;
  task: string;
  summary: string;
  /** On the card, by how the request stands. */
  card: Record<Extract<RequestState, 'pending' | 'running' | 'succeeded' | 'failed'>, RegExp>;
  consent: RegExp;
  ready: RegExp;
  never: RegExp;
};

const swapped: EventData = {
  type: 'item-swapped',
  database: 'orders',
  kept: 'orders_uat__old_abcdefgh',
  outageSeconds: 0.2,
  notCarried: [],
};
const items = viewOf().request.items.map(({ backup: _backup, ...item }) => item);
/** Words of what puts something live; a command that is suggested is no claim. */
const ofSwaps = /overwrit|replac|swap|nobody could connect|is kept|(?<!\/)refresh/i;

const kinds: Record<RequestKind, Expected> = {
  refresh: {
    request: {},
    item: swapped,
    swaps: true,
    task: 'refresh orders on uat',
    summary: 'Refresh orders on uat from BKP-12',
    card: {
      pending: /will be overwritten by \*BKP-12\*/,
      running: /is being overwritten by \*BKP-12\*/,
      succeeded: /was overwritten by \*BKP-12\*.*nobody could connect/s,
      failed: /was to be overwritten by \*BKP-12\*/,
    },
    consent: /orders_uat on server test-pg is replaced by BKP-12/,
    ready: /orders is restored and verified; the swap comes next/,
    never: /backed up|proven|went back|swapped back/,
  },
  undo: {
    request: { undoes: 'REQ-7', items: items.map((item) => ({ ...item, undoes: 'abcdefgh' as never })) },
    item: swapped,
    swaps: true,
    task: 'undo orders of REQ-7 on uat',
    summary: 'Undo orders of REQ-7 on uat',
    card: {
      pending: /will go back to the copy that REQ-7 replaced/,
      running: /goes back to/,
      succeeded: /went back to.*nobody could connect/s,
      failed: /was to go back to/,
    },
    consent: /swaps back to what REQ-7 replaced: orders_uat/,
    ready: /orders is checked; the swap back comes next/,
    never: /overwrit|restored|backed up|proven/,
  },
  take: {
    request: { items: items.map((item) => ({ ...item, repository: 'taken' })) },
    item: { type: 'item-taken', database: 'orders', backup: 'BKP-31', repository: 'taken', bytes: 1_200_000, rows: 7 },
    swaps: false,
    task: 'take a backup of orders on uat',
    summary: 'Take a backup of orders on uat',
    card: {
      pending: /will be backed up into repository `taken`/,
      running: /is being backed up/,
      succeeded: /was backed up into repository `taken`: \*BKP-31\*/,
      failed: /was to be backed up/,
    },
    consent: /taken into "taken", and nothing is changed: orders_uat/,
    ready: /orders is dumped and read to the end/,
    never: new RegExp(`${ofSwaps.source}|proven`, 'i'),
  },
  prove: {
    request: {},
    item: { type: 'item-proven', database: 'orders', backup: 'BKP-12' },
    swaps: false,
    task: 'prove BKP-12 of orders',
    summary: 'Prove BKP-12 of orders from uat',
    card: {
      pending: /\*BKP-12\*/,
      running: /\*BKP-12\*/,
      succeeded: /\*BKP-12\*/,
      failed: /\*BKP-12\*/,
    },
    consent: /is restored on server test-pg and dropped again/,
    ready: /orders is restored and verified; what was made for that is dropped next/,
    never: new RegExp(`${ofSwaps.source}|backed up`, 'i'),
  },
}; // prettier-ignore

const ends: Partial<Record<RequestState, EventData>> = {
  succeeded: { type: 'run-succeeded', seconds: 60 },
  failed: { type: 'run-failed', code: 'x', cause: 'It ended.', hint: 'Look.', targetTouched: false },
  rejected: { type: 'request-rejected', reason: 'no' },
  cancelled: { type: 'request-cancelled' },
  expired: { type: 'request-expired' },
};

describe('what people are told of each kind of request', () => {
  const around = { people };

  function viewIn(kind: RequestKind, state: RequestState): RequestView {
    const { request, item, swaps } = kinds[kind];
    const end = ends[state];
    const begun = ['running', 'succeeded', 'failed', 'fenced'].includes(state);
    const events: EventData[] = [
      { type: 'request-created' },
      { type: 'ticket-refused', ticket: 'SHOP-1', what: 'link', why: 'It is closed.' },
      { type: 'request-approved', digest: 'd'.repeat(64), byRule: true },
      ...(begun ? ([{ type: 'run-started', attempt: 1, worker: 'w' }] as const) : []),
      ...(begun && state !== 'failed' ? ([{ type: 'item-ready', database: 'orders' }] as const) : []),
      ...(state === 'succeeded' ? [item] : []),
      ...(end === undefined ? [] : [end]),
    ];
    return viewOf({
      request: { kind, state, ...request },
      events,
      more: {
        swaps: swaps && state === 'succeeded' ? [swapOf('orders')] : [],
        backups: kind === 'undo' || kind === 'take' ? {} : { orders: backupOf('orders') },
        events: eventsOf(events),
      },
    });
  }

  /** All that Slack says of it. */
  function slackSays(view: RequestView): string {
    const messages = view.events.flatMap((event) => [
      threadMessage(view, event, around),
      directMessage(view, event, around),
      ...(event.type === 'run-failed' ? [failureAlert(view, event, around)] : []),
    ]);
    const shown = [card(view, around), ...messages].filter((one) => one !== undefined);
    for (const { blocks } of shown) assert.ok(checkMessageBlocks(blocks).ok);
    return JSON.stringify(shown);
  }

  function jiraSays(view: RequestView): string {
    const comments = view.events.map((event) => commentOn(view, event, people));
    return JSON.stringify([summaryOf(view), descriptionOf(view, undefined), comments]);
  }

  for (const kind of requestKinds) {
    const { task, summary, card: cards, consent, ready, never } = kinds[kind];

    it(`${kind}: its own words, and none of another kind, however it stands`, () => {
      for (const state of requestStates) {
        const view = viewIn(kind, state);
        for (const said of [slackSays(view), jiraSays(view)])
          assert.equal(
            new RegExp(`.{0,60}(?:${never.source}).{0,30}`, never.flags).exec(said)?.[0],
            undefined,
            `${kind} that is ${state}`,
          );
        assert.equal(taskText(view.request), task);
        assert.equal(summaryOf(view), summary);
      }
      for (const [state, words] of Object.entries(cards))
        assert.match(JSON.stringify(card(viewIn(kind, state as RequestState), around)), words);
      assert.match(
        kindWords[kind].consent(viewIn(kind, 'pending'), '', () => 200),
        consent,
      );
      assert.match(jiraSays(viewIn(kind, 'running')), ready);
    });
  }
});
