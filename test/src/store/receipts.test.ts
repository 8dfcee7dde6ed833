import assert from 'node:assert/strict';
import { openStore } from '../../../src/store/database.ts';
import { asRuntime } from '../../../src/store/embedded.ts';
import { bundled, migrate } from '../../../src/store/migrate.ts';
import type { Store } from '../../../src/store/store.ts';
import { administer, freshDatabase } from '../../postgres.ts';

const first = 'a'.repeat(64);
const second = 'b'.repeat(64);

/** A store of the program before: two refreshes of `orders` on ci from files of which one was replaced since, an undo, and a refresh of `billing`. */
const earlier = `
  insert into freshet.backups (database, environment, repository, path, engine, format, data_at, data_at_origin, taken_at, bytes,
    checksum, anonymisation, scope, state, found_at)
  select database, 'production', 'nightly', path, 'postgres', 'pg-custom', data_at, 'name-pattern', data_at, 1, checksum, 'declared',
    'subset', 'present', data_at
  from (values ('orders', 'one.dump', '2026-11-01T02:00Z'::timestamptz, repeat('f', 64)),
    ('orders', 'two.dump', '2026-11-02T02:00Z', '${second}')) as v(database, path, data_at, checksum);
  insert into freshet.requests (kind, environment, reason, requested_by, front, state, digest, needs_approval, terms, created_at,
    expires_at, break_glass)
  select kind, 'ci', '', 'dana', 'slack', 'succeeded', 'd', true, '{}', now(), now(), false
  from unnest('{refresh,refresh,undo,undo}'::text[]) as kind;
  insert into freshet.runs (id, request, active, started_at, ended_at)
  select id, request, false, now(), now()
  from unnest('{aaaaaaaa,bbbbbbbb,cccccccc,dddddddd}'::text[]) with ordinality as v(id, request);
  insert into freshet.request_items (request, position, database, server, database_name, target, backup, backup_checksum, state)
  values (1, 0, 'orders', 'pg', 'orders_ci', 't', 1, '${first}', 'swapped'),
    (2, 0, 'orders', 'pg', 'orders_ci', 't', 2, '${second}', 'swapped');
  insert into freshet.approvals (request, decision, "by", front, digest, stage, at, voided_at)
  values (2, 'approved', 'rosa', 'slack', 'd', 'approval', now(), now()), (2, 'approved', 'quinn', 'jira', 'd', 'approval', now(), null);
  insert into freshet.swaps (run, request, database, environment, server, database_name, target, backup, kept_backup, at, live_ref,
    kept_ref, kept_name, kept_until, superseded_by, outage_seconds)
  select run, request, 'orders', 'ci', 'pg', 'orders_ci', 't', backup, kept_backup, '2026-11-10'::timestamptz + request * interval '1 day',
    live_ref, kept_ref, 'k', now(), superseded_by, 0
  from (values ('aaaaaaaa', 1, 1, null::bigint, '11', '10', 'bbbbbbbb'), ('bbbbbbbb', 2, 2, 1, '12', '11', 'cccccccc'),
    ('cccccccc', 3, 1, 2, '11', '12', 'dddddddd'), ('dddddddd', 4, 2, 1, '12', '11', null))
    as v(run, request, backup, kept_backup, live_ref, kept_ref, superseded_by);
`;

describe('Receipts of the time before there were any', function () {
  let database: string;
  let store: Store;
  before(async () => {
    database = await freshDatabase();
    await administer(
      database,
      `create schema freshet; create table freshet.migrations (number integer primary key, title text not null,
       checksum text not null, applied_at timestamptz(3) not null default clock_timestamp())`,
    );
    for (const { number, title, sql, checksum } of (await bundled()).slice(0, 10)) {
      await administer(database, sql);
      await administer(
        database,
        `insert into freshet.migrations values (${number}, '${title}', '${checksum}')`,
      );
    }
    await administer(database, earlier);
    await migrate(database, undefined, new URL(asRuntime(database)).username);
    store = await openStore({ connectionString: asRuntime(database) });
  });
  after(() => store?.close());

  const known = {
    repository: 'nightly',
    source: 'production',
    dataAt: new Date('2026-11-02T02:00Z'),
    takenAt: new Date('2026-11-02T02:00Z'),
    anonymisation: 'declared',
    scope: 'subset',
  };

  it('say what is known, and nothing of a file that lies in the place of what was restored', async () => {
    const received = await store.seals.received({}, 10);
    const facts = received.map(({ request, backup, checksum, ...one }) => [
      request,
      backup,
      checksum,
      ...Object.keys(known).map((key) => one[key as keyof typeof known]),
    ]);
    const whole = Object.values(known);
    const replaced = ['nightly', 'production', undefined, undefined, 'raw', 'full'];
    assert.deepEqual(facts, [
      ['REQ-4', 'BKP-2', second, ...whole],
      ['REQ-3', 'BKP-1', first, ...replaced],
      ['REQ-2', 'BKP-2', second, ...whole],
      ['REQ-1', 'BKP-1', first, ...replaced],
    ]);
    assert.deepEqual(
      received.map(({ approvals }) => approvals),
      [[], [], [{ by: 'quinn', front: 'jira', stage: 'approval' }], []],
    );
    assert.deepEqual(
      received.map(({ until }) => until),
      [undefined, received[0]!.at, received[1]!.at, received[2]!.at],
    );
  });

  it('and of what the copies hold that are kept', async () => {
    const latest = (await store.swaps.latest('pg', 'orders_ci'))!;
    assert.deepEqual([latest.contents?.checksum, latest.keptContents?.checksum], [second, first]);
    assert.deepEqual(await store.swaps.contents([{ server: 'pg', databaseName: 'orders_ci' }]), [
      { server: 'pg', databaseName: 'orders_ci', dataAt: known.dataAt },
    ]);
  });

  it('are the last without an event', async () => {
    await assert.rejects(
      administer(
        asRuntime(database),
        `insert into freshet.receipts (at, run, request, kind, requested_by, front, approvals, environment, database, server,
         database_name) values (now(), 'aaaaaaaa', 1, 'refresh', 'x', 'slack', '[]', 'ci', 'orders', 'pg', 'orders_ci')`,
      ),
      /receipts_told/,
    );
  });
});
