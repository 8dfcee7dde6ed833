import assert from 'node:assert/strict';
import type { Plan } from '../../runners/plan.ts';
import type { Sentinel } from '../../src/domain/site.ts';
import { benches } from '../runners/benches.ts';
import { scriptOf } from '../runners/engine-bench.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import type { MemoryCheckpoint } from '../runners/memory-checkpoint.ts';
import { needs } from '../skip.ts';

const broken = 'INSERT INTO which SELECT name FROM missing;';
const mend = "UPDATE which SET one = 'mended'";
const part = "UPDATE which SET one = 'half done'";
const unanswered: Sentinel = { name: 'one', sql: 'SELECT name FROM missing', expect: '1' };

for (const bench of benches) {
  const { engine } = bench;

  describe(`engine contract: kept copies and leftovers (${engine.name})`, function () {
    this.timeout(60_000);
    let rig: Rig;
    let backup: Awaited<ReturnType<Rig['dump']>>;

    before(async function () {
      needs(this, 'openssh-server', ...bench.needs);
      rig = await startRig(bench, { databases: { uat: 'orders_uat' } });
      await rig.server.make('source', { which: ['backup'] });
      backup = await rig.dump('source', bench.formats.quick);
    });

    after(async () => {
      await rig?.stop();
    });

    beforeEach(async () => {
      const names = await rig.server.databases();
      await rig.server.drop(...names.filter((name) => name !== 'source'));
      await rig.server.make('orders_uat', { which: ['old'] });
    });

    const which = () => rig.server.ask('orders_uat', 'SELECT one FROM which ORDER BY one');
    const isOpen = (name: string) => rig.server.isOpen(name);
    const leftovers = () => engine.leftovers(rig.access);

    function planOf(texts: readonly string[], sentinels: readonly Sentinel[] = []): Plan {
      const scripts = texts.map((text, at) => scriptOf(text, `sql/${at + 1}.sql`));
      return rig.planOf(rig.context('uat', { backup, placed: { scripts, sentinels } }));
    }
    const planWith = (...texts: string[]) => planOf(texts);

    type Failed = { plan: Plan; checkpoint: MemoryCheckpoint; copy: string };
    /** A run that failed in its last script. */
    const failedIn = (...texts: string[]) => failed(planWith(...texts));
    /** A run that failed when all its scripts had run. */
    const failedAfter = (...texts: string[]) => failed(planOf(texts, [unanswered]));

    /** Its copy was kept, where there is one to go on from. */
    async function failed(plan: Plan): Promise<Failed> {
      const { outcome, checkpoint } = await rig.walk(plan, { keepsFailed: true });
      assert.ok(outcome.end === 'failed', JSON.stringify(outcome));
      return { plan, checkpoint, copy: plan.items[0]!.newName };
    }

    /** The next attempt of the run, with other scripts maybe. */
    async function retry(plan: Plan, checkpoint: MemoryCheckpoint, ...texts: string[]) {
      const next = rig.again(plan, planWith(...texts));
      checkpoint.told.length = 0;
      const { outcome } = await rig.walk(next, { checkpoint, attempt: 2 });
      assert.deepEqual(outcome, { end: 'succeeded' });
      return checkpoint.told.includes('started uat.load') ? 'anew' : 'on';
    }

    it('a kept copy is closed to everybody, the target is as it was, and the retry goes on', async () => {
      const { plan, checkpoint, copy } = await failedAfter(mend);
      assert.equal(await isOpen(copy), false);
      await assert.rejects(rig.server.visitor(copy));
      await assert.rejects(rig.server.guest(copy));
      assert.deepEqual(await which(), ['old']);
      const [left] = await leftovers();
      assert.deepEqual([left?.run, left?.name, left?.closed], [plan.run, copy, true]);
      assert.equal(await retry(plan, checkpoint, mend), 'on');
      assert.deepEqual(await which(), ['mended']);
      assert.deepEqual(await leftovers(), [], 'what went live is no leftover');
    });

    it('never goes on behind a script that ran with another text, nor without one that ran', async () => {
      for (const others of [["UPDATE which SET one = 'otherwise'", 'SELECT 1'], []]) {
        const { plan, checkpoint } = await failedAfter(mend);
        assert.equal(await retry(plan, checkpoint, ...others), 'anew');
        assert.deepEqual(await which(), [others.length === 0 ? 'backup' : 'otherwise']);
      }
    });

    it('a script that failed and may have done a part leaves nothing to go on from', async () => {
      const { atomic, endsItself } = bench.scripts(part, broken);
      for (const text of endsItself) {
        const { plan, checkpoint, copy } = await failedIn(text);
        assert.equal(await isOpen(copy), undefined, 'taken back');
        assert.equal(await retry(plan, checkpoint, 'SELECT 1'), 'anew');
        assert.deepEqual(await which(), ['backup']);
      }
      if (atomic === undefined) return;
      const { plan, checkpoint } = await failedIn(mend, atomic);
      assert.equal(await retry(plan, checkpoint, mend, "INSERT INTO which VALUES ('more')"), 'on');
      assert.deepEqual(await which(), ['mended', 'more'], 'nothing of the script that failed is in it');
    });

    it('a copy that somebody renamed or made anew is not gone on from, and stays', async () => {
      const { plan, checkpoint, copy } = await failedAfter();
      await rig.server.rename(copy, 'somebodys');
      assert.deepEqual(await leftovers(), []);
      assert.equal(await retry(plan, checkpoint), 'anew');
      assert.equal(await isOpen('somebodys'), false);
    });

    it('a newer refresh of the same database drops what was kept of it', async () => {
      const { copy } = await failedAfter();
      const { outcome } = await rig.walk(planWith(mend));
      assert.deepEqual(outcome, { end: 'succeeded' });
      assert.equal(await isOpen(copy), undefined);
      assert.deepEqual(await leftovers(), []);
    });

    it('the room of a kept copy counts as free', async () => {
      const { copy } = await failedAfter();
      const bytes = await rig.server.bytesOf(copy);
      const context = rig.context('uat', { backup: { ...backup, bytes: 1 } });
      const live = await rig.server.bytesOf('orders_uat');
      const spare = { ...rig.access.program, freeBytes: async () => live - bytes + 1 };
      const problems = async () =>
        (await engine.inspect({ ...rig.access, program: spare }, context)).problems;
      assert.deepEqual(await problems(), []);
      await engine.dropLeftover(rig.access, (await leftovers())[0]!);
      assert.equal((await problems())[0]?.code, 'no-space');
    });

    describe('leftovers', () => {
      it('are dropped by what was recorded, with whoever is in them; what is only named so stays', async () => {
        const plan = planWith();
        const half = {
          ...plan,
          steps: plan.steps.filter(({ stage }) => stage === 'check' || stage === 'load'),
        };
        assert.deepEqual((await rig.walk(half)).outcome, { end: 'succeeded' });
        await rig.server.make('orders__new_abcd2345');
        const [left, ...more] = await leftovers();
        assert.deepEqual([left?.name, left?.closed, more], [plan.items[0]!.newName, false, []]);
        const session = await rig.server.visitor(left!.name);
        await engine.dropLeftover(rig.access, left!);
        await engine.dropLeftover(rig.access, left!);
        await assert.rejects(session.ask());
        await session.end();
        assert.deepEqual(await rig.server.databases(), ['orders__new_abcd2345', 'orders_uat', 'source']);
        assert.deepEqual(await leftovers(), []);
      });

      it('one that was made anew under the recorded name is not ours', async () => {
        const { copy } = await failedAfter();
        const [left] = await leftovers();
        await rig.server.drop(copy);
        await rig.server.make(copy);
        assert.deepEqual(await leftovers(), []);
        await engine.dropLeftover(rig.access, left!);
        assert.equal(await isOpen(copy), true);
      });
    });
  });
}
