import assert from 'node:assert/strict';
import type { View } from '@slack/types';
import { client, dana, openOffice, quinn, refreshes, refusal } from './office.ts';
import { form, loading, plain, refresh } from './pages.ts';
import { untilHolds } from '../../../until.ts';

describe('views of the Slack stand-in, with a real Bolt app', () => {
  const { start, connect } = openOffice();

  /** A trigger id as a command gives it. */
  async function trigger(slack: Awaited<ReturnType<typeof start>>): Promise<() => Promise<string>> {
    let last = '';
    await connect(slack, (made) =>
      made.command('/refresh', async ({ ack, command }) => {
        last = command.trigger_id;
        await ack();
      }),
    );
    return async () => {
      await slack.command(dana, refreshes, '', refresh);
      return last;
    };
  }

  it('opens a modal once for each trigger, within three seconds', async () => {
    let now = Date.now();
    const slack = await start({ now: () => now });
    const next = await trigger(slack);
    const { views } = client(slack);
    const one = await next();
    const wrong = await refusal(
      views.open({ trigger_id: one, view: { ...loading, title: plain('x'.repeat(25)) } }),
    );
    assert.deepEqual(wrong, {
      error: 'invalid_arguments',
      messages: [
        '[ERROR] failed to match all allowed schemas [json-pointer:/view]',
        '[ERROR] must be less than 25 characters [json-pointer:/view/title/text]',
      ],
    });
    now += 3000;
    assert.ok((await views.open({ trigger_id: one, view: loading })).ok);
    const errors = [refusal(views.open({ trigger_id: one, view: loading }))];
    const two = await next();
    now += 3001;
    errors.push(refusal(views.open({ trigger_id: two, view: loading })));
    errors.push(refusal(views.open({ trigger_id: '1.2.3', view: loading })));
    assert.deepEqual(
      (await Promise.all(errors)).map((each) => each.error),
      ['exchanged_trigger_id', 'expired_trigger_id', 'invalid_trigger_id'],
    );
    assert.equal(slack.view(quinn), undefined);
  });

  it('updates by view id and hash, keeps what is filled in, and refuses an old hash', async () => {
    const slack = await start();
    const next = await trigger(slack);
    const { views } = client(slack);
    const opened = await views.open({ trigger_id: await next(), view: { ...loading, external_id: 'ask-1' } });
    const { id = '', hash = '' } = opened.view ?? {};
    await views.update({ view_id: id, hash, view: form });
    const view = slack.view(dana);
    assert.ok(view);
    assert.equal(view.id, id);
    slack.fill(dana, view, { reason: 'bug 7' });
    assert.equal((await refusal(views.update({ view_id: id, hash, view: form }))).error, 'hash_conflict');
    await views.update({ view_id: id, view: { ...form, private_metadata: 'draft 2' } });
    assert.equal(view.values['reason']?.['reason']?.value, 'bug 7');
    assert.equal((await refusal(views.update({ view_id: 'V0', view: form }))).error, 'not_found');
    const neither = await refusal(client(slack).apiCall('views.update', { view: form }));
    assert.equal(neither.error, 'invalid_arguments');
    const named = { ...loading, external_id: 'ask-2' };
    await views.open({ trigger_id: await next(), view: named });
    const again = views.open({ trigger_id: await next(), view: named });
    assert.equal((await refusal(again)).error, 'duplicate_external_id');
  });

  it('pushes a view only from a view, up to three, and publishes by hash', async () => {
    const slack = await start();
    const triggers: string[] = [];
    const next = { type: 'button' as const, action_id: 'next', text: plain('Next') };
    const page: View = { ...loading, blocks: [{ type: 'actions', elements: [next] }] };
    await connect(slack, (made) => {
      made.command('/refresh', async ({ ack, command }) => {
        triggers.push(command.trigger_id);
        await ack();
      });
      made.action('next', async ({ ack, body }) => {
        assert.ok(body.type === 'block_actions');
        triggers.push(body.trigger_id);
        await ack();
      });
    });
    const { views } = client(slack);
    await slack.command(dana, refreshes, '', refresh);
    await slack.command(dana, refreshes, '', refresh);
    const [first = '', second = ''] = triggers;
    await views.open({ trigger_id: first, view: page });
    assert.equal((await refusal(views.push({ trigger_id: second, view: page }))).error, 'invalid_trigger_id');
    const errors: string[] = [];
    for (let i = 0; i < 3; i++) {
      const top = slack.view(dana);
      assert.ok(top);
      await slack.click(dana, top, 'next');
      const pushed = views.push({ trigger_id: triggers.at(-1) ?? '', view: page });
      errors.push(
        await pushed.then(
          () => 'ok',
          (error: { data: { error: string } }) => error.data.error,
        ),
      );
    }
    assert.deepEqual(errors, ['ok', 'ok', 'push_limit_reached']);

    const home: View = { type: 'home', blocks: [] };
    const shown = await views.publish({ user_id: dana, view: home });
    const hash = shown.view?.hash ?? '';
    assert.ok((await views.publish({ user_id: dana, view: home, hash })).ok);
    const stale = views.publish({ user_id: dana, view: home, hash });
    assert.equal((await refusal(stale)).error, 'hash_conflict');
  });

  it('publishes the Home tab when it is opened, and sends its clicks and menus', async () => {
    const slack = await start();
    const chosen: unknown[] = [];
    await connect(slack, (made) => {
      made.event('app_home_opened', async ({ event, client }) => {
        await client.views.publish({
          user_id: event.user,
          view: {
            type: 'home',
            blocks: [
              {
                type: 'actions',
                block_id: 'show',
                elements: [
                  {
                    type: 'static_select',
                    action_id: 'which',
                    options: ['uat', 'ci'].map((one) => ({ text: plain(one), value: one })),
                  },
                  { type: 'datepicker', action_id: 'since' },
                  { type: 'button', action_id: 'reload', text: plain('Reload'), value: 'now' },
                ],
              },
            ],
          },
        });
      });
      made.action(/which|since|reload/, async ({ ack, body, action }) => {
        assert.ok(body.type === 'block_actions');
        chosen.push({ ...action, action_ts: undefined, state: body.view?.state.values['show'] });
        await ack();
      });
    });
    assert.equal(slack.openHome(dana), undefined);
    const home = await slack.waitFor(() => slack.home(dana));
    await slack.click(dana, home, 'which', { value: 'ci' });
    await slack.click(dana, home, 'since', { value: '2026-11-01' });
    await slack.click(dana, home, 'reload');
    await untilHolds(() => chosen.length === 3);
    const state = {
      which: { type: 'static_select', selected_option: { text: plain('ci'), value: 'ci' } },
      since: { type: 'datepicker', selected_date: '2026-11-01' },
    };
    assert.deepEqual(chosen[2], {
      action_id: 'reload',
      block_id: 'show',
      type: 'button',
      text: { ...plain('Reload'), emoji: true },
      value: 'now',
      action_ts: undefined,
      state,
    });
    await assert.rejects(slack.click(quinn, home, 'reload'), /quinn does not see that view/);
    assert.equal(slack.openHome(dana)?.id, home.id);
  });
});
