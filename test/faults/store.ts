import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestId } from '../../src/domain/ids.ts';
import type { Bot } from '../../src/sandbox/bot.ts';
import { channels, dana, quinn } from '../../src/sandbox/cast.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { backupIn, contentAfter } from '../rig/targets.ts';
import { until } from '../until.ts';
import { inLongForm, span } from './durations.ts';

const load = 'orders.load';
/** Seconds; for a machine that does much else. */
const patience = 240;
const outageSeconds = span(5, 30);
/** What is answered to whoever types while nothing can be kept. */
const notKept = /could not make sure that it kept what you asked for/;

export const ownStore: Suite = (rigOf) => {
  describe("the store's own server", function () {
    this.timeout(900_000);
    let rig: Rig;
    let living: Bot[];
    let targets: Record<'orders_dev' | 'orders_uat', [string]>;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(2);
      living = [rig.serve, ...rig.bots.slice(-2)];
      const backup = await backupIn(rig, 'anonymised', '.dump');
      targets = {
        orders_dev: [await contentAfter(rig, backup, 'dev')],
        orders_uat: [await contentAfter(rig, backup, 'uat')],
      };
    });
    afterEach(() => rig.tools.openAll());

    async function untilLoading(): Promise<RequestId> {
      await rig.tools.close(load);
      const request = await rig.ask('dev');
      await rig.tools.started(await rig.runOf(request), load, patience);
      return request;
    }

    /** Its run succeeds, and its load was started once. */
    async function endsWell(request: RequestId): Promise<void> {
      const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled'], patience);
      assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
      const run = await rig.runOf(request);
      const loads = (await rig.tools.starts()).filter((one) => one.run === run && one.step === load);
      assert.equal(loads.length, 1);
    }

    /** Somebody asks, and is told that it may not have been kept. */
    async function askInVain(): Promise<void> {
      const since = rig.stage.whispers(dana);
      await rig.sandbox.slack.command(dana.slack, channels.refreshes, 'ci orders --reason "in vain"', {
        command: '/refresh',
      });
      await rig.stage.whispered(dana, since, notKept);
    }

    it('gone while a database is loading, a request is made and another approved: all is told or comes again, nothing is done twice', async () => {
      const waiting = await rig.ask('uat');
      const key = await rig.stage.issue(waiting, 'Waiting for approval', patience);
      const loading = await untilLoading();
      await rig.storeServer.stop();
      const back = sleep(outageSeconds * 1000);
      // It ends on its host while nobody can write that down.
      await rig.tools.open(load);
      await askInVain();
      rig.sandbox.jira.moveIssue(quinn.jira, key, 'Approved');
      await until('Jira is asked to come again', () =>
        rig.sandbox.jira.deliveries.some(
          ({ issueKey, attempts }) => issueKey === key && attempts.at(-1)?.result === 503,
        ),
      );
      await back;
      await rig.storeServer.start();
      await endsWell(loading);
      await endsWell(waiting);
      await allLive();
      await checkInvariants(rig, { targets });
    });

    inLongForm(
      'silent, without an error, while a database is loading: the run goes on when it answers again',
      async () => {
        const loading = await untilLoading();
        const frozen = familyOf(rig.storeServer.pid());
        for (const pid of frozen) process.kill(pid, 'SIGSTOP');
        const back = sleep(outageSeconds * 1000);
        try {
          await rig.tools.open(load);
          await askInVain();
          await back;
        } finally {
          for (const pid of frozen) process.kill(pid, 'SIGCONT');
        }
        await endsWell(loading);
        await allLive();
        // What was typed may have been kept after all, as was said; then it runs like any other.
        await until(
          'every run has ended',
          async () => {
            // First: what is being done is done before what it made is looked for.
            const isQuiet = (await rig.waitingInbox()) === 0;
            const states = ['approved', 'running'] as const;
            const { total } = await rig.store.requests.list({ states }, { limit: 1, offset: 0 });
            return isQuiet && total === 0;
          },
          patience,
        );
        await checkInvariants(rig, { targets });
      },
    );

    async function allLive(): Promise<void> {
      const ended = await Promise.race([...living.map((bot) => bot.ended), Promise.resolve('none')]);
      assert.equal(ended, 'none', 'a process of Freshet ended');
      await rig.sandbox.slack.waitFor(() => rig.sandbox.slack.connections() > 0, patience * 1000);
    }
  });
};

/** A process and its children. */
function familyOf(parent: number): number[] {
  const children = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent);
  return [parent, ...children];
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It ended while we looked.
    return undefined;
  }
}
