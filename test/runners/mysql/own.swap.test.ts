import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ServerAccess, StepResult } from '../../../runners/engine.ts';
import { mysql } from '../../../runners/mysql/index.ts';
import type { ActStep, Plan } from '../../../runners/plan.ts';
import { seed, span } from '../../faults/durations.ts';
import { randomFrom } from '../../rig/random.ts';
import { until } from '../../until.ts';
import { needs, skip } from '../../skip.ts';
import { type Rig, startRig } from './rig.ts';
import { meanwhile, severed } from './sever.ts';

const old = `
  CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, note varchar(20));
  CREATE TABLE lines_ (id int PRIMARY KEY, orders int, FOREIGN KEY (orders) REFERENCES orders (id));
  CREATE TABLE only_here (a int); CREATE TABLE found (words varchar(50), FULLTEXT KEY w (words), KEY by_words (words));
  INSERT INTO orders (note) VALUES ('old'); INSERT INTO lines_ VALUES (1, 1); INSERT INTO only_here VALUES (1); INSERT INTO found VALUES ('a word');
  CREATE VIEW words AS SELECT words FROM found USE INDEX (by_words);
  CREATE VIEW notes AS SELECT note FROM orders;
  CREATE PROCEDURE tell() SELECT 'old';
  CREATE TRIGGER stamp BEFORE INSERT ON orders FOR EACH ROW SET NEW.note = CONCAT(NEW.note, ' old');
  CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO SET @a = 1;`;

const fresh = `
  CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, note varchar(20), more int);
  CREATE TABLE lines_ (id int PRIMARY KEY, orders int, FOREIGN KEY (orders) REFERENCES orders (id));
  CREATE TABLE found (words varchar(50), FULLTEXT KEY w (words));
  INSERT INTO orders (note) VALUES ('new'), ('newer'); INSERT INTO lines_ VALUES (1, 2); INSERT INTO found VALUES ('a word');
  CREATE VIEW a_sum AS SELECT COUNT(*) AS n FROM notes;
  CREATE OR REPLACE VIEW notes AS SELECT note, more FROM orders WHERE id > 0 WITH CHECK OPTION;
  CREATE VIEW words AS SELECT words FROM found WHERE MATCH (words) AGAINST ('word');
  CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2;
  CREATE TRIGGER stamp BEFORE INSERT ON orders FOR EACH ROW SET NEW.note = CONCAT(NEW.note, ' new');
  CREATE TRIGGER stamp_more BEFORE INSERT ON orders FOR EACH ROW FOLLOWS stamp SET NEW.more = twice(2);
  CREATE EVENT hourly ON SCHEDULE EVERY 1 HOUR DO SET @a = 2;`;

/** Every so many statements, and from another one with each seed; the long form takes all of them, in two minutes. */
const stride = span(9, 1);
const random = randomFrom(seed);
const first = () => 1 + Math.floor(random.between(0, stride));

