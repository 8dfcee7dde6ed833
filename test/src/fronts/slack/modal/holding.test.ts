import assert from 'node:assert/strict';
import { App } from '@slack/bolt';
import { homeReads } from '../home/stage.ts';
import { channel, dana, openStages, otto, quinn, rosa } from '../stage.ts';
import { form, submission, textOf } from './form.ts';
import { untilHolds } from '../../../../until.ts';

describe('holds by the form', function () {
  this.timeout(60_000);
  const open = openStages();

  it('are placed with a form, from the Home, where they are shown and released', async () => {
    const stage = await open();
    stage.slack.openHome(quinn);
    const home = await homeReads(stage, quinn, /Environments/);
    await stage.slack.click(quinn, home, 'home-hold', { blockId: 'calendar uat' });
    const view = await form(stage, quinn, /Until then nothing here is overwritten/);
    const at = (hours: number) => String(Math.floor(Date.now() / 1000) + hours * 3600);
    const past = await stage.slack.submit(quinn, view, {
      'hold-until': at(-1),
      'modal-reason': 'regression',
    });
    assert.match(past.errors['until'] ?? '', /is past; a hold ends between now and 90 days ahead/);
    assert.deepEqual(await stage.paper.store.holds.standing(new Date()), []);
    const { closed } = await stage.slack.submit(quinn, view, {
      'hold-until': at(5),
      'modal-reason': 'say "no"',
    });
    assert.equal(closed, true);
    await homeReads(stage, quinn, /Held by @Quinn until .*\(HLD-1\) · “say "no"”/);
    const [hold] = await stage.paper.store.holds.standing(new Date());
    assert.deepEqual([hold?.environment, hold?.by, hold?.reason], ['uat', 'quinn', 'say "no"']);
    assert.ok(Math.abs(hold!.until.getTime() - Number(at(5)) * 1000) < 60_000);
    await stage.slack.click(quinn, stage.slack.home(quinn)!, 'release', {
      blockId: 'hold HLD-1',
      confirm: true,
    });
    await untilHolds(async () => (await stage.paper.store.holds.standing(new Date())).length === 0);
    await stage.slack.waitFor(() => !textOf(stage.slack.home(quinn)).includes('Held by'));
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('have a form for whoever may hold, and for whom it was opened', async () => {
    const stage = await open();
    await stage.slack.command(dana, channel, 'hold', { command: '/refresh' });
    await form(stage, dana, /Dana may not hold any environment/);
    await stage.slack.command(otto, channel, ' Hold ', { command: '/refresh' });
    const view = await form(stage, otto, /Until then nothing here is overwritten/);
    stage.slack.fill(otto, view, {
      'hold-environment': 'ci',
      'hold-until': String(Math.floor(Date.now() / 1000) + 7200),
      'modal-reason': 'regression',
    });
    const receiver = { init: () => undefined, start: () => Promise.resolve(), stop: () => Promise.resolve() };
    const app = new App({ receiver, authorize: () => Promise.resolve({ botToken: 'xoxb-1-secret' }) });
    stage.front.listeners(app);
    let answered: unknown;
    const ack = (answer?: unknown) => {
      answered = answer;
      return Promise.resolve();
    };
    await app.processEvent({ body: submission(view, rosa), ack });
    assert.match(JSON.stringify(answered), /form-not-yours/);
    assert.deepEqual(await stage.paper.store.holds.standing(new Date()), []);
    assert.equal((await stage.slack.submit(otto, view)).closed, true);
    await untilHolds(async () => (await stage.paper.store.holds.standing(new Date())).length === 1);
  });

  it('say why in any words: what looks like quotes, options or dashes is no syntax', async () => {
    const stage = await open();
    for (const reason of ['regression of “release 12” please', 'see „x“ --page 2', 'a — b "c\\" 17:00']) {
      await stage.slack.command(otto, channel, 'hold', { command: '/refresh' });
      const view = await form(stage, otto, /Until then nothing here is overwritten/);
      const { closed } = await stage.slack.submit(otto, view, {
        'hold-environment': 'uat',
        'hold-until': String(Math.floor(Date.now() / 1000) + 7200),
        'modal-reason': reason,
      });
      assert.equal(closed, true);
      await untilHolds(async () =>
        (await stage.paper.store.holds.standing(new Date())).some((one) => one.reason === reason),
      );
    }
    assert.equal((await stage.paper.store.holds.standing(new Date())).length, 3);
  });

  it('are placed on any of many environments: on the one that was pressed, or none', async () => {
    const stage = await open({
      site: (site) => {
        const { uat, ...others } = site.environments;
        const many = Array.from({ length: 120 }, (_, at) => {
          const name = `env-${at}`;
          return [name, { ...uat!, name, title: name, databases: {} }] as const;
        });
        return { ...site, environments: { ...others, ...Object.fromEntries(many), uat: uat! } };
      },
    });
    stage.slack.openHome(quinn);
    const home = await homeReads(stage, quinn, /Environments/);
    await stage.slack.click(quinn, home, 'home-hold', { blockId: 'calendar uat' });
    const view = await form(stage, quinn, /Until then nothing here is overwritten/);
    assert.match(JSON.stringify(view.content.blocks), /"initial_option":\{[^}]*\}?[^}]*"value":"uat"/);
    const { options } = await stage.slack.options(quinn, view, 'hold-environment', 'env-11');
    assert.deepEqual(
      options.map(({ value }) => value),
      ['env-11', ...Array.from({ length: 10 }, (_, at) => `env-${110 + at}`)],
    );
    const filled = {
      'hold-environment': 'env-117',
      'hold-until': String(Math.floor(Date.now() / 1000) + 7200),
      'modal-reason': 'regression',
    };
    assert.equal((await stage.slack.submit(quinn, view, filled)).closed, true);
    await untilHolds(async () =>
      (await stage.paper.store.holds.standing(new Date())).some((one) => one.environment === 'env-117'),
    );
    // It left the site file after the Home was drawn.
    delete (stage.paper.site.environments as Record<string, unknown>)['uat'];
    await stage.slack.click(quinn, stage.slack.home(quinn)!, 'home-hold', { blockId: 'calendar uat' });
    await form(stage, quinn, /Environment "uat" is not configured/);
  });
});
