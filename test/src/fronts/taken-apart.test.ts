import assert from 'node:assert/strict';
import { descriptionOf, summaryOf } from '../../../src/fronts/jira/description.ts';
import { card } from '../../../src/fronts/slack/messages/card.ts';
import { kindWords } from '../../../src/fronts/slack/messages/kind-words.ts';
import type { RequestState } from '../../../src/domain/request.ts';
import { people, viewOf } from './slack/views.ts';

describe('what approvers read of an undo that takes a set apart', () => {
  const members = [
    { database: 'orders', behindSeconds: 0, stays: true, left: true },
    { database: 'catalog', behindSeconds: 6 * 86_400 },
  ] as const;
  const view = (state: RequestState = 'pending') =>
    viewOf({
      databases: ['catalog'],
      request: {
        kind: 'undo',
        undoes: 'REQ-7',
        state,
        alignment: { skewSeconds: 6 * 86_400, toleranceSeconds: 3600, members },
      },
    });
  const said =
    'Only catalog is taken back: orders came with it in REQ-7 and stays as it is, so that what fitted together does so no longer.';
  const apart =
    /6 days apart, and at most 1 h is fine: catalog is 6 days older; orders stays as it is: the newest/;

  it('the card, read and heard', () => {
    const { text, blocks } = card(view(), { people });
    for (const way of [text, JSON.stringify(blocks)]) {
      assert.ok(way.includes(said), way);
      assert.match(way, apart);
      assert.match(way, /undo only catalog of REQ-7 on uat/);
    }
  });

  it('no card of what came to nothing', () => {
    for (const state of ['rejected', 'expired', 'cancelled', 'failed'] as const)
      assert.ok(!JSON.stringify(card(view(state), { people })).includes(said), state);
  });

  it('the dialog of the yes', () => {
    assert.equal(
      kindWords.undo.consent(view(), '', (besides) => 300 - besides),
      'REQ-12 swaps back to what REQ-7 replaced: catalog_uat. What came with it stays, and fits it no longer: orders.',
    );
  });

  it('the issue', () => {
    assert.equal(summaryOf(view()), 'Undo only catalog of REQ-7 on uat');
    const description = descriptionOf(view(), undefined);
    assert.deepEqual(
      description.find((block) => JSON.stringify(block).includes(said)),
      { panel: 'warning', body: [said] },
    );
    assert.match(JSON.stringify(description), apart);
  });
});
