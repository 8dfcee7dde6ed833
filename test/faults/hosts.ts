import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backup } from '../../src/domain/backup.ts';
import type { RequestId } from '../../src/domain/ids.ts';
import type { RequestState } from '../../src/domain/request.ts';
import { channels, dana, otto } from '../../src/sandbox/cast.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { holdSwap, swapPoints } from '../rig/held-swap.ts';
import { killStep, reboot, secondSshd, sshdSessions } from '../rig/host-faults.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import type { SiteText } from '../rig/site.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../rig/until.ts';
import { inLongForm, some, span } from './durations.ts';

const load = 'orders.load';
const over: readonly RequestState[] = ['succeeded', 'failed', 'fenced', 'cancelled'];
/** Seconds; for a machine that does much else. */
const patience = 240;
const bootIdOf = ({ folder }: Sandbox) => join(folder, 'boot-id');

export const hostFaults: Suite = (rigOf) => {
  describe('faults of database hosts', function () {
    this.timeout(600_000);
    let rig: Rig;
    let backups: { backup: Backup; content: string }[];
    let old: string;
    let turn = 0;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(2);
      backups = [];
      for (const [repository, ending] of [
        ['nightly', '.dump'],
        ['anonymised', '.dump'],
      ] as const) {
        const backup = await backupIn(rig, repository, ending);
        backups.push({ backup, content: await contentAfter(rig, backup, 'dev') });
      }
    });
    beforeEach(async () => {
      old = await contentOf(rig, 'orders_dev');
    });
    afterEach(() => rig.tools.openAll());

    /** Each time another backup than the last, so that old and new differ. */
    function next() {
      turn += 1;
      return backups[turn % backups.length]!;
    }

    async function another() {
      const { backup, content } = next();
      return { request: await rig.ask('dev', { backup: backup.id }), content };
    }

    async function ask() {
      const asked = await another();
      return { ...asked, run: await rig.runOf(asked.request) };
    }

    async function inLoad() {
      await rig.tools.close(load);
      const asked = await ask();
      await rig.tools.started(asked.run, load, patience);
      return asked;
    }

    async function endsAs(request: RequestId, state: 'succeeded' | 'failed' | 'fenced') {
      const ended = await rig.until(request, over, patience);
      assert.equal(ended.state, state, JSON.stringify((await rig.store.events.ofRequest(request)).slice(-8)));
    }

    async function startsOf(run: string): Promise<string[]> {
      return (await rig.tools.starts()).filter((one) => one.run === run).map(({ step }) => step);
    }

    const test = () => rig.sandbox.hosts.hosts['test-db'];
    const operators = () => rig.sandbox.slack.messages(channels.operators);
    const alertsOf = (pattern: RegExp) => operators().filter(({ text }) => pattern.test(text));
    const isOpen = async () => {
      const client = await test().connect('postgres');
      const { rows } = await client.query<{ open: boolean }>(
        `select datallowconn as open from pg_database where datname = 'orders_dev'`,
      );
      await client.end();
      return rows[0]?.open;
    };

    async function retries(request: RequestId): Promise<void> {
      const before = (await rig.store.requests.get(request))!.state;
      const alert = await rig.stage.alert(request, /Retry/, patience);
      await rig.stage.press(otto, alert, 'retry');
      await rig.until(
        request,
        (['approved', 'running', ...over] as const).filter((state) => state !== before),
      );
    }

    /** A trace of the half that a load has done: whoever goes on with that half keeps it. */
    async function leaveHalf(run: string): Promise<void> {
      await test().sql(`orders_dev__new_${run}`, 'create table public.left_behind (n integer)');
    }

    const losses = {
      'its process group killed on the host': (run: string, step: string) => killStep(rig, run, step),
      'its host booted anew': () => reboot(rig, bootIdOf(rig.sandbox)),
    };
    type Lose = (run: string, step: string) => Promise<void>;
    const lost = [
      (what: string, lose: Lose) => {
        it(`the load with ${what}: what it half did is taken back, and it is done anew, once`, async () => {
          const { request, run, content } = await inLoad();
          await leaveHalf(run);
          await lose(run, load);
          await rig.tools.started(run, `${load}.2`, patience);
          await endsAs(request, 'succeeded');
          const starts = await startsOf(run);
          assert.equal(starts.filter((step) => step.startsWith(load)).length, 2);
          assert.equal(new Set(starts).size, starts.length, 'no name of a step was started twice');
          assert.equal(await contentOf(rig, 'orders_dev'), content);
          await checkInvariants(rig, { targets: { orders_dev: [content] } });
        });
      },
      (what: string, lose: Lose) => {
        it(`the load with ${what} twice: failed with an alert, the target as it was; a retry ends well`, async () => {
          await rig.tools.close(`${load}.2`);
          const { request, run, content } = await inLoad();
          await lose(run, load);
          await rig.tools.started(run, `${load}.2`, patience);
          await leaveHalf(run);
          await lose(run, `${load}.2`);
          await endsAs(request, 'failed');
          assert.equal(await contentOf(rig, 'orders_dev'), old);
          await rig.stage.alert(request, /was lost twice on host.*test-db/, patience);
          await checkInvariants(rig, { targets: { orders_dev: [old] } });
          await retries(request);
          await endsAs(request, 'succeeded');
          await checkInvariants(rig, { targets: { orders_dev: [content] } });
        });
      },
    ];
    for (const [what, lose] of Object.entries(losses)) {
      for (const test of some(lost, 1)) test(what, lose);
    }

    const harms = {
      'its worker killed': async ({ worker }: { worker: string; pid: number }) => {
        await rig.workerNamed(worker).kill();
        rig.startWorker();
      },
      'its session on the server ended': ({ pid }: { pid: number }) =>
        test().sql('postgres', `select pg_terminate_backend(${pid})`),
      'the server killed below it': ({ pid }: { pid: number }) => void process.kill(pid, 'SIGKILL'),
    };
    for (const point of swapPoints) {
      for (const [what, harm] of some(Object.entries(harms), 1)) {
        it(`the swap with ${what} ${point}: it is done once, by oids`, async () => {
          const held = await holdSwap(test(), 'orders_dev', point);
          try {
            const { request, run, content } = await ask();
            const { worker } = await rig.step(request, 'orders.swap', patience);
            const pid = await held.reached(run);
            assert.equal(await isOpen(), false, 'it is closed and has its name still');
            await harm({ worker, pid });
            if (harm === harms['its worker killed']) await rig.resumed(request, new Set([worker]), patience);
            await held.release();
            await endsAs(request, 'succeeded');
            const swapped = await rig.store.events.ofRequest(request, ['item-swapped']);
            assert.equal(swapped.length, 1);
            const starts = await startsOf(run);
            assert.equal(new Set(starts).size, starts.length);
            await checkInvariants(rig, { targets: { orders_dev: [content] } });
          } finally {
            await held.release();
          }
        });
      }
    }

    inLongForm(
      'the swap whose new database somebody drops when the live one is closed: the old one is open again',
      async () => {
        const held = await holdSwap(test(), 'orders_dev', 'between closing and renaming');
        try {
          const { request, run } = await ask();
          await rig.step(request, 'orders.swap', patience);
          const pid = await held.reached(run);
          await test().sql('postgres', `select pg_terminate_backend(${pid})`);
          await test().sql('postgres', `drop database "orders_dev__new_${run}" with (force)`);
          await held.release();
          await endsAs(request, 'failed');
          await rig.stage.alert(request, /The live database was not touched/, patience);
          await checkInvariants(rig, { targets: { orders_dev: [old] } });
        } finally {
          await held.release();
        }
      },
    );

    it('the swap whose server refuses us when the live one is closed: fenced, flagged, told; Retry leads out', async () => {
      const held = await holdSwap(test(), 'orders_dev', 'between closing and renaming');
      try {
        const { request, run } = await inLoad();
        const { request: second, content: last } = await another();
        await rig.tools.open(load);
        await rig.step(request, 'orders.swap', patience);
        const pid = await held.reached(run);
        await test().sql('postgres', 'alter role freshet_admin nologin');
        await test().sql('postgres', `select pg_terminate_backend(${pid})`);
        await held.release();
        await endsAs(request, 'fenced');
        assert.equal(await isOpen(), false, 'nobody can log in');
        await rig.stage.alert(request, /How the target stands is not known; the run keeps it/, patience);
        assert.equal(
          (await rig.store.requests.get(second))?.state,
          'approved',
          'nobody else gets the target',
        );
        await test().sql('postgres', 'alter role freshet_admin login');
        await retries(request);
        await endsAs(request, 'succeeded');
        await endsAs(second, 'succeeded');
        await checkInvariants(rig, { targets: { orders_dev: [last] } });
      } finally {
        await test().sql('postgres', 'alter role freshet_admin login');
        await held.release();
      }
    });

    it('its sshd stands still during the load: the run goes on afterwards, and nothing else waits', async () => {
      const { request, run, content } = await inLoad();
      const stopped = await sshdSessions(test());
      assert.ok(stopped.length > 0);
      for (const pid of stopped) process.kill(pid, 'SIGSTOP');
      try {
        const wakes = sleep(span(8, 120) * 1000);
        // The load ends on its host while nobody hears of it.
        await rig.tools.open(load);
        const other = await rig.ask('ci');
        assert.equal(
          (await rig.until(other, over, patience)).state,
          'succeeded',
          'the other host is as quick as ever',
        );
        const since = rig.stage.whispers(dana);
        await rig.stage.type(dana, '/refresh', `status ${request}`);
        await rig.stage.whispered(dana, since, new RegExp(request));
        await wakes;
      } finally {
        for (const pid of stopped) process.kill(pid, 'SIGCONT');
      }
      await endsAs(request, 'succeeded');
      const starts = await startsOf(run);
      assert.equal(starts.filter((step) => step.startsWith(load)).length, 1);
      assert.equal(new Set(starts).size, starts.length);
      await checkInvariants(rig, { targets: { orders_dev: [content] } });
    });

    it('another host key: nothing is sent, the operators are told once, and the run goes on by Retry', async () => {
      const impostor = await secondSshd(test(), join(rig.folder, 'impostor'), ['LogLevel DEBUG3']);
      const { request, run, content } = await inLoad();
      const before = alertsOf(/Host test-db/).length;
      rig.wire.leadTo(impostor.port);
      rig.wire.cut();
      try {
        await until('the host is told of', () => alertsOf(/Host test-db/).length > before, patience);
        await endsAs(request, 'fenced');
        await rig.stage.alert(request, /showed the key SHA256:/, patience);
        const meets = rig.wire.accepted() + 1;
        await until('it is met again and again', () => rig.wire.accepted() > meets, patience);
        await sleep(span(2, 30) * 1000);
      } finally {
        rig.wire.leadTo(test().port);
      }
      const told = alertsOf(/Host test-db/).slice(before);
      assert.equal(told.length, 1, 'once, however often it is met');
      assert.match(told[0]!.text, /showed the key SHA256:\S+, but SHA256:\S+ is pinned; nothing was sent/);
      assert.match(told[0]!.text, /Only if it was changed on purpose, pin the new key in the site file/);
      const said = await readFile(impostor.log, 'utf8');
      const packets = [...said.matchAll(/receive packet: type (\d+)/g)].map(([, type]) => Number(type));
      assert.ok(
        packets.includes(keyExchange.init) && packets.includes(keyExchange.ecdh),
        'it was really met',
      );
      assert.deepEqual(
        packets.filter((type) => !Object.values(keyExchange).includes(type)),
        [],
        'neither a service nor a login was asked for, and no channel opened',
      );
      assert.ok(!said.includes('userauth'), 'not even the name of the user');

      await retries(request);
      await endsAs(request, 'succeeded');
      const loads = (await startsOf(run)).filter((step) => step.startsWith(load));
      assert.deepEqual(loads, [load, `${load}.3`], 'what ran meanwhile was ended before it was begun anew');
      await until(
        'the host is well',
        async () => (await rig.store.note('host-alert test-db')) === undefined,
        patience,
      );
      await checkInvariants(rig, { targets: { orders_dev: [content] } });
    });
  });
};