describe('what is MySQL’s own: its swap', function () {
  this.timeout(span(120_000, 900_000));
  let rig: Rig;
  let backup: Awaited<ReturnType<Rig['dump']>>;
  let oldContent: Readonly<Record<string, string>>;
  let newContent: Readonly<Record<string, string>>;

  before(async function () {
    needs(this, 'mariadb-server', 'openssh-server');
    rig = await startRig({ databases: { uat: 'orders_uat' } });
    await rig.client(
      `CREATE DATABASE source; USE source; ${fresh.replace('VIEW a_sum', 'VIEW notes AS SELECT 1; CREATE VIEW a_sum')}`,
    );
    backup = await rig.dump('source', 'mysql-plain');
  });

  after(async () => {
    await rig?.stop();
  });

  beforeEach(async () => {
    const names = await rig.databases();
    await rig.drop(...names.filter((name) => name !== 'source'));
    await rig.sql('DELETE FROM freshet.copy; DELETE FROM freshet.live; DELETE FROM freshet.swap');
    await rig.client(`CREATE DATABASE orders_uat; USE orders_uat; ${old}
      GRANT SELECT, INSERT ON orders_uat.* TO shop_app@'127.0.0.1'; GRANT SELECT ON orders_uat.orders TO reporting@'%';
      GRANT EXECUTE ON PROCEDURE orders_uat.tell TO reporting@'%';`);
    oldContent = await rig.contentOf('orders_uat');
  });

  const severedAt = (at: number) => severed(rig.access, at);

  /** What `look` answers once nobody of ours is at work on the server any more. */
  async function settled<T>(look: () => Promise<T>): Promise<T> {
    await rig.server.settled();
    return look();
  }

  async function refresh(): Promise<{ plan: Plan; undoes: ReturnType<Rig['swapOf']> }> {
    const plan = rig.planOf(rig.context('uat', { backup }));
    const { outcome, checkpoint } = await rig.walk(plan);
    assert.deepEqual(outcome, { end: 'succeeded' });
    return { plan, undoes: rig.swapOf(plan, checkpoint) };
  }

  /** All but the swap; `swap` performs that one, as a worker would. */
  async function ready({ drainSeconds = 1 } = {}) {
    const plan = rig.planOf(rig.context('uat', { backup, drainSeconds }));
    const { outcome, fence } = await rig.walk({
      ...plan,
      steps: plan.steps.filter(({ stage }) => stage !== 'swap' && stage !== 'tidy'),
    });
    assert.deepEqual(outcome, { end: 'succeeded' });
    const item = plan.items[0]!;
    const step = plan.steps.find(({ stage }) => stage === 'swap') as ActStep;
    await rig.here.program.claim('uat', plan.run, fence);
    const swap = (access: ServerAccess = rig.access): Promise<StepResult> =>
      mysql.act(step, {
        access,
        program: () => rig.here.program,
        run: plan.run,
        fence,
        item,
        results: {},
        signal: new AbortController().signal,
        progress: () => undefined,
      });
    return { plan, item, fence, swap };
  }

  /** Every name that either has, read and written as an account that may do all: nothing of it is let through. */
  async function isShut(): Promise<void> {
    for (const name of ['orders', 'lines_', 'only_here', 'found', 'notes']) {
      await assert.rejects(rig.sql(`SELECT * FROM orders_uat.${name} ORDER BY 1`), name);
      await assert.rejects(rig.sql(`DELETE FROM orders_uat.${name}`), name);
    }
    await assert.rejects(rig.sql(`INSERT INTO orders_uat.orders (note) VALUES ('lost')`));
  }

  /** What hangs on tables is there with them, also what no door is enough for. */
  async function isWhole(): Promise<void> {
    assert.equal(await rig.value('SELECT words FROM orders_uat.words'), 'a word');
    assert.equal(Number(await rig.value('SELECT COUNT(*) FROM orders_uat.notes')), 2);
    assert.equal(Number(await rig.value('SELECT n FROM orders_uat.a_sum')), 2);
    assert.equal(await rig.value('SELECT orders_uat.twice(2)'), 4);
  }

  it('waits for nobody who took the name by which attempts keep from one another', async () => {
    const name = `freshet.${createHash('sha256').update('orders_uat').digest('hex').slice(0, 40)}`;
    const stranger = await rig.login('shop_app', 'app', 'orders_uat');
    const [[taken]] = (await stranger.query('SELECT GET_LOCK(?, 0) AS got', [name])) as unknown as [
      { got: number }[],
    ];
    assert.equal(taken?.got, 1);
    const { run, items } = rig.planOf(rig.context('uat', { backup }));
    await mysql.abandon(rig.access, items[0]!, run, 1_000_000);
    await rig.sql('DELETE FROM freshet.fence');
    await assert.rejects(stranger.query('SELECT 1'));
    stranger.destroy();
  });

  it('closes nothing where somebody holds on to what is to go live', async () => {
    const plan = rig.planOf(rig.context('uat', { backup }));
    await rig.server.inside(undefined, async (reader) => {
      const { outcome } = await rig.walk(plan, {
        async before(line) {
          if (line.startsWith('failed')) await reader.query('ROLLBACK');
          if (line !== 'started uat.swap') return;
          await reader.query('START TRANSACTION');
          await reader.query(`SELECT * FROM \`${plan.items[0]!.newName}\`.orders`);
        },
      });
      assert.ok(outcome.end === 'failed' && outcome.code === 'copy-in-use', JSON.stringify(outcome));
    });
    assert.equal(
      Number(await rig.value(`SELECT COUNT(closed_at) FROM freshet.swap WHERE run = '${plan.run}'`)),
      0,
    );
    assert.deepEqual(await rig.contentOf('orders_uat'), oldContent);
  });

  it('brings the replaced copy back whole, and undone itself the newer one', async () => {
    const first = await refresh();
    newContent = await rig.contentOf('orders_uat');
    const undo = rig.planOf(rig.context('uat', { kind: 'undo', undoes: first.undoes }));
    const back = await rig.walk(undo);
    assert.deepEqual(back.outcome, { end: 'succeeded' });
    assert.deepEqual(await rig.contentOf('orders_uat'), oldContent);
    assert.equal(
      await rig.value(`SELECT status FROM information_schema.events WHERE event_name = 'nightly'`),
      'ENABLED',
      'what ran in it runs again',
    );
    const again = rig.planOf(rig.context('uat', { kind: 'undo', undoes: rig.swapOf(undo, back.checkpoint) }));
    assert.deepEqual((await rig.walk(again)).outcome, { end: 'succeeded' });
    assert.deepEqual(await rig.contentOf('orders_uat'), newContent);
    assert.deepEqual(await rig.databases(), ['orders_uat', again.items[0]!.oldName, 'source']);
  });

  it('keeps who may do what by the live name, routines too', async () => {
    const rights = () =>
      rig.sql(`SELECT user, db, table_name AS what, table_priv AS may FROM mysql.tables_priv WHERE db LIKE 'orders%'
        UNION ALL SELECT user, db, '', CONCAT(select_priv, insert_priv) FROM mysql.db WHERE db = 'orders_uat'`);
    const ofRoutine = (name: string) =>
      rig.value(`SELECT proc_priv FROM mysql.procs_priv WHERE db = 'orders_uat' AND user = 'reporting'
        AND routine_name = '${name}'`);
    await rig.client(`USE orders_uat; CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN 0;
      GRANT EXECUTE ON FUNCTION orders_uat.twice TO reporting@'%';`);
    const had = await rights();
    const { undoes } = await refresh();
    assert.deepEqual(await rights(), had);
    assert.deepEqual([await ofRoutine('twice'), await ofRoutine('tell')], ['Execute', undefined]);
    assert.equal(Number(await rig.value('SELECT orders_uat.twice(2)')), 4, 'it is that of the backup');
    const undo = await rig.walk(rig.planOf(rig.context('uat', { kind: 'undo', undoes })));
    assert.deepEqual(undo.outcome, { end: 'succeeded' });
    assert.deepEqual(await rights(), had);
    assert.deepEqual([await ofRoutine('twice'), await ofRoutine('tell')], ['Execute', 'Execute']);
  });

  it('interrupted at each statement it is old, new or shut, and leads out of it both ways', async () => {
    const { plan, item, fence, swap } = await ready();
    const seen = new Set<string>();
    let turn = 0;
    let cut = first();
    for (; ; cut += stride) {
      const line = severedAt(cut);
      const ended = await swap(line).then(
        () => 'done',
        (error: { code?: string }) => error.code,
      );
      const stands = await settled(() => mysql.standing(rig.access, item, plan.run));
      seen.add(stands);
      if (ended === 'done') break;
      assert.equal(ended, 'connection-lost', `statement ${cut}`);
      if (stands === 'fenced') await isShut();
      if (stands === 'old')
        assert.deepEqual(await rig.contentOf('orders_uat'), oldContent, `statement ${cut}`);
      if (stands === 'new') await isWhole();
      // Every other time back, as after a failure, and forth, as in the next attempt; either way the next begins anew.
      if (turn++ % 2 === 0 && stands !== 'new') {
        assert.equal(await mysql.takeUp(rig.access, item, plan.run, fence), true);
      } else {
        await swap();
        const now = await rig.contentOf('orders_uat');
        newContent ??= now;
        assert.deepEqual(now, newContent, `statement ${cut}`);
        await mysql.putBack(rig.access, item, plan.run, fence);
      }
      assert.equal(await mysql.standing(rig.access, item, plan.run), 'old');
      assert.deepEqual(await rig.contentOf('orders_uat'), oldContent, `after statement ${cut}`);
    }
    assert.ok(seen.has('fenced'), [...seen].join());
    assert.ok(cut > 20, `${cut} statements`);
    assert.equal(await rig.value('SELECT words FROM orders_uat.words'), 'a word');
  });

  it('a table that somebody makes while it drains has its own name again on the way back', async () => {
    const { plan, item, fence, swap } = await ready({ drainSeconds: 60 });
    const busy = await rig.server.login('shop_app', 'app', 'orders_uat');
    await busy.query('START TRANSACTION');
    await busy.query('SELECT COUNT(*) FROM orders');
    const dying = assert.rejects(swap(severed(rig.access, (said) => said.startsWith('RENAME'))), {
      code: 'connection-lost',
    });
    const begun = () => rig.value(`SELECT COUNT(*) FROM freshet.swap WHERE run = '${plan.run}'`);
    await until('it is written down what goes where', async () => Number(await begun()) === 1);
    // Before all others, by its name.
    await rig.client('USE orders_uat; CREATE TABLE a_first (a int); INSERT INTO a_first VALUES (7);');
    const there = await rig.contentOf('orders_uat');
    await busy.query('COMMIT');
    await dying;
    await busy.end();
    const stands = () => mysql.standing(rig.access, item, plan.run);
    assert.equal(await settled(stands), 'fenced');
    assert.equal(await mysql.takeUp(rig.access, item, plan.run, fence), true);
    assert.equal(await stands(), 'old');
    assert.deepEqual(await rig.contentOf('orders_uat'), there);
  });

  it('a table that somebody makes in the moment of the swap ends it, and stays with all the others', async () => {
    const { plan, item, swap } = await ready();
    const late = () =>
      rig.client('USE orders_uat; CREATE TABLE a_late (a int); INSERT INTO a_late VALUES (7);');
    const swapping = swap(meanwhile(rig.access, 'UPDATE freshet.swap SET outgoing', late));
    await assert.rejects(swapping, { code: 'live-changed', message: /"a_late" was made in "orders_uat"/ });
    assert.equal(await settled(() => mysql.standing(rig.access, item, plan.run)), 'old');
    const now = await rig.contentOf('orders_uat');
    assert.equal(Number(await rig.value('SELECT a FROM orders_uat.a_late')), 7);
    for (const [what, is] of Object.entries(oldContent)) assert.equal(now[what], is, what);
    await swap();
    assert.equal(await mysql.standing(rig.access, item, plan.run), 'new');
    assert.equal(Number(await rig.value(`SELECT a FROM \`${item.oldName}\`.a_late`)), 7, 'it is kept');
  });

  it('with all its tables, and without a view that nothing but they would do for, it is between both', async function () {
    if (!rig.server.isMariadb)
      skip(this, 'in MySQL there is no such view: its walls stand before tables in partitions, too');
    await rig.client(`USE orders_uat; CREATE TABLE parts (id int) PARTITION BY RANGE (id)
      (PARTITION small VALUES LESS THAN (10), PARTITION large VALUES LESS THAN MAXVALUE);
      INSERT INTO parts VALUES (1), (11); CREATE VIEW few AS SELECT id FROM parts PARTITION (small);`);
    oldContent = await rig.contentOf('orders_uat');
    const { plan, item, fence, swap } = await ready();
    await swap();
    const named = severed(rig.access, (said) => /^RENAME .* TO `orders_uat`\.`parts`/.test(said));
    const dying = mysql.putBack(named, item, plan.run, fence);
    await assert.rejects(dying, { code: 'connection-lost' });
    const stands = () => mysql.standing(rig.access, item, plan.run);
    assert.equal(await settled(stands), 'fenced');
    assert.equal(await rig.value('SELECT note FROM orders_uat.orders'), 'old', 'its tables are there');
    await assert.rejects(rig.sql('SELECT * FROM orders_uat.few'));
    await mysql.putBack(rig.access, item, plan.run, fence);
    assert.equal(await stands(), 'old');
    assert.deepEqual(await rig.contentOf('orders_uat'), oldContent);
  });

  it('and so is the way back, of a swap and out of the middle of one', async () => {
    const { plan, item, fence, swap } = await ready();
    await swap();
    const there = await rig.contentOf('orders_uat');
    await mysql.putBack(rig.access, item, plan.run, fence);
    const ways = [
      { go: swap, back: (access: ServerAccess) => mysql.putBack(access, item, plan.run, fence) },
      {
        // The new tables are in, out of sight.
        go: () => {
          let renames = 0;
          return swap(severed(rig.access, (said) => said.startsWith('RENAME') && (renames += 1) === 2));
        },
        back: (access: ServerAccess) => mysql.takeUp(access, item, plan.run, fence),
      },
    ];
    for (const way of ways) {
      for (let cut = first(); ; cut += stride) {
        await way.go().catch((error: { code?: string }) => assert.equal(error.code, 'connection-lost'));
        await settled(async () => undefined);
        const ended = await way.back(severedAt(cut)).then(
          () => 'done',
          (error: { code?: string }) => error.code,
        );
        const stands = await settled(() => mysql.standing(rig.access, item, plan.run));
        if (ended === 'done') break;
        assert.equal(ended, 'connection-lost', `statement ${cut}`);
        if (stands === 'fenced') await isShut();
        if (stands === 'new') assert.deepEqual(await rig.contentOf('orders_uat'), there, `statement ${cut}`);
        await way.back(rig.access);
        assert.equal(await mysql.standing(rig.access, item, plan.run), 'old');
        assert.deepEqual(await rig.contentOf('orders_uat'), oldContent, `after statement ${cut}`);
      }
      assert.deepEqual(await rig.contentOf('orders_uat'), oldContent);
    }
  });
});
