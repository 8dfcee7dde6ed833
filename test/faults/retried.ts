import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequestId } from '../../src/domain/ids.ts';
import { dana, quinn } from '../../src/sandbox/cast.ts';
import { checkInvariants } from '../rig/invariants.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { peopleOf } from '../rig/people.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { SiteText } from '../rig/site.ts';
import type { Suite } from '../rig/suites.ts';
import { stock, tellOfStock } from '../rig/second-database.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { inLongForm, some } from './durations.ts';

const first = "comment on schema shop is 'first'";
const second = "comment on table shop.orders is 'second'";
const broken = "comment on table shop.nowhere is 'second'";

const scriptsIn = ({ folder }: Sandbox) => ({
  first: join(folder, 'first.sql'),
  second: join(folder, 'second.sql'),
});

/** What `retried` needs of the site file: two databases, UAT's scripts, and a short time for what a failed run of dev leaves. */
export async function siteToRetry(site: SiteText, sandbox: Sandbox): Promise<void> {
  tellOfStock(site);
  const scripts = scriptsIn(sandbox);
  await writeFile(scripts.first, first);
  await writeFile(scripts.second, broken);
  site.environments.uat!.databases.orders!.scripts = [scripts.first, scripts.second];
  site.environments.dev!.keepFailed = '6s';
}

