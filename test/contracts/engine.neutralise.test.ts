import assert from 'node:assert/strict';
import { readPacks, toNeutralising, type Packs } from '../../config/packs.ts';
import type { Plan } from '../../runners/plan.ts';
import { explain, type FreshetError, isFreshetError } from '../../src/domain/errors.ts';
import type { Placement } from '../../src/domain/site.ts';
import { benches } from '../runners/benches.ts';
import { scriptOf, type ToldNeutral } from '../runners/engine-bench.ts';
import { type Rig, startRig } from '../runners/engine-rig.ts';
import { needs } from '../skip.ts';

for (const bench of benches) {
  const { engine, formats, worlds } = bench;

  describe(`engine contract: neutralising (${engine.name})`, function () {
    this.timeout(60_000);
    let rig: Rig;
    let packs: Packs;
    let backup: Awaited<ReturnType<Rig['dump']>>;
    /** A run that has loaded, and nothing more. */
    let loaded: Plan;

    before(async function () {
      needs(this, 'openssh-server', ...bench.needs);
      rig = await startRig(bench, { databases: { uat: 'orders_uat', dev: 'orders_dev' } });
      packs = await readPacks();
      await rig.server.make('orders_uat', { which: ['old'] });
      await rig.server.make('orders_dev');
      await worlds.make(rig.server, 'world');
      backup = await rig.dump('world', formats.quick);
      loaded = rig.planOf(rig.context('dev', { backup }));
      await rig.walk({ ...loaded, steps: loaded.steps.filter(({ stage }) => stage === 'load') });
    });

    after(async () => {
      await rig?.stop();
    });

    /** A placement as the site file's words make it; files by what stands in them. */
    function placed({ told, files = {} }: ToldNeutral): Pick<Placement, 'neutralise'> {
      const scripts = new Map(
        Object.entries(files).map(([path, text]) => [path, scriptOf(text, path)] as const),
      );
      return { neutralise: toNeutralising(told, engine.name, { packs, scripts }) };
    }

    /** Its steps alone, or those of this name, in the database that was loaded. */
    async function tried(told: ToldNeutral, named: RegExp): Promise<FreshetError | undefined> {
      const { steps } = engine.steps(rig.context('dev', { backup, placed: placed(told) }));
      try {
        for (const step of steps) {
          if (step.kind !== 'act' || !named.test(step.name)) continue;
          await engine.act(step, {
            access: rig.access,
            program: () => rig.here.program,
            run: loaded.run,
            fence: 1,
            item: loaded.items[0]!,
            results: {},
            signal: new AbortController().signal,
            progress: () => undefined,
          });
        }
      } catch (error) {
        assert.ok(isFreshetError(error, 'Command'), String(error));
        // What a row holds is nobody's to read.
        assert.doesNotMatch(explain(error), /ada@|sk_live/);
        return error;
      }
      return undefined;
    }

    async function refusal(told: ToldNeutral, named = /neutral/): Promise<FreshetError> {
      const refused = await tried(told, named);
      assert.ok(refused, 'it was taken');
      return refused;
    }

    it('each pack finds what is not so where nothing was done', async () => {
      const { first, found, told, allowed } = worlds.untouched;
      for (const one of first) await rig.server.ask(loaded.items[0]!.newName, one);
      const open: string[] = [];
      for (const [pack, words] of Object.entries(told)) {
        const { code, message } = await refusal({ told: { [pack]: words } }, /^prove-neutral$/);
        assert.equal(code, 'not-neutral');
        open.push(/^The copy could act on the world: (.*)\.$/.exec(message)?.[1] ?? message);
      }
      assert.deepEqual(open, found);
      if (allowed !== undefined) assert.equal(await tried({ told: allowed }, /^prove-neutral$/), undefined);
    });

    for (const { title, code, cause, hint, first, ...told } of worlds.failing) {
      it(`refuses where one ${title}`, async () => {
        if (first !== undefined) await rig.server.ask(loaded.items[0]!.newName, first);
        const error = await refusal(told);
        assert.equal(error.code, code, error.message);
        assert.match(error.message, cause);
        if (hint !== undefined) assert.match(error.hint, hint);
      });
    }

    it('ends the run before its swap where an assertion does not hold', async () => {
      const there = await rig.server.databases();
      const told = placed({ told: { urls: { hosts: ['pay.example.com'] } } });
      const { outcome } = await rig.walk(rig.planOf(rig.context('uat', { backup, placed: told })));
      assert.ok(outcome.end === 'failed', JSON.stringify(outcome));
      assert.deepEqual([outcome.step.id, outcome.code], ['uat.prove-neutral', 'not-neutral']);
      const live = await rig.server.ask('orders_uat', 'SELECT one FROM which');
      assert.deepEqual(live, ['old'], 'the live database is the one it was');
      assert.deepEqual(await rig.server.databases(), there);
    });

    it('is proven behind all that writes to the copy', () => {
      const { neutralise = [] } = placed({
        told: { 'mail-queue': { tables: ['mail_queue'] }, files: [{ sql: 'own.sql', assert: 'holds.sql' }] },
        files: { 'own.sql': 'SELECT 1', 'holds.sql': 'SELECT true' },
      });
      const all = { neutralise, scripts: [scriptOf('SELECT 1')], keep: [{ table: 'flags' }] };
      const { steps } = engine.steps(rig.context('uat', { backup, placed: all }));
      const order = steps.map(({ id }) => id.replace('uat.', ''));
      const own = ['create', 'list', 'contents', 'digest', 'digest-again', 'compare', 'shut'];
      assert.deepEqual(
        order.slice(order.indexOf('load')).filter((id) => !own.includes(id)),
        [
          'load', 'script-1', 'keep-rows', 'neutralise-mail-queue', 'neutralise-file-2', 'verify', 'prove-neutral',
          'carry', 'swap', 'tidy',
        ],
      ); // prettier-ignore
    });

    if (worlds.breakIn !== undefined)
      it('lets nobody in between proof and swap; where somebody got in all the same, it is not swapped', async () => {
        const told = placed({ told: { 'mail-queue': { tables: ['mail_queue'] } } });
        const plan = rig.planOf(rig.context('uat', { backup, placed: told }));
        const { newName } = plan.items[0]!;
        let refused: unknown;
        const { outcome } = await rig.walk(plan, {
          keepsFailed: true,
          async before(line) {
            if (line === 'started uat.swap') refused = await worlds.breakIn?.(rig.server, newName);
          },
        });
        assert.ok(refused instanceof Error, 'somebody got in');
        assert.ok(outcome.end === 'failed', JSON.stringify(outcome));
        assert.deepEqual([outcome.step.id, outcome.code], ['uat.swap', 'copy-opened']);
        assert.deepEqual(await rig.server.ask('orders_uat', 'SELECT one FROM which'), ['old']);
        assert.ok(!(await rig.server.databases()).includes(newName), 'no retry goes on from it');
      });

    it('packs and own files are done and proven before the swap, and tell what they did', async () => {
      const scripts = worlds.whole.script === undefined ? [] : [scriptOf(worlds.whole.script)];
      const context = rig.context('uat', { backup, placed: { ...placed(worlds.whole), scripts } });
      const { outcome, checkpoint } = await rig.walk(rig.planOf(context));
      assert.deepEqual(outcome, { end: 'succeeded' });
      for (const [sql, answers] of worlds.afterwards)
        assert.deepEqual(await rig.server.ask('orders_uat', sql), answers, sql);
      assert.deepEqual(checkpoint.rows.get('uat.prove-neutral')?.result, { neutralised: worlds.did });
    });
  });
}
