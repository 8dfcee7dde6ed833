import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { channels, dana } from '../../src/sandbox/cast.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { bootIdOf, secondSshd, sshdSessions } from '../rig/host-faults.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import type { SiteText } from '../rig/site.ts';
import { over, patience, type TakingTurns, takeTurns } from '../rig/taking-turns.ts';
import { until } from '../until.ts';
import { onPostgres } from '../rig/vendors.ts';
import { span } from './durations.ts';

export const hostFaults: Suite = (rigOf) => {
  describe('faults of database hosts', function () {
    this.timeout(600_000);
    let rig: Rig;
    let turns: TakingTurns;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(2);
      turns = await takeTurns(rig, onPostgres);
    });
    afterEach(() => rig.tools.openAll());

    const test = () => rig.sandbox.hosts.hosts['test-db'];
    const operators = () => rig.sandbox.slack.messages(channels.operators);
    const alertsOf = (pattern: RegExp) => operators().filter(({ text }) => pattern.test(text));

    it('its sshd stands still during the load: the run goes on afterwards, and nothing else waits', async () => {
      const { request, run, content } = await turns.inLoad();
      const stopped = await sshdSessions(test());
      assert.ok(stopped.length > 0);
      for (const pid of stopped) process.kill(pid, 'SIGSTOP');
      try {
        const wakes = sleep(span(8, 120) * 1000);
        // The load ends on its host while nobody hears of it.
        await rig.tools.open(turns.load);
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
      await turns.endsAs(request, 'succeeded');
      const starts = await turns.startsOf(run);
      assert.equal(starts.filter((step) => step.startsWith(turns.load)).length, 1);
      assert.equal(new Set(starts).size, starts.length);
      await turns.holds(content);
    });

    it('another host key: nothing is sent, the operators are told once, and the run goes on by Retry', async () => {
      const impostor = await secondSshd(test(), join(rig.folder, 'impostor'), ['LogLevel DEBUG3']);
      const { request, run, content } = await turns.inLoad();
      const before = alertsOf(/Host test-db/).length;
      rig.wire.leadTo(impostor.port);
      rig.wire.cut();
      try {
        await until('the host is told of', () => alertsOf(/Host test-db/).length > before, patience);
        await turns.endsAs(request, 'fenced');
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

      await turns.retries(request);
      await turns.endsAs(request, 'succeeded');
      const loads = (await turns.startsOf(run)).filter((step) => step.startsWith(turns.load));
      assert.deepEqual(
        loads,
        [turns.load, `${turns.load}.3`],
        'what ran meanwhile was ended before it was begun anew',
      );
      await until(
        'the host is well',
        async () => (await rig.store.note('host-alert test-db')) === undefined,
        patience,
      );
      await turns.holds(content);
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
