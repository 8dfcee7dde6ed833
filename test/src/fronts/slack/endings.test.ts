import assert from 'node:assert/strict';
import { failureAlert, type Failure } from '../../../../src/fronts/slack/messages/alert.ts';
import type { Message } from '../../../../src/fronts/slack/messages/blocks.ts';
import { card } from '../../../../src/fronts/slack/messages/card.ts';
import { directMessage } from '../../../../src/fronts/slack/messages/direct.ts';
import { threadMessage } from '../../../../src/fronts/slack/messages/thread.ts';
import { checkMessageBlocks, interactives } from '../../../../src/sandbox/slack/blocks/surfaces.ts';
import type { RunId } from '../../../../src/domain/ids.ts';
import type { EventData } from '../../../../src/domain/event.ts';
import { eventsOf, people, swapOf, viewOf } from './views.ts';

const around = { people };

function text(message: Message | undefined): string {
  assert.ok(message !== undefined);
  assert.ok(checkMessageBlocks(message.blocks).ok);
  return JSON.stringify(message);
}

function buttonsOf(message: Message): string[] {
  return message.blocks
    .flatMap((block) => interactives(block as never))
    .map(({ element }) => ('action_id' in element ? String(element.action_id) : ''));
}

describe('what Slack says at the end', () => {
  describe('of a refresh', () => {
    const swapped: EventData[] = [
      { type: 'run-started', attempt: 1, worker: 'w' },
      {
        type: 'item-swapped',
        database: 'orders',
        kept: 'orders_uat__old_abcdefgh',
        outageSeconds: 0.2,
        notCarried: [],
      },
      { type: 'run-succeeded', seconds: 60 },
    ];

    function ended(keptRef: string, more: Parameters<typeof swapOf>[1] = {}) {
      const view = viewOf({
        request: { state: 'succeeded' },
        events: swapped,
        more: { swaps: [swapOf('orders', { keptRef, ...more })] },
      });
      const told = view.events.flatMap((event) => [
        threadMessage(view, event, around),
        directMessage(view, event, around),
      ]);
      const shown = card(view, around);
      return {
        buttons: buttonsOf(shown),
        shown: text(shown),
        said: [shown, ...told.filter((one) => one !== undefined)].map(text).join('\n'),
      };
    }

    it('that replaced something: until when the copy is kept, and Undo', () => {
      const { buttons, said } = ended('2');
      assert.deepEqual(buttons, ['undo']);
      assert.match(said, /the replaced copy is kept until/);
      assert.match(said, /kept as `orders_uat__old_/);
      assert.match(said, /it can be taken back/);
    });

    it('that was replaced since: said, without Undo and without a copy that is another one by now', () => {
      const { buttons, shown } = ended('2', { supersededBy: 'zyxwvuts' as RunId });
      assert.deepEqual(buttons, []);
      assert.match(shown, /replaced since/);
      assert.doesNotMatch(shown, /kept until/);
    });

    it('that was the first of its target: no copy that is not there, and no Undo', () => {
      const { buttons, said } = ended('');
      assert.deepEqual(buttons, []);
      assert.doesNotMatch(said, /is kept (?:as|until)|taken back|__old_/);
      assert.match(said, /There was none before it, so none is kept\./);
    });
  });

  it('that a request lapsed, whether nobody decided or its turn never came', () => {
    const approved: EventData[] = [
      { type: 'request-approved', digest: 'd' },
      { type: 'request-waiting', behind: 'REQ-11' },
      { type: 'request-expired' },
    ];
    const view = viewOf({ request: { state: 'expired' }, events: approved });
    const last = view.events.at(-1)!;
    for (const one of [
      card(view, around),
      threadMessage(view, last, around),
      directMessage(view, last, around),
    ]) {
      assert.match(text(one), /[Nn]obody decided in time, or its turn never came/);
    }
  });

  describe('of a fenced target', () => {
    const fence: EventData = {
      type: 'run-fenced',
      code: 'swap-refused',
      cause: 'The server refused both ways.',
      hint: 'Look at its log.',
    };
    const retried: EventData = { type: 'request-retried' };

    function alerts(events: readonly EventData[], state: 'fenced' | 'running') {
      const swaps = [swapOf('orders')];
      const view = viewOf({ request: { state }, events, more: { swaps } });
      return eventsOf(events)
        .filter((event): event is Failure => event.type === 'run-fenced')
        .map((failure) => buttonsOf(failureAlert(view, failure, around)));
    }

    it('the alert offers Retry, which goes on with it, and no Undo', () => {
      assert.deepEqual(alerts([fence], 'fenced'), [['retry', 'acknowledge']]);
    });

    it('once retried the alert offers nothing; the next one does', () => {
      assert.deepEqual(alerts([fence, retried], 'running'), [[]]);
      assert.deepEqual(alerts([fence, retried, fence], 'fenced'), [[], ['retry', 'acknowledge']]);
    });
  });
});
