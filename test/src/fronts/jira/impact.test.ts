import assert from 'node:assert/strict';
import { record } from '../../../../src/service/effects.ts';
import { openStage, quinn, type Stage } from './stage.ts';

describe('what a request costs others, in Jira', function () {
  this.timeout(60_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  it('comes into the description once it was looked at, without a comment, and a move afterwards counts', async () => {
    const { jira, paper } = stage;
    const { id } = await stage.ask();
    const key = await stage.issueOf(id);
    await stage.told();
    assert.doesNotMatch(jira.issue(key).description, /costs others/);
    const comments = stage.comments(key).length;
    await paper.store.write((tx) =>
      record(tx, {
        type: 'impact-seen',
        request: id,
        items: [
          {
            database: 'orders',
            sessions: { count: 1, names: 'shop' },
            last: { at: '2026-11-20T02:00:00.000Z', by: 'rosa', request: 'REQ-7', kind: 'refresh' },
            schema: {
              differences: [{ kind: 'migration', goes: { count: 1, names: ['flyway 9 uat only'] } }],
              uncompared: [],
            },
          },
        ],
      }),
    );
    await stage.told();
    assert.match(
      jira.issue(key).description,
      /What it costs others, as of [^]*orders_uat[^]*1 session is open, shop/,
    );
    assert.match(jira.issue(key).description, /last refreshed 2026-11-20 02:00 UTC by Rosa \(REQ-7\)/);
    assert.match(
      jira.issue(key).description,
      /Only in orders_uat, and lost: 1 migration \(flyway 9 uat only\)/,
    );
    assert.equal(stage.comments(key).length, comments);
    jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(id, 'running');
  });
});
