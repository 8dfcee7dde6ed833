import assert from 'node:assert/strict';
import { join } from 'node:path';
import { speaksAgainst } from '../../src/domain/proving.ts';
import { benches } from '../runners/benches.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import { MemoryCheckpoint } from '../runners/memory-checkpoint.ts';
import { needs } from '../skip.ts';

for (const bench of benches) {
  const { engine, formats } = bench;
  const resting = ['orders_empty', 'source'];

  describe(`engine contract: proofs (${engine.name})`, function () {
    this.timeout(60_000);
    let rig: Rig;

    before(async function () {
      needs(this, 'openssh-server', ...bench.needs);
      rig = await startRig(bench, { databases: { proof: 'orders_empty' } });
      await rig.server.makeShop('source');
      await rig.server.make('orders_empty');
    });

    after(async () => {
      await rig?.stop();
    });

    const proof = (more: Parameters<Rig['context']>[1]) =>
      rig.planOf(rig.context('proof', { kind: 'prove', ...more }));

    async function nothingIsLeft(): Promise<void> {
      assert.deepEqual(await rig.server.databases(), resting);
      assert.deepEqual(await engine.leftovers(rig.access), []);
      assert.deepEqual((await rig.here.program.runs()).runs, []);
      assert.deepEqual((await rig.there.program.runs()).runs, []);
    }

    it('restores and verifies into a new database, closed to others, and drops it', async () => {
      const backup = await rig.dump('source', formats.quick, rig.far);
      const plan = proof({ backup, placed: { minimumRows: { [rig.server.shopTable('customer')]: 10 } } });
      const { newName } = plan.items[0]!;
      const checkpoint = new MemoryCheckpoint(plan.run);
      const seen: unknown[] = [];
      const turns: unknown[] = [];
      checkpoint.turn = (database, between) => {
        turns.push([database, between]);
        return turns.length === 1 ? 'waits its turn' : undefined;
      };
      checkpoint.meets = async (line) => {
        if (line !== 'done proof.verify') return;
        seen.push(await rig.server.databases(), (await rig.server.mayEnter(newName)).application);
      };
      const { outcome } = await rig.walk(plan, { checkpoint });
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.deepEqual(turns, [
        ['proof', { from: 'far', to: 'near' }],
        ['proof', { from: 'far', to: 'near' }],
      ]);
      assert.deepEqual([checkpoint.notes[0], checkpoint.travelled], ['waits its turn', ['proof']]);
      assert.deepEqual(seen, [[...resting, newName].toSorted(), false]);
      assert.deepEqual(
        checkpoint.told.filter((line) => /barrier|proven|drop-proof|swap/.test(line)),
        ['barrier', 'started proof.drop-proof', 'proven proof', 'done proof.drop-proof'],
      );
      await nothingIsLeft();
    });

    it('a backup that was cut off speaks against itself, and leaves nothing', async () => {
      const backup = await rig.dump('source', formats.quick);
      await bench.cut(join(rig.near.root, backup.path), formats.quick);
      const known = { ...(await rig.backupAt(rig.near, backup.path, formats.quick)), id: backup.id };
      const { outcome } = await rig.walk(proof({ backup: known }), { keepsFailed: false });
      assert.ok(outcome.end === 'failed', JSON.stringify(outcome));
      assert.ok(speaksAgainst(outcome.step.stage, outcome.code), outcome.code);
      assert.deepEqual(await rig.server.databases(), resting);
    });

    it('so does one that holds too few rows, and one that is not what the catalogue knows', async () => {
      const backup = await rig.dump('source', formats.quick);
      const few = { minimumRows: { [rig.server.shopTable('customer')]: 1_000_000_000 } };
      const short = await rig.walk(proof({ backup, placed: few }));
      assert.ok(short.outcome.end === 'failed', JSON.stringify(short.outcome));
      assert.deepEqual([short.outcome.code, short.outcome.targetTouched], ['rows-missing', false]);
      assert.ok(speaksAgainst(short.outcome.step.stage, short.outcome.code));
      const other = await rig.walk(proof({ backup: { ...backup, checksum: 'a'.repeat(64) } }));
      assert.ok(other.outcome.end === 'failed', JSON.stringify(other.outcome));
      assert.equal(other.outcome.code, 'backup-changed');
      assert.ok(speaksAgainst(other.outcome.step.stage, other.outcome.code));
      assert.deepEqual(await rig.server.databases(), resting);
    });

    it('goes on where a worker died, and what a dead run left is found and dropped', async () => {
      const backup = await rig.dump('source', formats.quick);
      for (const goesOn of [true, false]) {
        const plan = proof({ backup });
        const dying = new AbortController();
        const first = await rig.walk(plan, {
          signal: dying.signal,
          before: (line) => line === 'done proof.load' && dying.abort(),
        });
        assert.deepEqual(first.outcome, { end: 'waiting' });
        if (goesOn) {
          const { outcome } = await rig.walk(plan, { checkpoint: first.checkpoint });
          assert.deepEqual(outcome, { end: 'succeeded' });
          assert.ok(first.checkpoint.told.includes('proven proof'));
          continue;
        }
        const [left, ...others] = await engine.leftovers(rig.access);
        assert.ok(left !== undefined && others.length === 0);
        assert.deepEqual([left.run, left.name], [plan.run, plan.items[0]!.newName]);
        await engine.dropLeftover(rig.access, left);
        await rig.here.program.sweep(plan.run, first.fence);
      }
      assert.deepEqual(await rig.server.databases(), resting);
      assert.deepEqual(await engine.leftovers(rig.access), []);
    });
  });
}
