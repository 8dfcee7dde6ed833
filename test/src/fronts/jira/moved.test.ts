import assert from 'node:assert/strict';
import type { EventData } from '../../../../src/domain/event.ts';
import { commentOn } from '../../../../src/fronts/jira/comments.ts';
import { backupOf, people, viewOf } from '../slack/views.ts';

describe('backups that travel from host to host, in Jira', () => {
  const moved = (database: string, left: string[]): EventData => ({
    type: 'item-moved',
    database,
    from: 'prod-db',
    to: 'test-db',
    left,
  });
  const databases = ['orders', 'billing', 'catalog'];
  const view = viewOf({
    databases,
    events: [
      moved('catalog', ['orders', 'billing']),
      { type: 'run-started', attempt: 2, worker: 'w' },
      moved('orders', ['billing']),
      moved('billing', []),
    ],
    more: { backups: { orders: { ...backupOf('orders'), bytes: 3_400_000_000 } } },
  });
  const comments = view.events.map((event) => commentOn(view, event, people));

  it('are told of once all have arrived, and those of this attempt alone', () => {
    assert.deepEqual([comments[0], comments[2]], [undefined, undefined]);
    assert.deepEqual(comments[3]?.slice(1), [
      {
        list: [
          [{ strong: 'orders' }, ': 3.4 GB from prod-db to test-db'],
          [{ strong: 'billing' }, ': from prod-db to test-db'],
        ],
      },
    ]);
    assert.match(JSON.stringify(comments[3]), /Moved from host to host, and compared on arrival/);
  });
});
