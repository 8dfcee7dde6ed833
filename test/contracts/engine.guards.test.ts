import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Engine } from '../../runners/engine.ts';
import { configError } from '../../src/domain/errors.ts';
import { benches } from '../runners/benches.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import { needs } from '../skip.ts';

for (const bench of benches) {
  const { engine, formats } = bench;

  describe(`engine contract: what a crafted backup must not gain (${engine.name})`, function () {
    this.timeout(60_000);
    let rig: Rig;

    before(async function () {
      needs(this, 'openssh-server', ...bench.needs);
      rig = await startRig(bench, { databases: { uat: 'orders_uat', first: 'orders_first' } });
      await rig.server.make('source', { t: Array.from({ length: 100 }, (_, at) => String(at)) });
      await rig.server.make('orders_uat');
    });

    after(async () => {
      await rig?.stop();
    });

    it('makes no database where there was none, as it would be the admin identity’s own', async () => {
      const backup = await rig.dump('source', formats.quick);
      const plan = rig.planOf(rig.context('first', { backup }));
      const { outcome } = await rig.walk(plan);
      assert.ok(outcome.end === 'failed' && outcome.code === 'live-missing', JSON.stringify(outcome));
      assert.ok(!(await rig.server.databases()).some((name) => name.startsWith('orders_first')));
      const seen = await engine.inspect(rig.access, rig.context('first', { backup }));
      assert.deepEqual(
        seen.problems.map(({ code }) => code),
        ['live-missing'],
      );
      assert.match(seen.problems[0]!.hint, /application's/);
    });

    it('goes no further where the live database is dropped in the middle', async () => {
      const backup = await rig.dump('source', formats.quick);
      for (const stage of ['verify', 'swap']) {
        await rig.server.make('orders_first');
        const plan = rig.planOf(rig.context('first', { backup }));
        const at = plan.steps.findLast((step) => step.stage === stage && step.kind === 'act')!;
        const dropping: Engine = {
          ...engine,
          async act(step, context) {
            if (step.id === at.id) await rig.server.drop('orders_first');
            return engine.act(step, context);
          },
        };
        const { outcome } = await rig.walk(plan, { engine: dropping });
        assert.ok(outcome.end === 'failed' && outcome.code === 'live-missing', JSON.stringify(outcome));
        assert.ok(!(await rig.server.databases()).some((name) => name.startsWith('orders_first')));
      }
    });

    it('compares a backup that it read in place once more before anything is swapped', async () => {
      const backup = await rig.dump('source', formats.quick);
      const plan = rig.planOf(rig.context('uat', { backup }));
      const { outcome } = await rig.walk(plan, {
        before(line) {
          // After the first comparison, before the load.
          if (line === 'started uat.load') bench.alter(join(rig.near.root, backup.path));
        },
      });
      assert.ok(outcome.end === 'failed' && outcome.code === 'backup-changed', JSON.stringify(outcome));
      assert.equal(outcome.end === 'failed' && outcome.step.id, 'uat.digest-again');
      assert.ok(!(await rig.server.databases()).includes(plan.items[0]!.newName));
      const far = rig.planOf(rig.context('uat', { backup: { ...backup, repository: 'far' } }));
      assert.ok(!far.steps.some(({ id }) => id === 'uat.digest-again'), 'a fetched copy is out of reach');
    });

    it('counts the room for a fetched backup, and does not take unknown room for none', async () => {
      const backup = await rig.dump('source', formats.quick, rig.far);
      const asked: unknown[] = [];
      const looking = (free: (place: object) => number) => {
        const program = new Proxy(rig.here.program, {
          get: (target, key, self) =>
            key !== 'freeBytes'
              ? (Reflect.get(target, key, self) as unknown)
              : async (place: object) => {
                  asked.push(place);
                  return free(place);
                },
        });
        return engine.inspect({ ...rig.access, program }, rig.context('uat', { backup }));
      };
      const full = await looking((place) => ('run' in place ? backup.bytes - 1 : 1e12));
      assert.deepEqual(
        full.problems.map(({ code }) => code),
        ['no-space'],
      );
      assert.match(full.problems[0]!.message, /free for fetched backups/);
      assert.deepEqual(asked, [{ run: '.' }, { server: rig.site.name }]);
      const unknown = await looking((place) => {
        if ('run' in place) return 1e12;
        throw configError('data-folder-unset', 'It names none.', '');
      });
      assert.deepEqual([unknown.problems, 'freeBytes' in unknown], [[], false]);
      assert.match(
        unknown.warnings.join(),
        new RegExp(`free space of server "${rig.site.name}" is not known`),
      );
    });

    it('lets nobody but the loader into the new database while it is made', async () => {
      const backup = await rig.dump('source', formats.quick);
      const plan = rig.planOf(rig.context('uat', { backup }));
      const { newName, oldName } = plan.items[0]!;
      const made = plan.steps.findLast((step) => step.stage === 'load' && step.kind === 'act')!;
      const seen: unknown[] = [];
      const looking: Engine = {
        ...engine,
        async act(step, context) {
          const result = await engine.act(step, context);
          if (step.id === made.id) seen.push(await rig.server.mayEnter(newName));
          return result;
        },
      };
      const { outcome } = await rig.walk(plan, { engine: looking });
      assert.deepEqual([outcome, seen], [{ end: 'succeeded' }, [{ loader: true, application: false }]]);
      await rig.server.drop(oldName);
    });
  });
}
