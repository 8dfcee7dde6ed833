import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { SwapResult } from '../../runners/engine.ts';
import { changesSince, type Writes } from '../../src/domain/impact.ts';
import { compareSchemas, schemaKinds, type Schema } from '../../src/domain/schema.ts';
import { benches } from '../runners/benches.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import { freshRun } from '../runners/host-program/on-each-shell.ts';
import { until } from '../until.ts';
import { needs } from '../skip.ts';

const marked = 'MARKED-ROW-4711';

for (const bench of benches) {
  const { engine, formats, impacts } = bench;

  describe(`engine contract: what a refresh costs others (${engine.name})`, function () {
    this.timeout(60_000);
    let rig: Rig;

    before(async function () {
      needs(this, 'openssh-server', ...bench.needs);
      rig = await startRig(bench, { databases: { uat: 'orders_uat' } });
      await impacts.make(rig.server, 'source', marked);
      await rig.server.make('orders_uat');
      await rig.server.asOwner(
        'orders_uat',
        `CREATE TABLE orders (id int, total text); CREATE TABLE qa_cases (id int); CREATE INDEX qa ON qa_cases (id);
         CREATE TABLE flyway_schema_history (installed_rank int, version text, description text);
         INSERT INTO flyway_schema_history VALUES (1, '1', 'first'), (9, '9', 'uat only')`,
      );
    });

    after(async () => {
      await rig?.stop();
    });

    it('who is connected to the target is told by name, how large it is, and what room there is', async () => {
      const context = rig.context('uat', { backup: await rig.dump('source', formats.quick) });
      const connected = async () => {
        const seen = await engine.inspect(rig.access, context);
        assert.ok(seen.live !== undefined && seen.live.bytes > 0);
        // Of a server that somebody named nobody knows where its disk is.
        assert.equal((seen.freeBytes ?? 0) > 0, rig.server.hostServer.data !== undefined);
        return seen.sessions.map(({ user, count }) => `${count} ${user}`).join();
      };
      // A session that has said that it ends is there until the server has heard it: ours of the making, too.
      const are = (whom: string) =>
        until(`connected are: ${whom}`, async () => (await connected()) === whom, 20, connected);
      await are('');
      await rig.server.asOwner('orders_uat', 'CREATE TABLE which (one text)');
      const [first, second] = [await rig.server.guest('orders_uat'), await rig.server.guest('orders_uat')];
      await are('2 shop_app');
      await first.end();
      await are('1 shop_app');
      await second.end();
      await rig.server.asOwner('orders_uat', 'DROP TABLE which');
    });

    it('the outline of a backup is the schema of what was dumped, in every format, and has no row in it', async () => {
      const { schema } = await engine.survey!(rig.access, 'source');
      assert.deepEqual(Object.keys(schema).sort(), [...schemaKinds].sort());
      assert.deepEqual(Object.keys(schema.migration!).sort(), impacts.found.migration);
      assert.equal(schema.column!['orders.total'], impacts.total);
      for (const kind of schemaKinds)
        for (const name of impacts.found[kind] ?? [])
          assert.ok(name in schema[kind]!, `${kind} ${name}: ${JSON.stringify(schema[kind])}`);
      for (const format of engine.formats) {
        const seen = await outlineOf(await rig.dump('source', format));
        assert.deepEqual(seen, schema, format);
        assert.ok(!JSON.stringify(seen).includes('MARKED'), format);
      }
    });

    it('of what there is too much of, nothing is told, and all else is', async () => {
      await impacts.make(rig.server, 'many', marked);
      const views = Array.from({ length: 501 }, (_, at) => `CREATE VIEW v${at} AS SELECT 1 AS one`);
      await rig.server.ask('many', views.join('; '));
      const large = await outlineOf(await rig.dump('many', formats.quick));
      assert.equal(large.view, undefined);
      assert.ok('orders' in large.table!);
      assert.deepEqual((await engine.survey!(rig.access, 'many')).schema, large);
      await rig.server.drop('many');
    });

    it('a refresh tells what its source changed, and what is written from then on', async () => {
      const backup = await rig.dump('source', formats.quick);
      const live = await engine.survey!(rig.access, 'orders_uat');
      const foretold = compareSchemas(live.schema, await outlineOf(backup));
      const plan = rig.planOf(rig.context('uat', { backup }));
      const { outcome, checkpoint } = await rig.walk(plan);
      assert.deepEqual(outcome, { end: 'succeeded' });
      const told = checkpoint.swapped.get('uat') as Required<SwapResult>;
      assert.deepEqual(told.changed, foretold, 'as it was said before');
      const goes = Object.fromEntries(told.changed.differences.map(({ kind, goes }) => [kind, goes?.names]));
      const index = impacts.index('qa_cases', 'qa');
      assert.deepEqual(
        [goes.migration, goes.table, goes.index],
        [['flyway 9 uat only'], ['qa_cases'], [index]],
      );
      const column = told.changed.differences.find(({ kind }) => kind === 'column');
      assert.ok(column?.changes?.names.includes(`orders.total: text, then ${impacts.total}`));
      const since = new Date();
      const now = async () => (await engine.survey!(rig.access, 'orders_uat')).writes as Writes;
      assert.deepEqual(changesSince(told.writes, await now(), since), {
        since: since.toISOString(),
        rows: 0,
        tables: 0,
        names: [],
      });
      await rig.server.ask('orders_uat', 'DELETE FROM orders WHERE id < 11; DELETE FROM alembic_version');
      const changes = changesSince(told.writes, await now(), since);
      assert.deepEqual('rows' in changes && [changes.rows, changes.names], [
        11,
        ['orders', 'alembic_version'],
      ]);
      if (await impacts.forget(rig.server, 'orders_uat'))
        assert.ok('unknown' in changesSince(told.writes, await now(), since), 'the counters began anew');
      await rig.server.drop(plan.items[0]!.oldName);
    });

    function outlineOf(backup: Awaited<ReturnType<Rig['dump']>>): Promise<Schema> {
      const kind = statSync(join(rig.near.root, backup.path)).isDirectory() ? 'folder' : 'file';
      const [candidate] = engine.recognise([{ path: backup.path, kind }]);
      return engine.outline!(rig.here.program, 'nightly', candidate!, freshRun());
    }
  });
}