/** Numbers of packets that can come before a login (RFC 4253); 5 would ask for a service, 50 be a login. */
const keyExchange = { disconnect: 1, ignore: 2, debug: 4, init: 20, newKeys: 21, ecdh: 30 };

/** CI's database lies on the same machine, and is reached by another sshd as another host; the boot id of `test-db` is a file's. */
export async function withSecondHost(site: SiteText, sandbox: Sandbox): Promise<void> {
  const { 'test-db': host } = sandbox.hosts.hosts;
  const { port, hostKey } = await secondSshd(host, join(sandbox.folder, 'second-sshd'));
  site.hosts['second-db'] = { ...site.hosts['test-db'], port, hostKey } as SiteText['hosts'][string];
  const servers = site.servers as Record<string, { host: string }>;
  servers['second-pg'] = { ...servers['test-pg'], host: 'second-db' };
  site.environments.ci!.databases.orders!.server = 'second-pg';
  const conf = join(host.root, 'opt/freshet/host.conf');
  const text = await readFile(conf, 'utf8');
  const server = /^server test-pg (.*)$/m.exec(text)![1];
  await writeFile(conf, text.replace('target ci-orders server=test-pg', 'target ci-orders server=second-pg'));
  await appendFile(conf, `server second-pg ${server}\nboot-id ${bootIdOf(sandbox)}\n`);
  await writeFile(bootIdOf(sandbox), 'booted-first\n');
}
