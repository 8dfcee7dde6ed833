import assert from 'node:assert/strict';
import { dana } from '../../../../src/sandbox/cast.ts';
import type { Sandbox } from '../../../../src/sandbox/sandbox.ts';
import type { Ephemeral, Message } from '../../../../src/sandbox/slack/workspace.ts';
import type { Store } from '../../../../src/store/store.ts';
import { buttonOf, labelOf } from '../../../../src/sandbox/story/buttons.ts';
import { createStage } from '../../../../src/sandbox/story/stage.ts';
import { createTeller } from '../../../../src/sandbox/story/teller.ts';

describe('a button of the story', () => {
  const message = {
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: 'May REQ-1 go on?' } },
      {
        type: 'actions',
        elements: [
          { type: 'button', action_id: 'approve', text: { type: 'plain_text', text: 'Yes, go on' } },
          { type: 'button', action_id: 'reject', text: { type: 'plain_text', text: 'No' } },
        ],
      },
    ],
  };

  it('is found by its words, and called by them', () => {
    assert.equal(buttonOf(message, /^no$/i), 'reject');
    assert.throws(() => buttonOf(message, /cancel/i), /no button cancel/);
    assert.equal(labelOf(message, 'approve'), 'Yes, go on');
    assert.equal(labelOf(message, 'gone'), 'gone');
  });
});

describe('the stage of the story', () => {
  const whispers: Ephemeral[] = [];
  const slack = {
    ephemerals: () => whispers,
    renderText: () => '',
    /** What comes while somebody waits. */
    waitFor: (look: () => unknown) => {
      for (const text of [
        'REQ-3 waits for an approval.',
        'REQ-3 is yours; nobody approves an own request.',
      ]) {
        const found = look();
        if (found !== undefined) return Promise.resolve(found);
        whispers.push({ text } as Ephemeral);
      }
      return Promise.resolve(look());
    },
  };
  const tell = createTeller({ write: () => undefined, colour: false });
  const stage = createStage({ slack, jira: {} } as unknown as Sandbox, {} as Store, tell);

  it('takes no earlier whisper for the one that is waited for', async () => {
    const refused = await stage.whispered(dana, 0, /nobody approves an own request/);
    assert.match(refused.text, /^REQ-3 is yours/);
  });

  it('shows what a card said without the signs of its markup', () => {
    const card = {
      text: 'REQ-3: done.\nmore',
      versions: [
        { text: 'REQ-3: to &lt;!channel&gt; &amp; co.' },
        { text: 'REQ-3: to &lt;!channel&gt; &amp; co.' },
      ],
    } as unknown as Message;
    assert.deepEqual(stage.changes(card), ['REQ-3: to <!channel> & co.', 'REQ-3: done.']);
  });
});
