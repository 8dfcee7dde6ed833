import assert from 'node:assert/strict';
import { plainOf } from '../../../../src/fronts/jira/adf.ts';
import type { Remark, StatusEntry } from '../../../../src/fronts/jira/api.ts';
import { remarkOf } from '../../../../src/fronts/jira/answers.ts';
import { reasonFor } from '../../../../src/fronts/jira/entries.ts';
import { dana, openStage, quinn, rosa, type Stage } from './stage.ts';

for (const kind of ['cloud', 'data-center'] as const) {
  describe(`Jira, ${kind}: why somebody said no`, () => {
    let stage: Stage;
    before(async function () {
      stage = await openStage({ kind });
    });
    afterEach(() => stage.jira.faults.reset());
    after(() => stage.close());

    async function rejected(options: { comment?: string; before?: [string, string][] }) {
      const { id } = await stage.ask();
      const key = await stage.issueOf(id);
      for (const [who, text] of options.before ?? []) stage.jira.comment(who, key, text);
      stage.jira.moveIssue(
        quinn,
        key,
        'Rejected',
        options.comment === undefined ? {} : { comment: options.comment },
      );
      await stage.reaches(id, 'rejected');
      await stage.told();
      const [event] = await stage.events(id, 'request-rejected');
      const [approval] = await stage.paper.store.approvals.of(id);
      assert.ok(event?.type === 'request-rejected');
      assert.equal(approval?.reason, event.reason);
      return { reason: event.reason, said: stage.comments(key) };
    }

    it('the comment made with the transition', async () => {
      const { reason, said } = await rejected({
        before: [
          [dana, 'Please be quick'],
          [rosa, 'I do not mind'],
        ],
        comment: 'Not before the release.\n*Ask* again <!channel> on Monday',
      });
      assert.equal(reason, 'Not before the release. *Ask* again <!channel> on Monday');
      assert.ok(said.at(-1)!.includes(`“${reason}”`));
    });

    it('a comment just before it', async () => {
      const { reason } = await rejected({ before: [[quinn, 'Too old']] });
      assert.equal(reason, 'Too old');
    });

    it('nobody else’s words', async () => {
      const { reason } = await rejected({ before: [[rosa, 'Too old']] });
      assert.equal(reason, undefined);
    });

    it('cut where it is long', async () => {
      const { reason } = await rejected({ comment: 'x'.repeat(5000) });
      assert.equal(reason, `${'x'.repeat(999)}…`);
    });

    it('a no counts without its reason where the comments can’t be read', async () => {
      const refused = stage.jira.faults.api({
        kind: 'error',
        status: 403,
        method: 'GET',
        path: '/issue/*/comment',
        times: Infinity,
      });
      const { reason } = await rejected({ comment: 'Because' });
      assert.equal(reason, undefined);
      assert.ok(refused.hits > 0);
    });
  });
}

describe('Jira: which comment is the reason', () => {
  const entry: StatusEntry = {
    id: 1,
    at: new Date('2026-11-23T10:00:00Z'),
    from: '10010',
    to: '10012',
    toName: 'Rejected',
    accountId: quinn,
    name: 'Quinn',
    app: false,
  };
  const said = (seconds: number, text: string, accountId?: string): Remark => ({
    at: new Date(entry.at.getTime() + seconds * 1000),
    text,
    ...(accountId === undefined ? {} : { accountId }),
  });

  it('the nearest one of the same person', () => {
    const remarks = [
      said(40, 'later', quinn),
      said(1, 'this', quinn),
      said(-30, 'before', quinn),
      said(0, 'not', rosa),
    ];
    assert.equal(reasonFor(entry, remarks), 'this');
  });

  it('none from long before or after, of nobody, or without words', () => {
    for (const remark of [said(-90, 'x', quinn), said(90, 'x', quinn), said(0, 'x'), said(0, ' \n', quinn)]) {
      assert.equal(reasonFor(entry, [remark]), undefined);
    }
  });

  it('not one that only some may read, nor one that somebody else has changed', () => {
    const idOf = (user: unknown) => (user as { key?: string } | undefined)?.key ?? '';
    const plain = { author: { key: quinn }, updateAuthor: { key: quinn }, created: '2026-11-23T10:00:00Z' };
    const read = (more: Record<string, unknown>) => remarkOf({ ...plain, ...more }, 'why', idOf);
    assert.deepEqual(read({ jsdPublic: true }), [{ at: entry.at, text: 'why', accountId: quinn }]);
    assert.deepEqual(read({ updateAuthor: undefined }), read({}));
    assert.deepEqual(read({ visibility: { type: 'role', value: 'Administrators' } }), []);
    assert.deepEqual(read({ jsdPublic: false }), []);
    assert.deepEqual(read({ updateAuthor: { key: rosa } }), []);
  });

  it('is read from a document as plain lines', () => {
    const text = (each: string) => ({ type: 'text', text: each });
    const document = {
      type: 'doc',
      content: [
        {
          type: 'paragraph',
          content: [
            text('Not '),
            { type: 'mention', attrs: { text: '@Dana' } },
            { type: 'hardBreak' },
            text('now'),
          ],
        },
        {
          type: 'bulletList',
          content: [{ type: 'listItem', content: [{ type: 'paragraph', content: [text('one')] }] }],
        },
      ],
    };
    assert.equal(plainOf(document), 'Not @Dana\nnow\none');
    for (const nothing of [undefined, null, 'text', [], {}]) assert.equal(plainOf(nothing), '');
  });
});
