import assert from 'node:assert/strict';
import { until } from '../../until.ts';
import { openQueue } from '../../../src/queue/bullmq.ts';
import { migrateQueue } from '../../../src/queue/migrate.ts';
import { runIdFrom } from '../../../src/domain/ids.ts';
import { asRuntime } from '../../../src/store/embedded.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { rolesOf } from '../../../src/store/roles.ts';
import { administer, freshDatabase } from '../../postgres.ts';
import { openPaper } from '../../house-of-paper.ts';

describe('The role that serves', function () {
  let owner: string;
  let runtime: string;
  before(async () => {
    owner = await freshDatabase({ migrated: true });
    runtime = asRuntime(owner);
    await administer(owner, `insert into freshet.events (data) values ('{"type": "backup-found"}')`);
  });

  for (const table of ['events', 'seals', 'prunes', 'receipts', 'put_backs', 'migrations']) {
    it(`may neither change, remove nor empty ${table}`, async () => {
      const refused = { code: '42501', message: `permission denied for table ${table}` };
      const column =
        { events: 'actor', prunes: 'seal', receipts: 'event', put_backs: 'event' }[table] ?? 'number';
      await assert.rejects(administer(runtime, `update freshet.${table} set ${column} = null`), refused);
      await assert.rejects(administer(runtime, `delete from freshet.${table}`), refused);
      await assert.rejects(administer(runtime, `truncate freshet.${table} cascade`), refused);
    });
  }

  it('may not get around it: no trigger off, no table dropped, no function replaced, no pruning, no number or moment of its own', async () => {
    for (const sql of [
      'alter table freshet.events disable trigger events_append_only',
      'drop table freshet.events cascade',
      `create or replace function freshet.refuse_change() returns trigger language plpgsql as 'begin return null; end'`,
      'set session_replication_role = replica',
      `set freshet.pruning = '31557600'; delete from freshet.events`,
      `insert into freshet.events (number, data) values (7, '{"type": "backup-found"}')`,
      `insert into freshet.events (at, data) values ('2001-01-01', '{"type": "backup-found"}')`,
      `select setval('freshet.event_numbers', 1000000)`,
      `insert into freshet.prunes (seal, through, events, keep_seconds) values (1, 1, 1, 31557600)`,
    ]) {
      await assert.rejects(administer(runtime, sql), { code: '42501' }, sql);
    }
  });

  it('adds and reads events', async () => {
    const [row] = await administer(
      runtime,
      `insert into freshet.events (data) values ('{"type": "backup-found"}') returning number::int`,
    );
    assert.deepEqual(
      await administer(
        runtime,
        `select number::int from freshet.events where number = ${Number(row!['number'])}`,
      ),
      [row],
    );
  });

  it('is not the only guard: the owner is refused by a trigger, but for what it prunes', async () => {
    for (const sql of [
      'update freshet.events set actor = null',
      'delete from freshet.events',
      'truncate freshet.events cascade',
      'update freshet.seals set count = 1',
      'delete from freshet.prunes',
      `set freshet.pruning = '31557600'; update freshet.events set actor = null`,
      'update freshet.receipts set checksum = null',
      'delete from freshet.put_backs',
    ]) {
      await assert.rejects(administer(owner, sql), /append-only/, sql);
    }
  });

  it('is told from the owner', async () => {
    assert.deepEqual(await rolesOf(runtime), { role: 'freshet_runtime', owner: 'freshet', owns: false });
    assert.deepEqual(await rolesOf(owner), { role: 'freshet', owner: 'freshet', owns: true });
    assert.equal(await rolesOf(await freshDatabase()), undefined);
  });

  it('must be there, and no owner in disguise', async () => {
    await assert.rejects(migrate(owner, undefined, 'nobody-of-this-name'), { code: 'runtime-role-unknown' });
    await assert.rejects(migrate(owner, undefined, 'freshet'), { code: 'runtime-role-mighty' });
  });

  it('uses a queue that the owner has made, and can make none itself', async () => {
    const lone = asRuntime(await freshDatabase({ migrated: true }));
    const refused = await openQueue({ connectionString: lone }, { timeoutSeconds: 2 });
    await assert.rejects(refused.ping(), { code: 'queue-unavailable' });
    await refused.close();
    await migrateQueue(owner, 'freshet_runtime');
    await migrateQueue(owner, 'freshet_runtime');
    const queue = await openQueue({ connectionString: runtime, migrated: true });
    try {
      const taken: string[] = [];
      const run = runIdFrom(new Uint8Array([1, 2, 3, 4, 5]));
      const handle = (job: { run: string }) => Promise.resolve(void taken.push(job.run));
      await queue.work(handle, { concurrency: 1 });
      await queue.add({ run, fence: 1 });
      await until('the job is taken', () => taken.length === 1);
    } finally {
      await queue.close();
    }
  });

  it('carries a request from its words to its end', async () => {
    const paper = await openPaper();
    try {
      assert.equal((await rolesOf(asRuntime(paper.connectionString)))?.owns, false);
      await paper.backup();
      const wish = { environment: 'ci', databases: [{ database: 'orders' }], reason: 'release 12' };
      const { id } = await paper.service.requestRefresh(paper.actor('dana'), wish);
      await paper.service.dispatch(id);
      await paper.drain();
      assert.equal((await paper.store.requests.get(id))?.state, 'succeeded');
    } finally {
      await paper.close();
    }
  });
});
