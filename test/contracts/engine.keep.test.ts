import assert from 'node:assert/strict';
import type { ActStep, Plan } from '../../runners/plan.ts';
import type { KeptRows } from '../../src/domain/kept-rows.ts';
import { benches } from '../runners/benches.ts';
import { scriptOf } from '../runners/engine-bench.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import { failure } from '../runners/host-program/on-each-shell.ts';
import { needs } from '../skip.ts';

for (const bench of benches) {
  const { engine, formats, keeps } = bench;

  describe(`engine contract: rows that a refresh keeps (${engine.name})`, function () {
    this.timeout(60_000);
    let rig: Rig;

    before(async function () {
      needs(this, 'openssh-server', ...bench.needs);
      rig = await startRig(bench, { databases: { uat: 'orders_uat' } });
      await rig.server.make('orders_uat');
      await keeps.make(rig.server, 'source', 'orders_uat');
    });

    after(async () => {
      await rig?.stop();
    });

    const live = (sql: string) => rig.server.ask('orders_uat', sql);

    it('are those of the target to the last byte, whole tables and by a condition; all else is the backup’s', async () => {
      const before = await live(keeps.users);
      const keep = [
        { table: 'users', where: `name LIKE 'qa%' -- of the testers` },
        { table: keeps.flags },
        { table: keeps.withoutKey },
      ];
      const scripts = [scriptOf(`UPDATE orders SET note = 'by the script';`)];
      const backup = await rig.dump('source', formats.quick);
      const plan = rig.planOf(rig.context('uat', { backup, placed: { keep, scripts } }));
      const { outcome, checkpoint } = await rig.walk(plan);
      assert.deepEqual(outcome, { end: 'succeeded' });

      const now = await live(keeps.users);
      assert.deepEqual([now[1], now[5]], before.slice(0, 2));
      assert.deepEqual(await live('SELECT id FROM users ORDER BY id'), ['1', '2', '3', '4', '5', '9001']);
      const plans = `SELECT concat(name, ' ', plan) FROM users WHERE id IN (1, 9001) ORDER BY id`;
      assert.deepEqual(await live(plans), ['user 1 free', 'qa new free']);
      assert.deepEqual(await live('SELECT name FROM flags ORDER BY name'), ['dark', 'USED']);
      assert.deepEqual(await live(`SELECT at FROM ${keeps.withoutKeyQuoted}`), ['2', '2']);
      assert.deepEqual(await live('SELECT line FROM log'), [], 'no trigger has fired');
      assert.deepEqual(await live(`SELECT count(*) FROM orders WHERE note = 'by the script'`), ['5']);
      await live(`INSERT INTO users (name) VALUES ('next')`);
      const next = await live(`SELECT id FROM users WHERE name LIKE 'next%'`);
      assert.deepEqual(next, ['9002'], 'numbers go on behind');
      assert.deepEqual(await live('SELECT line FROM log'), ['fired'], 'and now they do');

      const told = checkpoint.swapped.get('uat')!;
      assert.deepEqual(told.keeps, [
        `users where name LIKE 'qa%' -- of the testers: 2 rows`,
        `${keeps.flags}: 2 rows`,
        `${keeps.withoutKey}: 2 rows`,
      ]);
      assert.match((told.notCarried as string[]).join(), /column "gone" of the kept rows of users/);
      const steps = plan.steps.map(({ id }) => id);
      assert.ok(steps.indexOf('uat.keep-rows') > steps.indexOf('uat.script-1'));
      assert.ok(steps.indexOf('uat.keep-rows') < steps.indexOf('uat.verify'));
      await rig.server.drop(plan.items[0]!.oldName);
    });

    it('that do not fit fail before the swap, in words without a value, and leave the target as it was', async () => {
      const teams = `CREATE TABLE teams (id int PRIMARY KEY); CREATE TABLE members (id int PRIMARY KEY, team int,
        CONSTRAINT of_team FOREIGN KEY (team) REFERENCES teams (id) ON DELETE CASCADE); INSERT INTO teams VALUES (2)`;
      await rig.server.asOwner(
        'orders_uat',
        `${teams}; UPDATE users SET name = 'SECRET-4711' WHERE id = 9001; CREATE TABLE only_here (id int PRIMARY KEY);
         INSERT INTO flags (name) VALUES ('lost'); UPDATE users SET flag = 'lost', name = concat('x', id) WHERE id = 3`,
      );
      // A trigger may have had its way with it.
      const [secret] = await live('SELECT name FROM users WHERE id = 9001');
      await rig.server.ask(
        'source',
        `${teams}, (1); INSERT INTO members VALUES (1, 1), (2, 2);
         INSERT INTO users (name, flag) VALUES ('${secret}', 'used'); DELETE FROM log; ALTER TABLE log ADD must text NOT NULL`,
      );
      const backup = await rig.dump('source', formats.quick);
      const plan = rig.planOf(rig.context('uat', { backup }));
      const item = plan.items[0]!;
      // As it is after the load.
      const { checkpoint } = await rig.walk({
        ...plan,
        steps: plan.steps.filter(({ stage }) => stage === 'load'),
      });
      const cases: [KeptRows, code: string, RegExp][] = [
        [{ table: 'nowhere' }, 'keep-table-missing', /"nowhere" .* the live database has no such table/],
        [{ table: 'users', where: 'no = 1' }, 'keep-refused', /a column that it names does not exist/],
        [{ table: 'only_here' }, 'keep-table-missing', /"only_here" .* the backup has no such table/],
        [{ table: 'log' }, 'keep-column-missing', /its column "must" must have a value/],
        [{ table: keeps.withoutKey, where: 'at = 2' }, 'keep-key-missing', /without a primary key/],
        [{ table: 'users', where: 'id = 9001' }, 'keep-misfit', /twice in a unique column .*"one_name"/],
        [{ table: 'users', where: 'id = 3' }, 'keep-misfit', /a foreign key has no partner.*"of_flag"/],
        [{ table: 'users' }, 'keep-misfit', /a foreign key has no partner.*"of_(?:flag|user)"/],
        // They would be gone as well, and nobody would know.
        [{ table: 'teams' }, 'keep-misfit', /rows of "members" .*"of_team"/],
      ];
      const fresh = () => rig.server.ask(item.newName, keeps.users);
      const before = await fresh();
      for (const [kept, code, cause] of cases) {
        const refusal = await failure(keepRows(plan, [kept]));
        assert.deepEqual([refusal.kind, refusal.code], ['Command', code], refusal.message);
        assert.match(refusal.message, cause);
        assert.doesNotMatch(JSON.stringify(refusal) + refusal.message, /SECRET/);
        assert.deepEqual(await fresh(), before, 'all of it or nothing');
      }
      assert.equal(checkpoint.swapped.size, 0);
      await engine.abandon(rig.access, item, plan.run, 1000);
      const context = rig.context('uat', { backup, placed: { keep: [cases[0]![0]] } });
      const [problem] = (await engine.inspect(rig.access, context)).problems;
      assert.equal(problem?.code, 'keep-table-missing', 'it is known before anybody is asked');
    });

    /** The act alone, from the target into the new database of a run. */
    function keepRows({ run, items }: Plan, keep: readonly KeptRows[]) {
      const step: ActStep = {
        kind: 'act',
        id: 'uat.keep-rows',
        stage: 'configure',
        title: 'Keep rows',
        weight: 1,
        name: 'keep-rows',
        server: rig.site.name,
        args: { keep },
      };
      return engine.act(step, {
        access: rig.access,
        program: () => rig.here.program,
        run,
        fence: 1000,
        item: items[0]!,
        results: {},
        signal: new AbortController().signal,
        progress: () => undefined,
      });
    }
  });
}
