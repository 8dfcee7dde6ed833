import assert from 'node:assert/strict';
import type { Plan } from '../../runners/plan.ts';
import { postgres } from '../../runners/postgres/index.ts';
import type { MemoryCheckpoint } from '../runners/memory-checkpoint.ts';
import { type Rig, startRig } from '../runners/postgres/rig.ts';
import { needs } from '../skip.ts';

const broken = 'INSERT INTO which SELECT name FROM missing;';
const mend = "UPDATE which SET one = 'mended'";

describe('engine contract: kept copies and leftovers (postgres)', function () {
  this.timeout(60_000);
  let rig: Rig;
  let backup: Awaited<ReturnType<Rig['dump']>>;

  before(async function () {
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ databases: { uat: 'orders_uat' } });
    await rig.sql('postgres', 'CREATE DATABASE source');
    await rig.sql('source', `CREATE TABLE which AS SELECT 'backup'::text AS one`);
    backup = await rig.dump('source', 'pg-custom');
  });

  after(async () => {
    await rig?.stop();
  });

  beforeEach(async () => {
    const names = await rig.databases();
    await rig.drop(...names.filter((name) => name !== 'source'));
    await rig.sql('postgres', 'CREATE DATABASE orders_uat OWNER shop_owner');
    await rig.sql('orders_uat', `SET ROLE shop_owner; CREATE TABLE which AS SELECT 'old'::text AS one`);
  });

  const which = () => rig.value('orders_uat', 'SELECT one FROM which');
  const isOpen = (name: string) =>
    rig.value('postgres', `SELECT datallowconn FROM pg_database WHERE datname = '${name}'`);

  function planWith(...texts: string[]): Plan {
    const scripts = texts.map((text, at) => ({ path: `sql/${at + 1}.sql`, sha256: '', text }));
    return rig.planOf(rig.context('uat', { backup, placed: { scripts } }));
  }

  /** A run that failed in its last script, and whose copy was kept. */
  async function failedIn(
    ...texts: string[]
  ): Promise<{ plan: Plan; checkpoint: MemoryCheckpoint; copy: string }> {
    const plan = planWith(...texts);
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
    const { plan, checkpoint, copy } = await failedIn(mend, broken);
    assert.equal(await isOpen(copy), false);
    await assert.rejects(rig.connect(copy), { code: '55000' });
    assert.equal(await which(), 'old');
    const [left] = await postgres.leftovers(rig.access);
    assert.deepEqual([left?.run, left?.name, left?.closed], [plan.run, copy, true]);
    assert.equal(await retry(plan, checkpoint, mend, "INSERT INTO which VALUES ('more')"), 'on');
    assert.deepEqual(
      (await rig.inside('orders_uat', (client) => client.query('SELECT one FROM which ORDER BY 1'))).rows,
      [{ one: 'mended' }, { one: 'more' }],
    );
    assert.deepEqual(await postgres.leftovers(rig.access), [], 'what went live is no leftover');
  });

  it('never goes on behind a script that ran with another text, nor without one that ran', async () => {
    for (const others of [["UPDATE which SET one = 'otherwise'", 'SELECT 1'], []]) {
      const { plan, checkpoint } = await failedIn(mend, broken);
      assert.equal(await retry(plan, checkpoint, ...others), 'anew');
      assert.equal(await which(), others.length === 0 ? 'backup' : 'otherwise');
    }
  });

  it('a script that may have ended its own transaction leaves nothing to go on from', async () => {
    for (const text of [
      `${mend}; COMMIT; ${broken}`,
      `${mend};\nEND;\n${broken}`,
      `${mend}; rollback; ${broken}`,
    ]) {
      const { plan, checkpoint, copy } = await failedIn(text);
      assert.equal(await isOpen(copy), undefined, 'taken back');
      assert.equal(await retry(plan, checkpoint, 'SELECT 1'), 'anew');
      assert.equal(await which(), 'backup');
    }
    const { plan, checkpoint } = await failedIn(`DO $$ BEGIN PERFORM 1; END $$; ${mend}; ${broken}`);
    assert.equal(await retry(plan, checkpoint, 'SELECT 1'), 'on');
    assert.equal(await which(), 'backup', 'nothing of the script that failed is in it');
  });

  it('a copy that somebody renamed or made anew is not gone on from, and stays', async () => {
    const { plan, checkpoint, copy } = await failedIn(broken);
    await rig.sql('postgres', `ALTER DATABASE "${copy}" RENAME TO somebodys`);
    assert.deepEqual(await postgres.leftovers(rig.access), []);
    assert.equal(await retry(plan, checkpoint, mend), 'anew');
    assert.equal(await isOpen('somebodys'), false);
  });

  it('a newer refresh of the same database drops what was kept of it', async () => {
    const { copy } = await failedIn(broken);
    const { outcome } = await rig.walk(planWith(mend));
    assert.deepEqual(outcome, { end: 'succeeded' });
    assert.equal(await isOpen(copy), undefined);
    assert.deepEqual(await postgres.leftovers(rig.access), []);
  });

  it('the room of a kept copy counts as free', async () => {
    const { copy } = await failedIn(broken);
    const bytes = Number(await rig.value('postgres', `SELECT pg_database_size('${copy}')`));
    const context = rig.context('uat', { backup: { ...backup, bytes: 1 } });
    const live = Number(await rig.value('postgres', `SELECT pg_database_size('orders_uat')`));
    const spare = { ...rig.access.program, freeBytes: async () => live - bytes + 1 };
    const seen = await postgres.inspect({ ...rig.access, program: spare }, context);
    assert.deepEqual(seen.problems, []);
    await postgres.dropLeftover(rig.access, (await postgres.leftovers(rig.access))[0]!);
    const [problem] = (await postgres.inspect({ ...rig.access, program: spare }, context)).problems;
    assert.equal(problem?.code, 'no-space');
  });

  describe('leftovers', () => {
    it('are dropped by what was recorded, with whoever is in them; what is only named so stays', async () => {
      const plan = planWith();
      const half = {
        ...plan,
        steps: plan.steps.filter(({ stage }) => stage === 'check' || stage === 'load'),
      };
      assert.deepEqual((await rig.walk(half)).outcome, { end: 'succeeded' });
      await rig.sql('postgres', 'CREATE DATABASE orders__new_abcd2345');
      const [left, ...more] = await postgres.leftovers(rig.access);
      assert.deepEqual([left?.name, left?.closed, more], [plan.items[0]!.newName, false, []]);
      const session = await rig.connect(left!.name);
      session.on('error', () => undefined);
      await rig.sql('postgres', `ALTER DATABASE "${left!.name}" OWNER TO freshet_admin`);
      await session.end();
      await postgres.dropLeftover(rig.access, left!);
      await postgres.dropLeftover(rig.access, left!);
      assert.deepEqual(await rig.databases(), ['orders__new_abcd2345', 'orders_uat', 'source']);
      assert.deepEqual(await postgres.leftovers(rig.access), []);
    });

    it('one of another oid under the recorded name is not ours', async () => {
      const { copy } = await failedIn(broken);
      const [left] = await postgres.leftovers(rig.access);
      await rig.drop(copy);
      await rig.sql('postgres', `CREATE DATABASE "${copy}"`);
      assert.deepEqual(await postgres.leftovers(rig.access), []);
      await postgres.dropLeftover(rig.access, left!);
      assert.equal(await isOpen(copy), true);
    });

    it('one whose run died before it knew the oid is ours while it is closed and of our making', async () => {
      const { copy } = await failedIn(broken);
      await rig.sql('postgres', 'UPDATE freshet.copy SET copy_oid = NULL');
      await rig.sql('postgres', `ALTER DATABASE "${copy}" OWNER TO shop_owner`);
      assert.deepEqual(await postgres.leftovers(rig.access), []);
      await rig.sql('postgres', `ALTER DATABASE "${copy}" OWNER TO freshet_admin`);
      const [left] = await postgres.leftovers(rig.access);
      await postgres.dropLeftover(rig.access, left!);
      assert.equal(await isOpen(copy), undefined);
    });
  });
});
