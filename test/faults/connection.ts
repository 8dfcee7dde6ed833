import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backup } from '../../src/domain/backup.ts';
import type { RequestId } from '../../src/domain/ids.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import type { SiteText } from '../rig/site.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { inLongForm } from './durations.ts';

/** An upload that takes many packets, so that it can be cut in its middle. */
const scriptBytes = 400_000;
const load = 'orders.load';
const small = 'orders.script-1';
const large = 'orders.script-2';

export const connection: Suite = (rigOf) => {
  describe('the SSH connection between the bot and a host', function () {
    this.timeout(600_000);
    let rig: Rig;
    let backup: Backup;
    let wanted: string;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(2);
      backup = await backupIn(rig, 'nightly', '.dir');
      wanted = await contentAfter(rig, backup, 'dev');
    });
    afterEach(async () => {
      rig.wire.thaw();
      await rig.tools.openAll();
    });

    /** The run succeeds, the hosts started each of its tools once, and the target is exactly the backup. */
    async function endsWell(request: RequestId): Promise<void> {
      const ended = await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled']);
      assert.equal(ended.state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
      const run = await rig.runOf(request);
      const starts = (await rig.tools.starts()).filter((one) => one.run === run).map(({ step }) => step);
      assert.deepEqual(starts, ['orders.contents', 'orders.list', load, small, large]);
      assert.equal(await contentOf(rig, 'orders_dev'), wanted);
      await checkInvariants(rig, { targets: { orders_dev: [wanted] } });
    }

    async function untilTool(step: string): Promise<{ request: RequestId; run: string }> {
      await rig.tools.close(step);
      const request = await rig.ask('dev', { backup: backup.id });
      const run = await rig.runOf(request);
      await rig.tools.started(run, step);
      return { request, run };
    }

    inLongForm(
      'cut in the middle of the upload of a step: nothing of it runs, and it is sent again',
      async () => {
        const { request, run } = await untilTool(small);
        const sent = rig.wire.up();
        const cut = rig.wire.cutAfter(scriptBytes / 2);
        await rig.tools.open(small);
        await cut;
        assert.ok(rig.wire.up() - sent < scriptBytes, 'it was cut before the upload was complete');
        const early = (await rig.tools.starts()).filter((one) => one.run === run && one.step === large);
        assert.deepEqual(early, [], 'a half upload was started');
        await endsWell(request);
      },
    );

    it('cut right after a step was sent, before the answer: it goes on and is not started again', async () => {
      const { request, run } = await untilTool(small);
      await rig.tools.close(large);
      const muted = rig.wire.muteAfter(scriptBytes / 2);
      await rig.tools.open(small);
      await muted;
      await rig.tools.started(run, large);
      rig.wire.cut();
      await rig.tools.open(large);
      await endsWell(request);
    });

    inLongForm('cut during the load, again and again: the load goes on', async () => {
      const { request } = await untilTool(load);
      for (let times = 0; times < 3; times += 1) {
        const before = rig.wire.accepted();
        rig.wire.cut();
        await rig.wire.acceptedMoreThan(before);
      }
      await rig.tools.open(load);
      await endsWell(request);
    });

    inLongForm('silent for 15 s during the load, without an error: the run goes on', async () => {
      const { request } = await untilTool(load);
      rig.wire.freeze();
      // The load ends on its host while nobody hears of it.
      await rig.tools.open(load);
      await sleep(15_000);
      rig.wire.thaw();
      await endsWell(request);
    });
  });
};

/** What `connection` needs of the site file. */
export async function withLargeScript(site: SiteText, { folder }: { folder: string }): Promise<void> {
  const placement = site.environments.dev!.databases.orders!;
  const [common, own] = placement.scripts as [string, string];
  const path = join(folder, 'large.sql');
  const line = `-- ${'how this environment came to be what it is '.repeat(20)}\n`;
  const comment = line.repeat(Math.ceil(scriptBytes / line.length));
  await writeFile(path, `${comment}${await readFile(resolve(folder, own), 'utf8')}`);
  placement.scripts = [common, path];
}
