import assert from 'node:assert/strict';
import { App, SocketModeReceiver } from '@slack/bolt';
import { channels, players, slackUsers } from '../../src/sandbox/cast.ts';
import { partOf } from '../../src/sandbox/page/slack/part.ts';
import { wordsOf } from '../../src/sandbox/page/slack/words.ts';
import { type SlackStandIn, startSlack } from '../../src/sandbox/slack/slack.ts';
import { paperSite } from '../paper-site.ts';
import { until } from '../until.ts';
import { everyBlock, everyInput } from '../src/sandbox/page/slack/everything.ts';
import { app, client, office, quiet } from '../src/sandbox/slack/office.ts';
import { barriers, tabTo } from './browser.ts';
import { composer, focusIsOn, log, type OpenPane, servePanes } from './pane.ts';

describe("Slack's pane in a browser, with an app of everything", function () {
  this.timeout(60_000);
  const serve = servePanes();
  let slack: SlackStandIn;
  let bolt: App;
  let open: OpenPane;

  /** `ackMs`: how long Slack waits for the app, which a machine that does much else makes slow. */
  async function start(listen: (app: App) => void, ackMs = 30_000): Promise<void> {
    const members = [...players.map((player) => player.slack), 'U0BOT'];
    slack = await startSlack(
      office({
        users: slackUsers(),
        channels: [{ id: channels.refreshes, name: 'db-refreshes', members }],
        rateLimits: false,
        ackMs,
      }),
    );
    const slackApiUrl = slack.apiUrl;
    const receiver = new SocketModeReceiver({
      appToken: app.appToken,
      logger: quiet,
      installerOptions: { clientOptions: { slackApiUrl } },
    });
    bolt = new App({ token: app.botToken, receiver, logger: quiet, clientOptions: { slackApiUrl } });
    listen(bolt);
    await bolt.start();
    await slack.waitFor(() => slack.connections() > 0, 20_000, 'a socket');
    open = await serve(partOf(slack, () => wordsOf(paperSite(), slack.app.commands)));
  }

  afterEach(async () => {
    await bolt.stop();
    await slack.close();
  });

  it('draws every block and input, and keeps nobody out', async () => {
    type Values = Record<string, Record<string, Record<string, unknown>>>;
    const submitted: Values[] = [];
    await start((on) => {
      on.command('/refresh', async ({ ack, body, client: web }) => {
        await ack();
        await web.views.open({ trigger_id: body.trigger_id, view: everyInput as never });
      });
      on.options(/./, ({ ack, payload }) =>
        ack({
          options: [1, 2].map((n) => ({
            text: { type: 'plain_text' as const, text: `BKP-${n} ${payload.value}`.trim() },
            value: `b${n}`,
          })),
        }),
      );
      on.view('everything', async ({ ack, view }) => {
        submitted.push(view.state.values as unknown as Values);
        await (submitted.length > 1 ? ack() : ack({ response_action: 'errors', errors: { name: 'Taken' } }));
      });
    });
    await client(slack).chat.postMessage({
      channel: channels.refreshes,
      text: 'everything',
      blocks: everyBlock,
    });
    const page = await open('dana');
    await log(page).getByRole('columnheader', { name: 'Rows' }).waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('button', { name: 'More actions' }).press('Enter');
    await focusIsOn(page, /role="menuitem".*small/);
    await page.keyboard.press('Escape');

    await composer(page).fill('/refresh');
    await composer(page).press('Enter');
    const form = page.getByRole('dialog', { name: 'Everything' });
    await form.getByRole('button', { name: 'Send' }).click();
    await form.getByRole('alert').getByText('Please complete this required field.').waitFor();
    await focusIsOn(page, /aria-required="true"/);
    assert.deepEqual(submitted, []);
    await page.keyboard.type('x');
    await form.getByRole('combobox', { name: 'The backups' }).focus();
    await page.keyboard.press('ArrowDown');
    await form.getByRole('option', { name: 'BKP-2' }).waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await form.getByRole('checkbox', { name: /^large/ }).check();
    await form.getByRole('radio', { name: /^small/ }).check();
    await form.getByLabel('The day').fill('2026-12-01');
    assert.deepEqual(await barriers(page), []);
    await form.getByRole('button', { name: 'Send' }).click();
    await form.getByRole('alert').getByText('Taken').waitFor();
    await form.getByRole('textbox', { name: 'The name' }).fill('y');
    await page.keyboard.press('Enter');
    await form.waitFor({ state: 'detached' });
    const of = (id: string) => submitted[1]?.[id]?.[id] ?? ({} as Values[string][string]);
    const valuesOf = (held: unknown) => (held as { value: string }[]).map(({ value }) => value);
    assert.equal(of('name')['value'], 'y');
    assert.deepEqual(valuesOf(of('backups')['selected_options']), ['b1', 'b2']);
    assert.deepEqual(valuesOf(of('ticks')['selected_options']), ['large']);
    assert.equal((of('one')['selected_option'] as { value: string }).value, 'small');
    assert.equal((of('size')['selected_option'] as { value: string }).value, 'medium');
    assert.equal(of('day')['selected_date'], '2026-12-01');
  });

  it('a form that comes after "Loading" takes the focus to its first field', async () => {
    let fill: () => Promise<unknown> = () => Promise.resolve();
    await start((on) =>
      on.command('/refresh', async ({ ack, body, client: web }) => {
        await ack();
        const loading = {
          type: 'modal' as const,
          title: { type: 'plain_text' as const, text: 'Soon' },
          blocks: [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text: 'Loading …' } }],
        };
        const { view } = await web.views.open({ trigger_id: body.trigger_id, view: loading });
        fill = () => web.views.update({ view_id: view!.id!, view: everyInput as never });
      }),
    );
    const page = await open('dana');
    await composer(page).fill('/refresh');
    await composer(page).press('Enter');
    await page.getByText('Loading …').waitFor();
    await focusIsOn(page, /^<div[^>]*modal-body/);
    await fill();
    await focusIsOn(page, /^<(?:input|textarea)/);
  });

  it('says what failed: a command, a button, and a line that is no command', async () => {
    await start((on) => on.command('/refresh', () => Promise.resolve()), 1000);
    await client(slack).chat.postMessage({
      channel: channels.refreshes,
      text: 'a card',
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'go', text: { type: 'plain_text', text: 'Go' } }],
        },
      ],
    });
    const page = await open('sam');
    await composer(page).fill('/refresh uat orders');
    await composer(page).press('Enter');
    await log(page).getByText('/refresh failed with the error "operation_timeout"').waitFor();
    await log(page).getByText('Only visible to you').waitFor();
    const go = log(page).getByRole('button', { name: 'Go' });
    await go.click();
    await page.locator('[aria-disabled=true]', { hasText: 'Go' }).waitFor();
    await page.getByText('"go" failed with the error "operation_timeout"').waitFor();
    await page.locator('[aria-disabled=false]', { hasText: 'Go' }).waitFor();
    await composer(page).fill('/nothing of the kind');
    await composer(page).press('Enter');
    await page.getByText('/nothing is not a valid command').waitFor();
    assert.equal(await composer(page).inputValue(), '/nothing of the kind');
  });

  it('a card that changes under somebody takes neither their place nor their answer', async () => {
    const pressed: string[] = [];
    await start((on) =>
      on.action('go', async ({ ack, body }) => {
        await ack();
        pressed.push(body.user.id);
      }),
    );
    const card = (...lines: string[]) => ({
      channel: channels.refreshes,
      text: 'a card',
      blocks: [
        ...lines.map((text) => ({
          type: 'context' as const,
          elements: [{ type: 'mrkdwn' as const, text }],
        })),
        {
          type: 'actions' as const,
          elements: [
            {
              type: 'button' as const,
              action_id: 'go',
              text: { type: 'plain_text' as const, text: 'Go' },
              confirm: {
                title: { type: 'plain_text' as const, text: 'Sure?' },
                text: { type: 'plain_text' as const, text: 'It goes at once.' },
                confirm: { type: 'plain_text' as const, text: 'Yes' },
                deny: { type: 'plain_text' as const, text: 'Not now' },
              },
            },
          ],
        },
      ],
    });
    const web = client(slack);
    const { ts } = await web.chat.postMessage(card());
    const update = (...lines: string[]) => web.chat.update({ ...card(...lines), ts: ts! });
    const page = await open('dana');
    await tabTo(page, log(page).getByRole('button', { name: 'Go' }));
    await update('one line');
    await log(page).getByText('one line').waitFor();
    await page.keyboard.press('Enter');
    const sure = page.getByRole('alertdialog', { name: 'Sure?' });
    await sure.waitFor();
    await update('one line', 'and another');
    await log(page).getByText('and another').waitFor({ state: 'attached' });
    await tabTo(page, sure.getByRole('button', { name: 'Yes' }));
    await page.keyboard.press('Enter');
    await slack.waitFor(() => pressed.length > 0, 20_000, 'a press');
    assert.deepEqual(pressed, [players[0]!.slack]);
  });

  it('stays at the end, or where the reader is', async () => {
    await start(() => undefined);
    const web = client(slack);
    const { ts } = await web.chat.postMessage({ channel: channels.refreshes, text: 'a card' });
    for (let i = 1; i <= 60; i++) slack.say('quinn', channels.refreshes, `message ${i}`);
    const page = await open('dana');
    await page.getByText('message 60').waitFor();
    const fromEnd = () => log(page).evaluate((one) => one.scrollHeight - one.scrollTop - one.clientHeight);
    const isAtEnd = () => until('the newest is in sight', async () => (await fromEnd()) < 2);
    const at = (text: string) =>
      page.getByText(text, { exact: true }).evaluate((one) => one.getBoundingClientRect().top);
    await isAtEnd();
    slack.say('quinn', channels.refreshes, 'message 61');
    await page.getByText('message 61').waitFor();
    await isAtEnd();

    // What is drawn in the same frame as a reader scrolls takes the log to its end once more.
    await until('the reader is elsewhere', async () => {
      await page.getByText('message 30', { exact: true }).scrollIntoViewIfNeeded();
      return page.getByRole('button', { name: 'Newest' }).isVisible();
    });
    const before = await at('message 30');
    // A card far above grows, and a message comes below: what is being read does not move.
    await web.chat.update({ channel: channels.refreshes, ts: ts!, text: 'a card\nthat\nhas\ngrown' });
    slack.say('quinn', channels.refreshes, 'message 62');
    await page.getByText('message 62').waitFor({ state: 'attached' });
    await page.getByText('(edited)').waitFor({ state: 'attached' });
    await until(
      'what is being read is where it was',
      async () => Math.abs((await at('message 30')) - before) < 2,
      20,
      async () => `${before}, then ${await at('message 30')}`,
    );
    await page.getByRole('button', { name: 'Newest' }).click();
    await page.getByRole('button', { name: 'Newest' }).waitFor({ state: 'detached' });
    await isAtEnd();
  });
});