export const retried: Suite = (rigOf) => {
  describe('a retry after a failure', function () {
    this.timeout(600_000);
    let rig: Rig;
    let scripts: ReturnType<typeof scriptsIn>;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      scripts = scriptsIn(rig.sandbox);
    });
    afterEach(() => rig.tools.openAll());

    /** How often each step's tools were started for the request, over all attempts. */
    async function starts(request: RequestId, step: string): Promise<number> {
      const run = await rig.runOf(request);
      const own = new RegExp(`^${step}(?:\\.\\d+)?$`);
      return (await rig.tools.starts()).filter((one) => one.run === run && own.test(one.step)).length;
    }

    async function failed(request: RequestId): Promise<string> {
      const { state } = await rig.until(request, ['failed', 'succeeded', 'fenced', 'cancelled'], 240);
      assert.equal(state, 'failed', JSON.stringify(await rig.store.events.ofRequest(request)));
      const said = (await rig.store.events.ofRequest(request, ['run-failed'])).at(-1);
      return said?.type === 'run-failed' ? said.hint : '';
    }

    async function retry(request: RequestId): Promise<void> {
      await peopleOf(rig).type(dana, `retry ${request}`);
      await until(
        'it is retried',
        async () => (await rig.store.events.ofRequest(request, ['request-retried'])).length > 0,
        240,
      );
    }

    async function succeeded(request: RequestId): Promise<void> {
      await until(
        `${request} has ended`,
        async () => {
          const state = (await rig.store.requests.get(request))?.state;
          return state !== undefined && !['failed', 'pending', 'approved', 'running'].includes(state);
        },
        240,
        async () => JSON.stringify(await rig.store.events.ofRequest(request)),
      );
      assert.equal((await rig.store.requests.get(request))?.state, 'succeeded');
    }

    /** New databases on the server, and whether they let anybody in. */
    async function copies(): Promise<{ name: string; open: boolean }[]> {
      const client = await rig.sandbox.hosts.hosts['test-db'].connect('postgres');
      try {
        const { rows } = await client.query<{ name: string; open: boolean }>(
          `select datname as name, datallowconn as open from pg_database where datname like '%\\_\\_new\\_%'`,
        );
        return rows;
      } finally {
        await client.end();
      }
    }

    /** Fails in its swap: a session stands there that Freshet may not end. */
    async function heldBack(environment: 'ci' | 'dev'): Promise<RequestId> {
      const session = await rig.sandbox.hosts.hosts['test-db'].connect(`orders_${environment}`);
      try {
        const request = await rig.ask(environment);
        assert.match(await failed(request), /Retry goes on from "Swap "orders_/);
        return request;
      } finally {
        await session.end();
      }
    }

    it('goes on from the swap: nothing is loaded twice, and what is kept lets nobody in', async () => {
      const old = await contentOf(rig, 'orders_ci');
      const wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'ci');
      const request = await heldBack('ci');
      const alert = await rig.stage.alert(request, /failed/, 120);
      assert.match(JSON.stringify(alert.blocks), /Retry goes on from/);
      const run = await rig.runOf(request);
      assert.deepEqual(await copies(), [{ name: `orders_ci__new_${run}`, open: false }]);
      await checkInvariants(rig, { targets: { orders_ci: [old] } });
      await retry(request);
      await succeeded(request);
      assert.deepEqual(
        [await starts(request, 'orders.load'), await starts(request, 'orders.script-1')],
        [1, 1],
      );
      assert.equal(await contentOf(rig, 'orders_ci'), wanted);
      await checkInvariants(rig, { targets: { orders_ci: [wanted] } });
    });

    it('goes on in a set where another database had failed', async () => {
      const wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'ci');
      await rig.tools.close('stock.load');
      const request = await rig.ask('ci', { databases: ['orders', stock.database] });
      const run = await rig.runOf(request);
      await rig.tools.started(run, 'stock.load', 240);
      await until(
        'the other one is verified',
        async () => (await rig.store.events.ofRequest(request, ['item-ready'])).length > 0,
        240,
      );
      await killTool('pg_restore', `/${run}/stock.load/`);
      await failed(request);
      assert.deepEqual(await copies(), [{ name: `orders_ci__new_${run}`, open: false }]);
      await rig.tools.openAll();
      await retry(request);
      await succeeded(request);
      assert.deepEqual([await starts(request, 'orders.load'), await starts(request, 'stock.load')], [1, 2]);
      assert.equal(await contentOf(rig, 'orders_ci'), wanted);
      await checkInvariants(rig, { targets: { orders_ci: [wanted] } });
    });

    inLongForm(
      'a newer request of the target drops what was kept; the older one is loaded anew',
      async () => {
        const wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'ci');
        const older = await heldBack('ci');
        const newer = await rig.ask('ci');
        await succeeded(newer);
        assert.deepEqual(await copies(), []);
        await retry(older);
        await succeeded(older);
        assert.equal(await starts(older, 'orders.load'), 2);
        await checkInvariants(rig, { targets: { orders_ci: [wanted] } });
      },
    );

    it('what is kept goes when its time is over, and nothing that is only named alike', async () => {
      const wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'dev');
      const { 'test-db': server } = rig.sandbox.hosts.hosts;
      await server.sql('postgres', 'create database orders_dev__new_abcd2345');
      const request = await heldBack('dev');
      const run = await rig.runOf(request);
      await until('it is dropped', async () => !(await copies()).some(({ name }) => name.includes(run)), 240);
      assert.deepEqual(await copies(), [{ name: 'orders_dev__new_abcd2345', open: true }]);
      await server.sql('postgres', 'drop database orders_dev__new_abcd2345');
      await retry(request);
      await succeeded(request);
      assert.equal(await starts(request, 'orders.load'), 2);
      await checkInvariants(rig, { targets: { orders_dev: [wanted] } });
    });

    describe('with a script that was mended', () => {
      let serve: { stop(): Promise<void> };
      before(() => (serve = rig.serve));

      /** Another process reads the site file, and with it the scripts. */
      async function restarted(): Promise<void> {
        await serve.stop();
        const connections = rig.sandbox.slack.connections();
        serve = rig.start(['serve', '--reconcile', '1']);
        await until('it comes to Slack', () => rig.sandbox.slack.connections() > connections, 240);
      }

      async function approve(request: RequestId): Promise<void> {
        await until(
          'it waits for its approval',
          async () => (await rig.store.requests.get(request))?.state === 'pending',
          240,
        );
        await peopleOf(rig).type(quinn, `approve ${request}`);
      }

      const mends = [
        ['the one that failed: goes on from it', 1],
        ['one that had run: loads anew', 2],
      ] as const;
      for (const [what, load] of some(mends, 1)) {
        it(`${what}, after a new approval`, async () => {
          await writeFile(scripts.first, first);
          await writeFile(scripts.second, broken);
          await restarted();
          const request = await rig.ask('uat');
          await approve(request);
          assert.match(await failed(request), /Retry goes on from "Run .*second\.sql"/);
          await writeFile(scripts.second, second);
          if (load === 2) await writeFile(scripts.first, first.replace("'first'", "'otherwise'"));
          await restarted();
          await retry(request);
          await approve(request);
          await succeeded(request);
          assert.deepEqual(
            [await starts(request, 'orders.load'), await starts(request, 'orders.script-1')],
            [load, load],
          );
          const wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'uat');
          await checkInvariants(rig, { targets: { orders_uat: [wanted] } });
        });
      }
    });
  });
};

/** kill -9 to the tool of a step, and not to what looks after it: a step that dies as a whole is lost, and done again. */
async function killTool(tool: string, mark: string): Promise<void> {
  for (const pid of (await readdir('/proc')).map(Number)) {
    if (!(pid > 0)) continue;
    const about = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    if (!(await about('environ')).includes(`FRESHET_MARK=${mark}`)) continue;
    if ((await about('cmdline')).includes(`host-tools/${tool}`)) process.kill(pid, 'SIGKILL');
  }
}
