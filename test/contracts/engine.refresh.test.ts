import assert from 'node:assert/strict';
import { appendFile, open, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Outcome } from '../../runners/execute.ts';
import type { BackupFormat } from '../../src/domain/backup.ts';
import { span } from '../faults/durations.ts';
import { benches } from '../runners/benches.ts';
import { type Failing, scriptOf } from '../runners/engine-bench.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import { needs, skip } from '../skip.ts';

const rowsOfMany = span(20_000, 1_000_000);

for (const bench of benches) {
  const { engine, formats, oddName } = bench;

  describe(`engine contract: refresh (${engine.name})`, function () {
    this.timeout(60_000);
    let rig: Rig;

    before(async function () {
      needs(this, 'openssh-server', ...bench.needs);
      rig = await startRig(bench, { databases: { uat: 'orders_uat', odd: oddName, empty: 'orders_empty' } });
      await rig.server.makeShop('source');
      await rig.server.make('orders_uat');
      // What a restore by hand gives, without any code of ours.
      const { path } = await rig.dump('source', formats.quick);
      await rig.server.restoreByHand(join(rig.near.root, path), 'independent');
    });

    after(async () => {
      await rig?.stop();
    });

    const hash = (database: string, format?: BackupFormat) => rig.server.contentHash(database, format);
    const table = (name: string) => rig.server.shopTable(name);

    function assertFailed(outcome: Outcome, code: string): Extract<Outcome, { end: 'failed' }> {
      assert.ok(outcome.end === 'failed', JSON.stringify(outcome));
      assert.equal(outcome.code, code);
      return outcome;
    }

    for (const format of engine.formats) {
      it(`restores ${format} to what an independent restore gives`, async function () {
        const why = rig.server.cannotDump[format];
        if (why !== undefined) skip(this, why);
        const backup = await rig.dump('source', format);
        const plan = rig.planOf(rig.context('uat', { backup }));
        const before = await rig.server.refOf('orders_uat');
        const { outcome, checkpoint } = await rig.walk(plan);
        assert.deepEqual(outcome, { end: 'succeeded' });
        assert.equal(await hash('orders_uat', format), await hash('independent', format));
        const swapped = checkpoint.swapped.get('uat')!;
        assert.equal(swapped.keptRef, before ?? (await rig.server.refOf(plan.items[0]!.oldName)));
        assert.ok(swapped.outageSeconds > 0, 'it was out for a moment');
        assert.equal(
          await rig.server.isOpen(plan.items[0]!.oldName),
          false,
          'nobody works on in the kept copy',
        );
        assert.deepEqual((await rig.here.program.runs()).runs, [], 'nothing is left on the host');
        await rig.server.drop(plan.items[0]!.oldName);
      });
    }

    it('fetches from another host, and compares what arrived', async () => {
      for (const format of formats.fetched) {
        if (rig.server.cannotDump[format] !== undefined) continue;
        const backup = await rig.dump('source', format, rig.far);
        const plan = rig.planOf(rig.context('uat', { backup }));
        const { outcome } = await rig.walk(plan);
        assert.deepEqual(outcome, { end: 'succeeded' });
        assert.equal(await hash('orders_uat', format), await hash('independent', format));
        await rig.server.drop(plan.items[0]!.oldName);
      }
      const grants = await readFile(join(rig.far.folder, 'host/keys/grants'), 'utf8').catch(() => '');
      assert.equal(grants, '', 'the key of the run opens nothing any more');
    });

    it('copes with odd names of databases, and of whatever is in them', async () => {
      assert.equal(Buffer.byteLength(oddName), 63);
      await rig.server.makeOdd(oddName, true);
      await rig.server.makeOdd('strange', false);
      const rights = await rig.server.rightsInOdd(oddName);
      assert.notEqual(rights, '');
      for (const format of formats.odd) {
        const backup = await rig.dump('strange', format);
        const plan = rig.planOf(rig.context('odd', { backup }));
        const { outcome, checkpoint } = await rig.walk(plan);
        assert.deepEqual(outcome, { end: 'succeeded' });
        assert.deepEqual(checkpoint.swapped.get('odd')!.notCarried, []);
        assert.equal(await hash(oddName), await hash('strange'));
        assert.equal(await rig.server.rightsInOdd(oddName), rights);
      }
    });

    it('restores an empty database', async () => {
      await rig.server.make('nothing');
      await rig.server.make('orders_empty');
      for (const format of formats.empty) {
        const backup = await rig.dump('nothing', format);
        const { outcome } = await rig.walk(rig.planOf(rig.context('empty', { backup })));
        assert.deepEqual(outcome, { end: 'succeeded' });
        assert.equal(await hash('orders_empty'), await hash('nothing'));
      }
    });

    it('keeps each kind of value, whatever the time zone of the server', async () => {
      await rig.server.makeRich('rich');
      const before = await hash('rich');
      try {
        for (const [at, format] of formats.odd.entries()) {
          await rig.server.setZone(5 - at);
          const backup = await rig.dump('rich', format);
          await rig.server.setZone(9);
          const plan = rig.planOf(rig.context('uat', { backup }));
          assert.deepEqual((await rig.walk(plan)).outcome, { end: 'succeeded' });
          assert.equal(await hash('orders_uat'), before, format);
          await rig.server.drop(plan.items[0]!.oldName);
        }
      } finally {
        await rig.server.setZone(0);
      }
    });

    it(`restores a table of ${rowsOfMany.toLocaleString('en-GB')} rows, and tells how far it is`, async function () {
      this.timeout(600_000);
      await rig.server.makeLong('long', rowsOfMany);
      assert.deepEqual(await rig.server.ask('long', 'SELECT COUNT(*) FROM row_of_many'), [
        String(rowsOfMany),
      ]);
      const backup = await rig.dump('long', formats.quick);
      const plan = rig.planOf(rig.context('uat', { backup }));
      const { outcome, checkpoint } = await rig.walk(plan);
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.equal(await hash('orders_uat'), await hash('long'));
      const sorted = [...checkpoint.fractions].sort((a, b) => a - b);
      assert.deepEqual(checkpoint.fractions, sorted);
      assert.equal(checkpoint.fractions.at(-1), 1);
      await rig.server.drop(plan.items[0]!.oldName, 'long');
    });

    it('runs the scripts of the environment in order, and verifies after them', async () => {
      const backup = await rig.dump('source', formats.quick);
      const marks = table('marks');
      const placed = {
        scripts: [
          scriptOf(`CREATE TABLE ${marks} (n int); INSERT INTO ${marks} VALUES (1);`, 'sql/one.sql'),
          scriptOf(`UPDATE ${marks} SET n = n + 1;\nSELECT 1;\n`, 'sql/two.sql'),
        ],
        minimumRows: { [table('customer')]: 10 },
        sentinels: [{ name: 'marks', sql: `SELECT n FROM ${marks}`, expect: '2' }],
      };
      const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup, placed })));
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.deepEqual(await rig.server.ask('orders_uat', `SELECT n FROM ${marks}`), ['2']);
    });

    describe('leaves the target as it was when', () => {
      let before: string;
      let there: string[];

      beforeEach(async () => {
        before = await hash('orders_uat');
        there = await rig.server.databases();
      });

      afterEach(async () => {
        assert.equal(await hash('orders_uat'), before);
        assert.deepEqual(await rig.server.databases(), there, 'no new database is left');
        assert.equal((await rig.server.mayEnter('orders_uat')).application, true);
      });

      for (const { title, placed, code, cause } of bench.failing) {
        it(title, () => failsWith(placed, code, cause));
      }

      it('a table has too few rows', () =>
        failsWith({ minimumRows: { [table('customer')]: 1e9 } }, 'rows-missing', /customer has \d+ rows/));

      it('a table is missing', () =>
        failsWith({ minimumRows: { [table('nowhere')]: 1 } }, 'table-missing', /no table .*nowhere/));

      it('a sentinel answers otherwise', () =>
        failsWith(
          { sentinels: [{ name: 'one', sql: 'SELECT 1', expect: '2' }] },
          'sentinel-differs',
          /"one" does not answer "2"/,
        ));

      async function failsWith(
        placed: Failing['placed'] & { minimumRows?: Record<string, number> },
        code: string,
        cause: RegExp,
      ): Promise<void> {
        const backup = await rig.dump('source', formats.quick);
        const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup, placed })));
        const failed = assertFailed(outcome, code);
        assert.match(failed.cause, cause);
        assert.equal(failed.targetTouched, false);
      }

      it('the backup has changed since it was approved', async () => {
        for (const where of [rig.near, rig.far]) {
          const backup = await rig.dump('source', formats.quick, where);
          await appendFile(join(where.root, backup.path), 'x');
          const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
          assertFailed(outcome, where === rig.near ? 'backup-changed' : 'source-differs');
        }
      });

      for (const spoiling of bench.spoilt) {
        it(spoiling.title, async () => {
          const whole = await rig.dump('source', spoiling.format);
          const mark = join(rig.folder, 'owned');
          const spoilt = await spoiling.spoil(join(rig.near.root, whole.path), mark);
          const backup = await rig.backupAt(rig.near, basename(spoilt.file), spoilt.format);
          const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
          assert.ok(outcome.end === 'failed', JSON.stringify(outcome));
          if (spoiling.code !== undefined) assert.equal(outcome.code, spoiling.code);
          await assert.rejects(readFile(mark), { code: 'ENOENT' });
        });
      }

      it('the backup is cut off, at each of five places', async () => {
        for (const share of [0.01, 0.25, 0.5, 0.75, 0.99]) {
          const { path } = await rig.dump('source', formats.quick);
          await bench.cut(join(rig.near.root, path), formats.quick, share);
          await fails(path, formats.quick, `${share} of it`);
        }
      });

      it('a byte of the backup is another one', async () => {
        for (const format of formats.summed) {
          const { path } = await rig.dump('source', format);
          await turnByte(join(rig.near.root, path));
          await fails(path, format, format);
        }
      });

      it('the backup is of another engine, under a name of ours', async () => {
        for (const { path, text } of bench.strangers) {
          await writeFile(join(rig.near.root, path), text);
          await fails(path, engine.recognise([{ path, kind: 'file' }])[0]!.format, path);
        }
      });

      /** It is as it was when it was approved, and worth nothing. */
      async function fails(path: string, format: BackupFormat, what: string): Promise<void> {
        const backup = await rig.backupAt(rig.near, path, format);
        const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
        assert.ok(outcome.end === 'failed' && !outcome.targetTouched, `${what}: ${JSON.stringify(outcome)}`);
      }

      it('the backup is of a newer server', async () => {
        const backup = {
          ...(await rig.dump('source', formats.quick)),
          engineVersion: rig.server.newerVersion,
        };
        const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup })));
        assertFailed(outcome, 'server-version-old');
      });
    });
  });
}

async function turnByte(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    const byte = Buffer.alloc(1);
    const at = Math.floor(size * 0.6);
    await handle.read(byte, 0, 1, at);
    await handle.write(Buffer.of(byte[0]! ^ 0x55), 0, 1, at);
  } finally {
    await handle.close();
  }
}
