import assert from 'node:assert/strict';
import type { View } from '@slack/types';
import { dana, openOffice, refreshes } from './office.ts';
import { form, page, plain, refresh } from './pages.ts';

describe('forms in views of the Slack stand-in, with a real Bolt app', () => {
  const { start, connect } = openOffice();

  it('carries a form: options as one types, Slack own complaints, the app complaints, then closing', async () => {
    const slack = await start();
    const submitted: unknown[] = [];
    await connect(slack, (made) => {
      made.command('/refresh', async ({ ack, client, command }) => {
        await ack();
        await client.views.open({ trigger_id: command.trigger_id, view: form });
      });
      made.options('backup', async ({ ack, options }) => {
        const found = ['BKP-12', 'BKP-13'].filter((one) => one.includes(options.value));
        await ack({ options: found.map((one) => ({ text: plain(one), value: one })) });
      });
      made.view('ask', async ({ ack, view }) => {
        submitted.push(view.state.values);
        const reason = view.state.values['reason']?.['reason']?.value;
        if (reason === 'because') await ack({ response_action: 'errors', errors: { reason: 'Say more.' } });
        else await ack();
      });
    });
    await slack.command(dana, refreshes, '', refresh);
    const view = await slack.waitFor(() => slack.view(dana));
    await assert.rejects(slack.options(dana, view, 'backup', 'B'), /asks only from 2 characters on/);
    await assert.rejects(slack.submit(dana, view, { backup: 'BKP-12' }), /does not offer "BKP-12"/);
    const { options } = await slack.options(dana, view, 'backup', '-12');
    assert.deepEqual(
      options.map((one) => one.value),
      ['BKP-12'],
    );
    await assert.rejects(
      slack.submit(dana, view, { environment: 'production' }),
      /does not offer "production"/,
    );
    const held = await slack.submit(dana, view, { backup: 'BKP-12', reason: 'no' });
    assert.equal(held.delivery, undefined);
    assert.deepEqual(held.errors, {
      environment: 'Please complete this required field.',
      reason: 'Must be at least 3 characters.',
    });
    const refused = await slack.submit(dana, view, { environment: 'uat', reason: 'because' });
    assert.deepEqual(refused.errors, { reason: 'Say more.' });
    assert.equal(refused.closed, false);
    const taken = await slack.submit(dana, view, { reason: 'bug 7' });
    assert.equal(taken.closed, true);
    assert.equal(slack.view(dana), undefined);
    assert.deepEqual(submitted.at(-1), {
      environment: {
        environment: { type: 'static_select', selected_option: { text: plain('uat'), value: 'uat' } },
      },
      backup: {
        backup: { type: 'external_select', selected_option: { text: plain('BKP-12'), value: 'BKP-12' } },
      },
      reason: { reason: { type: 'plain_text_input', value: 'bug 7' } },
    });
    await assert.rejects(slack.submit(dana, view), /closed/);
  });

  it('does what a submission is answered with: update, push up to three, clear; and notes wrong answers', async () => {
    const slack = await start();
    const answers: object[] = [
      { response_action: 'update', view: page('one') },
      { response_action: 'push', view: page('two') },
      { response_action: 'push', view: page('three') },
      { response_action: 'push', view: page('four') },
      { response_action: 'update', view: page('x'.repeat(25)) },
      { response_action: 'errors', errors: { nowhere: 'a' } },
      { response_action: 'jump' },
      { response_action: 'clear' },
    ];
    await connect(slack, (made) => {
      made.command('/refresh', async ({ ack, client, command }) => {
        await ack();
        await client.views.open({ trigger_id: command.trigger_id, view: page('zero') });
      });
      made.view('page', async ({ ack }) => ack(answers.shift() as never));
    });
    await slack.command(dana, refreshes, '', refresh);
    await slack.waitFor(() => slack.view(dana));
    const titles: (string | undefined)[] = [];
    while (answers.length > 0) {
      const top = slack.view(dana);
      assert.ok(top);
      await slack.submit(dana, top);
      const { content } = slack.view(dana) ?? {};
      titles.push(content?.type === 'modal' ? content.title.text : undefined);
    }
    assert.deepEqual(titles, ['one', 'two', 'three', 'three', 'three', 'three', 'three', undefined]);
    assert.deepEqual(
      slack.notices().map((one) => one.error),
      Array.from({ length: 4 }, () => 'invalid_response_action'),
    );
  });

  it('tells the app of a closed view that asks for it', async () => {
    const slack = await start();
    const closed: string[] = [];
    await connect(slack, (made) => {
      made.command('/refresh', async ({ ack, client, command }) => {
        await ack();
        await client.views.open({ trigger_id: command.trigger_id, view: form });
      });
      made.view({ callback_id: 'ask', type: 'view_closed' }, async ({ ack, view }) => {
        closed.push(view.private_metadata);
        await ack();
      });
    });
    await slack.command(dana, refreshes, '', refresh);
    const view = await slack.waitFor(() => slack.view(dana));
    await slack.closeView(dana, view);
    assert.deepEqual(closed, ['draft 1']);
    assert.equal(slack.view(dana), undefined);
  });

  it('refuses options of the app that Slack would refuse', async () => {
    const slack = await start();
    await connect(slack, (made) => {
      made.command('/refresh', async ({ ack, client, command }) => {
        await ack();
        await client.views.open({ trigger_id: command.trigger_id, view: form });
      });
      made.options('backup', async ({ ack }) => {
        await ack({
          options: Array.from({ length: 101 }, (_, at) => ({ text: plain('a'), value: String(at) })),
        });
      });
    });
    await slack.command(dana, refreshes, '', refresh);
    const view = await slack.waitFor(() => slack.view(dana));
    const { options } = await slack.options(dana, view, 'backup', 'BKP');
    assert.deepEqual(options, []);
    assert.equal(slack.notices()[0]?.error, 'invalid_options');
  });

  it('carries views of 200 kB both ways over the socket', async () => {
    const slack = await start();
    const options = Array.from({ length: 100 }, (_, at) => ({
      text: plain('é'.repeat(75)),
      value: String(at),
    }));
    const blocks = Array.from({ length: 8 }, () => ({
      type: 'actions' as const,
      elements: [{ type: 'static_select' as const, options }],
    }));
    const large = (title: string): View => ({ ...form, title: plain(title), blocks });
    await connect(slack, (made) => {
      made.command('/refresh', async ({ ack, client, command }) => {
        await ack();
        await client.views.open({ trigger_id: command.trigger_id, view: large('one') });
      });
      made.view('ask', async ({ ack, view }) => {
        assert.equal(view.blocks.length, 8);
        await ack({ response_action: 'update', view: large('two') });
      });
    });
    await slack.command(dana, refreshes, '', refresh);
    const view = await slack.waitFor(() => slack.view(dana));
    assert.ok(JSON.stringify(view.content).length > 65_536);
    await slack.submit(dana, view);
    assert.deepEqual(view.content.type === 'modal' && view.content.title, plain('two'));
    assert.deepEqual(slack.notices(), []);
  });
});
