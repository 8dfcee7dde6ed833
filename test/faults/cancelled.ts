import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import { dana, otto } from '../../src/sandbox/cast.ts';
import { holdStep, refreshSteps, type RefreshStep } from '../rig/held-steps.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { peopleOf } from '../rig/people.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { some } from './durations.ts';

/** Seconds; for a machine that does much else. */
const patience = 240;
const over = ['cancelled', 'succeeded', 'failed', 'fenced'] as const;
const tooLate = (request: RequestId) => new RegExp(`${request} is already swapping; it can't be cancelled`);

export const cancelled: Suite = (rigOf) => {
  describe('cancel in each step of a run', function () {
    this.timeout(900_000);
    let rig: Rig;
    let old: string;
    let wanted: string;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      await rig.workers(1);
      old = await contentOf(rig, 'orders_dev');
      // Another one than suites before it may have brought.
      wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'dev');
      assert.notEqual(old, wanted);
    });
    afterEach(async () => {
      await rig.tools.openAll();
      await checkInvariants(rig, { targets: { orders_dev: [old] } });
    });

    async function ask(who = dana): Promise<RequestId> {
      return rig.ask('dev', { who, backup: (await backupIn(rig, 'anonymised', '.dump')).id });
    }

    /** Says so in Slack; answers what only who said it then sees. */
    async function cancel(request: RequestId, who = dana): Promise<string> {
      const since = rig.stage.whispers(who);
      await peopleOf(rig).type(who, `cancel ${request}`);
      return (await rig.stage.whispered(who, since)).text;
    }

    it('ends a request that waits for its approval', async () => {
      const request = await rig.ask('uat');
      await cancel(request);
      await rig.until(request, ['cancelled'], patience);
      assert.equal(await rig.store.runs.ofRequest(request), undefined);
    });

    it('ends an approved request that waits for its target', async () => {
      await rig.tools.close('orders.load');
      const first = await ask();
      await rig.step(first, 'orders.load', patience);
      const second = await ask(otto);
      await cancel(second, otto);
      await rig.until(second, ['cancelled'], patience);
      assert.equal((await rig.store.requests.get(first))?.state, 'running');
      await cancel(first);
      await rig.until(first, ['cancelled'], patience);
      assert.equal(await contentOf(rig, 'orders_dev'), old);
    });

    /** The wish came while the step went on: not before it, nor behind its end. */
    async function assertWithin(request: RequestId, step: RefreshStep): Promise<void> {
      const events = await rig.store.events.ofRequest(request);
      const told = events.map((event) => ('step' in event ? `${event.type} ${event.step}` : event.type));
      const wish = told.indexOf('cancel-requested');
      const end = told.indexOf(`step-done orders.${step}`);
      const isWithin = told.indexOf(`step-started orders.${step}`) < wish && (end < 0 || wish < end);
      assert.ok(isWithin, told.join('\n'));
    }

    for (const step of some(refreshSteps.slice(0, refreshSteps.indexOf('swap')), 2)) {
      it(`ends the run in "${step}"; the target is as it was, and nothing is left`, async () => {
        const held = await holdStep(rig, step);
        try {
          const request = await ask();
          await held.reached(request);
          await cancel(request);
          // A talk comes to its end; what runs on a host is ended in its middle.
          if (!held.runsOnHost) await held.release();
          await rig.until(request, over, patience);
          assert.equal((await rig.store.requests.get(request))?.state, 'cancelled');
          await assertWithin(request, step);
        } finally {
          await held.release();
        }
      });
    }

    for (const step of some(['swap', 'tidy'] as const, 1)) {
      it(`is refused in "${step}": too late, and the run goes on to its end`, async () => {
        const held = await holdStep(rig, step);
        try {
          const request = await ask();
          await held.reached(request);
          const said = await cancel(request);
          assert.match(said, tooLate(request));
          await held.release();
          const { state } = await rig.until(request, over, patience);
          assert.equal(state, 'succeeded', said);
          assert.deepEqual(await rig.store.events.ofRequest(request, ['cancel-requested']), []);
        } finally {
          await held.release();
        }
        old = wanted;
      });
    }

    it('shows in Slack and in Jira', async () => {
      const held = await holdStep(rig, 'load');
      const request = await ask();
      await held.reached(request);
      await cancel(request);
      await rig.until(request, ['cancelled'], patience);
      await rig.stage.card(request, /cancelled/i, patience);
      await rig.stage.issue(request, 'Cancelled', patience);
    });
  });
};
