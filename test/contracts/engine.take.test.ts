import assert from 'node:assert/strict';
import { access as exists, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerAccess } from '../../runners/engine.ts';
import type { TakenResult } from '../../runners/execute.ts';
import type { Backup } from '../../src/domain/backup.ts';
import type { Manifest } from '../../src/domain/manifest.ts';
import { benches } from '../runners/benches.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import { freshRun } from '../runners/host-program/on-each-shell.ts';
import type { PrivateHost } from '../runners/host-program/private-sshd.ts';
import { measured } from '../runners/measured.ts';
import { MemoryCheckpoint } from '../runners/memory-checkpoint.ts';
import { taking } from '../runners/taking.ts';
import { needs } from '../skip.ts';

for (const bench of benches) {
  const { engine, takes } = bench;

  describe(`engine contract: taking backups (${engine.name})`, function () {
    this.timeout(180_000);
    let rig: Rig;

    before(async function () {
      needs(this, ...bench.needs, 'openssh-server');
      rig = await startRig(bench, {
        databases: { uat: 'orders_uat', rich: 'orders_dev', odd: bench.oddName, back: 'orders_first' },
      });
      await rig.server.makeShop('orders_uat');
      await rig.server.makeRich('orders_dev');
      await takes.open?.(rig.server, 'orders_dev');
      await rig.server.makeOdd(bench.oddName, false);
      await rig.server.make('orders_first');
    });

    after(async () => {
      await rig?.stop();
    });

    const named: Readonly<Record<string, string>> = {
      uat: 'orders_uat',
      rich: 'orders_dev',
      odd: bench.oddName,
    };

    async function left(where: PrivateHost): Promise<string[]> {
      return (await readdir(where.root)).filter((name) => name.startsWith('.'));
    }

    async function take(target: string, place: 'near' | 'far' = 'near'): Promise<TakenResult> {
      const { outcome, checkpoint } = await rig.walk(rig.planOf(taking(rig, target, place)));
      assert.deepEqual(outcome, { end: 'succeeded' });
      return checkpoint.taken.get(target) as TakenResult;
    }

    async function manifestOf(where: PrivateHost, { path }: TakenResult) {
      const text = await readFile(join(where.root, `${path}.json`), 'utf8');
      return JSON.parse(text) as Manifest & { rows: Record<string, number> };
    }

    for (const [target, place] of [
      ['uat', 'near'],
      ['rich', 'near'],
      ['odd', 'far'],
    ] as const) {
      it(`takes a backup (${target}) to the ${place} host that restores to what its source is`, async () => {
        const where = rig[place];
        const program = place === 'near' ? rig.here.program : rig.there.program;
        const before = new Date();
        assert.deepEqual((await engine.inspect(rig.access, taking(rig, target, place))).problems, []);
        const taken = await take(target, place);

        const path = join(where.root, taken.path);
        const manifest = await manifestOf(where, taken);
        assert.deepEqual(await measured(path), { bytes: taken.bytes, checksum: taken.checksum });
        assert.equal(manifest.checksum, taken.checksum);
        assert.equal(manifest.request, 'REQ-1');
        assert.deepEqual(manifest.rows, await takes.rows(rig.server, named[target]!));
        assert.match(manifest.schema, /^[0-9a-f]{64}$/);
        const dataAt = new Date(manifest.dataAt);
        assert.ok(dataAt >= new Date(before.getTime() - 1000) && dataAt <= new Date(), manifest.dataAt);

        // A scan sees exactly what the catalogue was told: it does not read it again.
        const { entries } = await program.list('nightly');
        const entry = entries.find((one) => one.path === taken.path)!;
        assert.deepEqual([entry.bytes, entry.modifiedAt.toISOString()], [taken.bytes, taken.writtenAt]);
        const candidates = engine.recognise([entry]);
        assert.deepEqual(
          candidates.map(({ format }) => format),
          [taken.format],
        );
        assert.deepEqual(engine.recognise([{ path: `${taken.path}.json`, kind: 'file' }]), []);
        assert.deepEqual(await left(where), []);
        assert.deepEqual((await rig.here.program.runs()).runs, []);
        assert.deepEqual((await rig.there.program.runs()).runs, []);
        const grants = join(rig.near.folder, 'host/keys/grants');
        assert.equal(await readFile(grants, 'utf8').catch(() => ''), '', 'no key opens anything any more');

        const reader = freshRun();
        const reading = await engine.read(program, 'nightly', candidates[0]!, reader);
        await program.sweep(reader, 1);
        assert.ok(reading.state === 'whole', JSON.stringify(reading));
        assert.equal(reading.checksum, taken.checksum);

        await rig.server.restoreByHand(path, 'by_hand');
        assert.equal(await rig.server.contentHash('by_hand'), await rig.server.contentHash(named[target]!));
        await rig.server.drop('by_hand');
      });
    }

    it('what was taken is refreshed from', async () => {
      const taken = await take('rich');
      const backup: Backup = {
        ...(await rig.backupAt(rig.near, taken.path, taken.format)),
        engineVersion: taken.engineVersion,
      };
      const { outcome } = await rig.walk(rig.planOf(rig.context('back', { backup })));
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.equal(await rig.server.contentHash('orders_first'), await rig.server.contentHash('orders_dev'));
    });

    it('the same definitions have the same fingerprint, others another', async () => {
      const fingerprint = async () => (await manifestOf(rig.near, await take('odd'))).schema;
      const first = await fingerprint();
      await takes.grow(rig.server, bench.oddName);
      assert.equal(await fingerprint(), first);
      await takes.change(rig.server, bench.oddName);
      assert.notEqual(await fingerprint(), first);
    });

    it('begins anew where a dump was lost with what it had written', async () => {
      const context = taking(rig, 'uat');
      const part = join(rig.near.root, `.uat-${context.run}.part`);
      const isFolder = engine.dumping?.kind === 'folder';
      if (isFolder) await mkdir(part);
      await writeFile(isFolder ? join(part, '1.dat.gz') : part, 'half of it');
      const { outcome, checkpoint } = await rig.walk(rig.planOf(context));
      assert.deepEqual(outcome, { end: 'succeeded' });
      const { path, checksum } = checkpoint.taken.get('uat') as TakenResult;
      assert.equal((await measured(join(rig.near.root, path))).checksum, checksum);
      if (isFolder) assert.ok(!(await readdir(join(rig.near.root, path))).includes('1.dat.gz'));
      else assert.ok(!(await readFile(join(rig.near.root, path), 'latin1')).includes('half of it'));
    });

    it('says what the reader may not read, before anybody is asked, and takes nothing', async () => {
      const codes = await takes.blind(rig.server, bench.oddName);
      try {
        const context = taking(rig, 'odd');
        const { problems } = await engine.inspect(rig.access, context);
        assert.deepEqual(
          problems.map(({ code }) => code),
          codes,
        );
        const { outcome } = await rig.walk(rig.planOf(context));
        assert.equal(outcome.end === 'failed' && outcome.code, codes[0]);
        assert.deepEqual(await left(rig.near), []);
      } finally {
        await takes.see(rig.server, bench.oddName);
      }
    });

    it('says which tools are missing, and of which host', async () => {
      const { program } = rig.access;
      const bare: ServerAccess = {
        ...rig.access,
        program: { ...program, facts: async () => ({ ...(await program.facts()), tools: {} }) },
      };
      const { problems } = await engine.inspect(bare, taking(rig, 'uat'));
      const [dumper = ''] = engine.setup.takes?.programs ?? [];
      assert.ok(problems.length > 1);
      assert.ok(problems.every(({ code, message }) => code === 'tool-missing' && message.includes('"near"')));
      assert.match(problems[0]!.message, new RegExp(`has no ${dumper},`));
    });

    it('a take that is cancelled, or fails on its way, leaves nothing behind', async () => {
      const cancelled = rig.planOf(taking(rig, 'uat', 'far'));
      const dying = rig.walk(cancelled, {
        before: (line) => {
          if (line === 'done uat.tally') throw new Error('the worker dies');
        },
      });
      await assert.rejects(dying, /the worker dies/);
      assert.equal((await left(rig.far)).length, 1, 'what was sent lies there under its hidden name');
      const names = await readdir(rig.far.root);
      // Whoever takes the run over finds the wish to cancel.
      const checkpoint = new MemoryCheckpoint(cancelled.run);
      checkpoint.wantsCancel = true;
      const { outcome } = await rig.walk(cancelled, { checkpoint });
      assert.deepEqual(outcome, { end: 'cancelled' });
      assert.deepEqual(await left(rig.far), []);
      assert.equal((await readdir(rig.far.root)).length, names.length - 1);
    });

    it('the host lets nothing be written that is not the own dump of a run, and the reader do nothing else', async () => {
      const context = taking(rig, 'uat');
      const other = freshRun();
      const { run } = context;
      const refused = async (step: Record<string, unknown>, says: RegExp) =>
        assert.rejects(
          rig.here.program.submit({ run, step: 'x', fence: 900, report: 'none', ...step } as never),
          says,
        );
      await rig.here.program.claim('uat', run, 900);
      const connection = { server: rig.site.name, identity: 'reader', database: 'orders_uat' };
      const dump = (path: string) => ({
        target: 'uat',
        connection,
        ...engine.dumping!.dump(context, { root: 'nightly', path }),
      });
      await refused(dump(`.uat-${other}.part`), /no name that this run may write/);
      await refused(dump(`sub/.uat-${run}.part`), /no name that this run may write/);
      await refused(dump(`uat-${run}`), /no name that this run may write/);
      const part = dump(`.uat-${run}.part`);
      await refused(
        { ...part, connection: { ...connection, database: 'orders_dev' } },
        /is not that of the target/,
      );
      for (const pipe of [
        [{ tool: 'cat', args: [{ root: 'nightly', path: 'x' }] }],
        [...part.pipe, { tool: 'within', args: [{ root: 'nightly', path: 'x' }] }],
      ])
        await refused({ ...part, pipe }, /the reader is for dumps only/);
      const { newName } = engine.steps(rig.context('uat', { run, kind: 'undo' })).item;
      await refused(
        { ...part, connection: { ...connection, identity: 'loader', database: newName } },
        /connects as the reader only/,
      );
      await rig.here.program.sweep(run, 900);
      await assert.rejects(exists(join(rig.near.root, `.uat-${run}.part`)));
    });
  });
}
