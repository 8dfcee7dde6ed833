import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import { channels, dana, otto } from '../../src/sandbox/cast.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../rig/until.ts';
import { some } from './durations.ts';

export const cancelled: Suite = (rigOf) => {
  describe('cancel in each step of a run', function () {
    this.timeout(120_000);
    let rig: Rig;
    let old: string;
    let wanted: string;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(1);
      old = await contentOf(rig, 'orders_dev');
      wanted = await contentAfter(rig, await backupIn(rig, 'nightly', '.dump'), 'dev');
    });
    afterEach(async () => {
      rig.transferWire.thaw();
      await rig.tools.openAll();
    });

    async function ask(who = dana): Promise<RequestId> {
      return rig.ask('dev', { who, backup: (await backupIn(rig, 'nightly', '.dump')).id });
    }

    /** Says so in Slack; answers what only who said it then sees. */
    async function cancel(request: RequestId, who = dana): Promise<string> {
      const since = rig.stage.whispers(who);
      await rig.sandbox.slack.command(who.slack, channels.refreshes, `cancel ${request}`, {
        command: '/refresh',
      });
      return (await rig.stage.whispered(who, since)).text;
    }

    it('ends a request that waits for its approval', async () => {
      const request = await rig.ask('uat');
      await cancel(request);
      assert.equal((await rig.until(request, ['cancelled'])).state, 'cancelled');
      assert.equal(await rig.store.runs.ofRequest(request), undefined);
    });

    it('ends an approved request that waits for its target', async () => {
      await rig.tools.close('orders.load');
      const first = await ask();
      await rig.step(first, 'orders.load');
      const second = await ask(otto);
      await cancel(second, otto);
      await rig.until(second, ['cancelled']);
      assert.equal((await rig.store.requests.get(first))?.state, 'running');
      await cancel(first);
      await rig.until(first, ['cancelled']);
      assert.equal(await contentOf(rig, 'orders_dev'), old);
    });

    const stops: Record<string, (rig: Rig) => Promise<void> | void> = {
      check: () => undefined,
      'fetch-grant': () => undefined,
      fetch: ({ transferWire }) => transferWire.freeze(),
      create: () => undefined,
      load: ({ tools }) => tools.close('orders.load'),
      'script-1': ({ tools }) => tools.close('orders.script-1'),
    };
    for (const [step, hold] of some(Object.entries(stops), 2)) {
      it(`ends the run in "${step}"; the target is as it was, and nothing is left`, async () => {
        await hold(rig);
        const request = await ask();
        const { run } = await rig.step(request, `orders.${step}`);
        if (step === 'load' || step === 'script-1') await rig.tools.started(run, `orders.${step}`);
        await cancel(request);
        await rig.until(request, ['cancelled', 'succeeded', 'failed', 'fenced'], 60);
        assert.equal((await rig.store.requests.get(request))?.state, 'cancelled');
        await checkInvariants(rig, { targets: { orders_dev: [old] } });
      });
    }

    // Close to the swap the run may be faster than the word: then it is told so, and the run goes on to its end.
    for (const step of some(['verify', 'swap', 'tidy'], 1)) {
      it(`is either in time or refused in "${step}"`, async () => {
        const request = await ask();
        await rig.step(request, `orders.${step}`);
        const said = await cancel(request);
        const { state } = await rig.until(request, ['cancelled', 'succeeded', 'failed', 'fenced'], 60);
        const now = await contentOf(rig, 'orders_dev');
        if (state === 'cancelled') {
          assert.notEqual(step, 'tidy');
          assert.equal(now, old);
        } else {
          assert.equal(state, 'succeeded', said);
          assert.equal(now, wanted);
          assert.match(said, /already swapping|is succeeded/);
        }
        await checkInvariants(rig, { targets: { orders_dev: [now] } });
        old = now;
      });
    }

    it('shows in Slack and in Jira', async () => {
      const request = await ask();
      await rig.step(request, 'orders.check');
      await cancel(request);
      await rig.until(request, ['cancelled']);
      await rig.stage.card(request, /cancelled/i);
      await until('the issue is cancelled', () =>
        rig.sandbox.jira
          .issues()
          .some((issue) => issue.status === 'Cancelled' && JSON.stringify(issue).includes(request)),
      );
    });
  });
};
