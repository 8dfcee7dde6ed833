import assert from 'node:assert/strict';
import { commandError } from '../../../../../src/domain/errors.ts';
import type { Hook } from '../../../../../src/domain/hook.ts';
import type { RequestId } from '../../../../../src/domain/ids.ts';
import { hookTarget } from '../../../../rig/hook-target.ts';
import { form } from '../modal/form.ts';
import { dana, openStages, optionChanged, otto, quinn, stranger, type Stage } from '../stage.ts';
import { homeOf, homeReads } from './stage.ts';
import { untilHolds } from '../../../../until.ts';

const first: RequestId = 'REQ-1';

describe('in the Home', function () {
  this.timeout(60_000);
  const open = openStages();

  /** Dana has asked, and Quinn's Home shows it. */
  async function waiting(): Promise<Stage> {
    const stage = await open();
    await stage.paper.backup();
    stage.slack.openHome(quinn);
    await homeReads(stage, quinn, /Nothing waits for you/);
    await stage.refresh(dana, 'uat orders --reason "release 12"');
    await homeReads(stage, quinn, /REQ-1 · refresh orders on uat/);
    return stage;
  }

  const press = (stage: Stage, who: string, button: string, blockId: string, confirm?: true) =>
    stage.slack.click(who, stage.slack.home(who)!, button, { blockId, ...(confirm && { confirm }) });

  async function state(stage: Stage): Promise<string | undefined> {
    return (await stage.paper.store.requests.get(first))?.state;
  }

  it('a request waits for those who may decide it, with the dialog of its card, and is approved there', async () => {
    const stage = await waiting();
    const home = stage.slack.home(quinn)!;
    const card = await stage.card(first);
    for (const button of ['approve', 'reject']) {
      const dialog = stage.slack.confirmDialog(home, button, { blockId: 'waiting REQ-1' });
      assert.ok(dialog !== undefined);
      assert.deepEqual(dialog, stage.slack.confirmDialog(card, button));
    }
    assert.match(
      homeOf(stage, quinn),
      /`orders_uat` on server `test-pg` will be overwritten by BKP-1 of production[^]*Asked by @Dana[^]*release 12/,
    );
    stage.slack.openHome(dana);
    await homeReads(stage, dana, /REQ-1 refresh orders on uat · waiting for approval · .* · card/);
    assert.match(homeOf(stage, dana), /Nothing waits for you/);

    await press(stage, quinn, 'approve', 'waiting REQ-1', true);
    await stage.work();
    await stage.cardReads(first, /Approved by @Quinn in Slack[^]*\[ Undo \]/);
    await homeReads(
      stage,
      quinn,
      /Nothing waits for you[^]*`orders_uat` · BKP-1 of production, data of .*old\)[^]*refreshed .* by @Dana \(REQ-1\) · undo until[^]*\[ Undo \]/,
    );
    await homeReads(stage, dana, /REQ-1 refresh orders on uat · done/);
  });

  it('a refusal comes as a direct message, and counts as on the card: not for what has changed since', async () => {
    const stage = await waiting();
    optionChanged(stage);
    await press(stage, quinn, 'approve', 'waiting REQ-1', true);
    const told = await stage.slack.waitFor(() => stage.slack.directMessages(quinn)[0], 20_000);
    assert.match(stage.read(told), /REQ-1 has changed since you saw it[^]*approval-outdated/);
    assert.equal(await state(stage), 'pending');
    // The page was brought to what the request is now.
    const { digest } = (await stage.paper.store.requests.get(first))!;
    await stage.slack.waitFor(() =>
      JSON.stringify(stage.slack.home(quinn)?.content.blocks).includes(`${first} ${digest}`),
    );
    await press(stage, quinn, 'approve', 'waiting REQ-1', true);
    await untilHolds(async () => (await stage.paper.store.approvals.of(first))[0]?.digest === digest);
  });

  it('an undo is asked for by who may, and answered by a direct message', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'ci orders');
    await stage.card(first);
    await stage.work();
    stage.slack.openHome(dana);
    const home = await homeReads(stage, dana, /\[ Undo \]/);
    const dialog = stage.slack.confirmDialog(home, 'undo', { blockId: 'standing REQ-1' });
    assert.deepEqual(dialog, stage.slack.confirmDialog(await stage.cardReads(first, /Undo/), 'undo'));
    await press(stage, dana, 'undo', 'standing REQ-1', true);
    const told = await stage.slack.waitFor(
      () => stage.slack.directMessages(dana).find((one) => /REQ-2/.test(one.text)),
      20_000,
    );
    assert.match(stage.read(told), /REQ-2 · undo orders of REQ-1 on ci/);
    await stage.work();
    await homeReads(
      stage,
      dana,
      /`orders_ci` · what was there before the first refresh\nswapped back .* \(REQ-2\)/,
    );
  });

  it('operators find what nobody has dealt with, and acknowledge or retry it; others do not', async () => {
    const stage = await open();
    await stage.paper.backup();
    for (const who of [otto, dana]) stage.slack.openHome(who);
    await homeReads(stage, otto, /Nothing waits/);
    const broken = commandError('script-failed', 'Script ci.sql failed.', 'Mend it.', {
      step: 'orders.load',
      host: 'test-db',
    });
    stage.paper.engine.failing.set('load orders', broken);
    await stage.refresh(dana, 'ci orders');
    await stage.card(first);
    await stage.work();
    await homeReads(
      stage,
      otto,
      /❌ REQ-1 failed · refresh orders on ci\nScript ci\.sql failed\. The live database was not touched\.[^]*\[ Retry \] {2}\[ Acknowledge \]/,
    );
    await homeReads(stage, dana, /REQ-1 refresh orders on ci · failed/);
    assert.doesNotMatch(homeOf(stage, dana), /Acknowledge/);
    await press(stage, otto, 'acknowledge', 'alert REQ-1');
    await homeReads(stage, otto, /Nothing waits/);

    // What is fenced stays until somebody has led it out.
    const { engine } = stage.paper;
    engine.failing.clear();
    engine.failing.set('swap billing', commandError('swap-broke', 'The swap broke off.', 'Look.'));
    engine.standing = () => Promise.resolve('fenced');
    await stage.paper.backup({ database: 'billing' });
    await stage.refresh(dana, 'ci billing');
    await stage.card('REQ-2');
    await stage.work();
    await homeReads(stage, otto, /🚨 REQ-2 is fenced: nobody can log in to its target/);
    await press(stage, otto, 'acknowledge', 'alert REQ-2');
    await homeReads(stage, otto, /🚨 REQ-2 is fenced[^]*Acknowledged by @Otto[^]*\n\[ Retry \]\n/);
    engine.failing.clear();
    engine.standing = () => Promise.resolve('old');
    await press(stage, otto, 'retry', 'alert REQ-2');
    await stage.work();
    await homeReads(stage, otto, /Nothing waits/);
  });

  describe('a hook that failed', () => {
    let target: Awaited<ReturnType<typeof hookTarget>>;
    beforeEach(async () => {
      target = await hookTarget();
    });
    afterEach(() => target.close());

    /** Otto's Home, after a refresh of ci whose hook failed. */
    async function failed(): Promise<Stage> {
      const hook: Hook = {
        name: 'migrate', kind: 'call', after: ['refresh'], timeoutSeconds: 20,
        url: `${target.url}/migrate`, secret: 'env:HOOK', attempts: 1,
      }; // prettier-ignore
      const stage = await open({
        site: (site) => ({
          ...site,
          environments: { ...site.environments, ci: { ...site.environments['ci']!, hooks: [hook] } },
        }),
      });
      await stage.paper.backup();
      for (const who of [otto, dana]) stage.slack.openHome(who);
      await homeReads(stage, otto, /Nothing waits/);
      target.answer(500);
      await stage.refresh(dana, 'ci orders');
      await stage.work();
      await homeReads(
        stage,
        otto,
        /⚠️? ?REQ-1 is in place, and a hook failed · refresh orders on ci\nHook migrate failed: The call .* answered 500\. What was swapped stays in place\.[^]*\[ Retry hook \] {2}\[ Undo \] {2}\[ Acknowledge \]/,
      );
      return stage;
    }

    it('is there for operators until they have it called again, and is there again where it fails again', async () => {
      const stage = await failed();
      await homeReads(stage, dana, /REQ-1 refresh orders on ci · done · .*a hook failed/);
      assert.doesNotMatch(homeOf(stage, dana), /Retry hook|Acknowledge/);
      target.answer(500);
      await press(stage, otto, 'retry', 'alert REQ-1', true);
      await homeReads(stage, otto, /Nothing waits/);
      await stage.work();
      // A page that was read while they were called may come first: it has no button yet.
      await homeReads(stage, otto, /REQ-1 is in place, and a hook failed[^]*\[ Retry hook \]/);
      await press(stage, otto, 'retry', 'alert REQ-1', true);
      await stage.work();
      await homeReads(stage, otto, /Nothing waits/);
      assert.equal(target.hits.length, 3);
      await untilHolds(() => !/hook failed/.test(homeOf(stage, dana)));
    });

    it('and was corrected since is called so by the button of the refusal, which says what has changed', async () => {
      const stage = await failed();
      const ci = stage.paper.site.environments['ci'] as unknown as { hooks: Hook[] };
      ci.hooks = ci.hooks.map((hook) => ({ ...hook, url: `${target.url}/mended` }) as Hook);
      await press(stage, otto, 'retry', 'alert REQ-1', true);
      const told = await stage.slack.waitFor(() => stage.slack.directMessages(otto)[0]);
      assert.match(
        stage.read(told),
        /"migrate" is called at another path\.[^]*hooks-changed`\n\[ Call them as they are now \]/,
      );
      await stage.slack.click(otto, told, 'retry', { confirm: true });
      await stage.work();
      await homeReads(stage, otto, /Nothing waits/);
      assert.deepEqual(
        target.hits.map(({ path }) => path),
        ['/migrate', '/mended'],
      );
    });

    it('is acknowledged there, and goes from there with what was swapped', async () => {
      const stage = await failed();
      await press(stage, otto, 'acknowledge', 'alert REQ-1');
      await homeReads(stage, otto, /Nothing waits/);
      target.answer(500);
      await stage.refresh(dana, 'ci orders');
      await stage.work();
      await homeReads(stage, otto, /REQ-2 is in place, and a hook failed/);
      await stage.refresh(dana, 'ci orders');
      await stage.work();
      await homeReads(stage, otto, /Nothing waits/);
    });
  });

  it('a refresh is asked for with the form, which begins with the environment of its button', async () => {
    const stage = await open();
    await stage.paper.backup();
    stage.slack.openHome(dana);
    await homeReads(stage, dana, /^\[ New refresh \]\n[^]*ci · open, no approval needed\n\[ Refresh \]/);
    await press(stage, dana, 'home-refresh', 'new');
    await stage.slack.closeView(dana, await form(stage, dana, /Choose an environment to see/));
    await press(stage, dana, 'home-refresh', 'environment ci');
    const view = await form(stage, dana, /Databases of ci/);
    await stage.slack.click(dana, view, 'modal-databases', { value: ['orders'] });
    await stage.slack.submit(dana, await form(stage, dana, /is overwritten by/));
    const told = await stage.slack.waitFor(() => stage.slack.directMessages(dana)[0], 20_000, 'an answer');
    assert.match(stage.read(told), /REQ-1 · refresh orders on ci/);
    await homeReads(stage, dana, /REQ-1 refresh orders on ci/);
  });

  it('somebody whom the site file does not know reads what to do', async () => {
    const stage = await open();
    stage.slack.openHome(stranger);
    await homeReads(stage, stranger, /does not know you yet[^]*What to do: Ask an administrator .* U0SAM/);
    assert.doesNotMatch(homeOf(stage, stranger), /Environments|\[/);
  });
});
