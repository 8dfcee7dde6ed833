import assert from 'node:assert/strict';
import { administer, freshDatabase } from '../postgres.ts';
import { textOf } from './tree.ts';

describe('SQL that people are told to run', function () {
  it('on a restored store moves its counters on and lets what waits be told', async function () {
    this.timeout(60_000);
    const steps = /^ {4}select setval[^]*?(?=\n\n)/m.exec(textOf('docs/operating.md'))?.[0] ?? '';
    assert.match(steps, /update freshet\.outbox/);
    const store = await freshDatabase({ migrated: true });
    // As if it came from a server whose transactions have larger numbers.
    await administer(
      store,
      `insert into freshet.events (data, xid) values ('{"type": "backup-found"}', '9000000');
       insert into freshet.outbox (front, kind, event, xid) select 'slack', 'card', number, xid from freshet.events`,
    );
    const waiting = 'select count(*)::int as n from freshet.outbox where xid < freshet.event_horizon()';
    assert.deepEqual(await administer(store, waiting), [{ n: 0 }]);
    await administer(store, steps);
    assert.deepEqual(await administer(store, waiting), [{ n: 1 }]);
    const [next] = await administer(store, `select nextval('freshet.fences')::int as fence`);
    assert.ok(Number(next?.['fence']) > 1_000_000);
    await assert.rejects(administer(store, 'update freshet.events set actor = null'), /append-only/);
  });
});
