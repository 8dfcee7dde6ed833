import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, SocketModeReceiver } from '@slack/bolt';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { channels, players, slackUsers } from '../../src/sandbox/cast.ts';
import { buildPage } from '../../src/sandbox/page/build.ts';
import { sharedOr } from '../rig/made.ts';
import { servePage, type SandboxPage } from '../../src/sandbox/page/server.ts';
import { partOf } from '../../src/sandbox/page/slack/part.ts';
import { wordsOf } from '../../src/sandbox/page/slack/words.ts';
import { type SlackStandIn, startSlack } from '../../src/sandbox/slack/slack.ts';
import { paperSite } from '../paper-site.ts';
import { until } from '../rig/until.ts';
import { needs } from '../skip.ts';
import { everyBlock, everyInput } from '../src/sandbox/page/slack/everything.ts';
import { openPane, type PaneStage } from '../src/sandbox/page/slack/stage.ts';
import { app, client, office, quiet } from '../src/sandbox/slack/office.ts';
import { barriers, type Eyes, openEyes, tabTo } from './browser.ts';

const composer = (page: Page) => page.getByRole('textbox', { name: 'Message #db-refreshes' });
const log = (page: Page) => page.getByRole('log', { name: 'Messages of #db-refreshes' });
/** The focus follows what is drawn; it is not there at once. */
const focusIsOn = (page: Page, pattern: RegExp) =>
  page.waitForFunction((source) => {
    const { document } = globalThis as unknown as { document: { activeElement: { outerHTML: string } } };
    return new RegExp(source).test(document.activeElement.outerHTML);
  }, pattern.source);

describe("Slack's pane in a browser", function () {
  this.timeout(60_000);
  let folder: string;
  let built: string;
  let eyes: Eyes;
  const pages: Page[] = [];
  const servers: SandboxPage[] = [];

  before(async function () {
    needs(this, 'chromium');
    folder = await mkdtemp(join(tmpdir(), 'pane-'));
    [built, eyes] = await Promise.all([buildPage(sharedOr('page', folder)), openEyes()]);
  });
  after(async () => {
    await eyes?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    for (const server of servers.splice(0)) await server.close();
    assert.deepEqual(eyes.faults(), []);
  });

  async function serve(part: PaneStage['part']) {
    const server = await servePage({ parts: [part], built, port: 0 });
    servers.push(server);
    return async (as: string, how?: BrowserContextOptions): Promise<Page> => {
      const page = await eyes.open(`${server.url}/?as=${as}`, how);
      pages.push(page);
      await composer(page).waitFor();
      return page;
    };
  }

  describe('with Freshet', () => {
    let stage: PaneStage;
    let open: Awaited<ReturnType<typeof serve>>;

    beforeEach(async () => {
      stage = await openPane();
      await stage.paper.backup();
      open = await serve(stage.part);
    });
    afterEach(() => stage.close());

    it('a command is completed and sent, its card approved through the dialog, and followed to its end', async () => {
      const page = await open('dana');
      await composer(page).focus();
      await page.keyboard.type('/ref');
      await page.getByRole('option', { name: /^\/refresh/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.keyboard.type('ua');
      await page.keyboard.press('Tab');
      await page.keyboard.type('ord');
      await page.keyboard.press('Tab');
      await page.keyboard.type('--r');
      await page.keyboard.press('Tab');
      await page.keyboard.type('<!channel> & "');
      assert.equal(await composer(page).inputValue(), '/refresh uat orders --reason "<!channel> & ""');
      await page.keyboard.press('Backspace');
      await page.keyboard.press('Enter');
      const card = log(page).getByRole('article').filter({ hasText: 'REQ-1 · refresh orders on uat' });
      await card.getByText('waiting for approval').waitFor();
      await card.getByText('<!channel> &').waitFor();
      // The card can be there before the answer that empties the field.
      await until('the field is empty', async () => (await composer(page).inputValue()) === '');
      await page.keyboard.press('ArrowUp');
      assert.match(await composer(page).inputValue(), /^\/refresh uat orders --reason/);

      const quinns = await open('quinn');
      const approve = log(quinns).getByRole('button', { name: 'Approve REQ-1' });
      await approve.press('Enter');
      const dialog = quinns.getByRole('alertdialog', { name: 'Overwrite orders_uat on uat?' });
      await focusIsOn(quinns, /Not now/);
      await quinns.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await focusIsOn(quinns, /Approve REQ-1/);
      assert.equal(stage.paper.jobs.length, 0);
      await approve.click();
      await dialog.getByRole('button', { name: 'Approve' }).click();
      await stage.slack.waitFor(() => stage.paper.jobs.length > 0, 20_000);
      await stage.paper.drain();
      await log(quinns).getByRole('button', { name: 'Undo REQ-1' }).waitFor();
      // Its button is gone: the keyboard stays with the card.
      await focusIsOn(quinns, /^<article/);

      await card.getByRole('button', { name: /repl(y|ies)/ }).click();
      await page.getByRole('complementary', { name: 'Thread' }).getByText('Approved by').last().waitFor();
      await page.keyboard.type('thank you');
      await page.keyboard.press('Enter');
      await page.getByRole('log', { name: 'Messages of the thread' }).getByText('thank you').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('complementary', { name: 'Thread' }).waitFor({ state: 'detached' });
      await focusIsOn(page, /thread-foot/);
    });

    it('the form is filled in by keyboard alone', async () => {
      const page = await open('dana', { viewport: { width: 400, height: 800 }, colorScheme: 'dark' });
      await composer(page).focus();
      await page.keyboard.type('/refresh');
      await page.keyboard.press('Enter');
      await page.getByRole('combobox', { name: 'Environment' }).waitFor();
      await focusIsOn(page, /^<[^>]*role="combobox"/);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.type('ci');
      await page.keyboard.press('Enter');
      await page.getByRole('combobox', { name: /^Databases/ }).waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.type('ord');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      await page.getByRole('combobox', { name: /^Backup of orders/ }).waitFor();
      assert.deepEqual(await barriers(page), []);
      const reason = page.getByRole('textbox', { name: /^Reason/ });
      await tabTo(page, reason);
      await page.keyboard.type('regression');
      assert.equal(await reason.inputValue(), 'regression');
      await tabTo(page, page.getByRole('dialog').locator('[type=submit]'));
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await log(page).getByText('REQ-1').first().waitFor();
      const request = await stage.paper.store.requests.get('REQ-1');
      assert.equal(request?.environment, 'ci');
      assert.equal(request?.reason, 'regression');
      assert.deepEqual(await barriers(page), []);
    });

    it('the Home tab has buttons that do things, and unread messages are counted', async () => {
      const page = await open('dana');
      await page.getByRole('button', { name: 'Freshet', exact: true }).click();
      await page.getByRole('button', { name: 'Home', exact: true }).click();
      const home = page.getByRole('region', { name: 'Home of Freshet' });
      await home.getByText('New refresh', { exact: true }).click();
      await page.getByRole('dialog').getByRole('combobox', { name: 'Environment' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      stage.slack.say('quinn', channels.refreshes, 'anybody here?');
      await page.getByRole('button', { name: 'db-refreshes 1 unread' }).click();
      await log(page).getByText('anybody here?').waitFor();
      await page.getByRole('button', { name: 'db-refreshes', exact: true }).waitFor();
      assert.deepEqual(await barriers(page), []);
    });
  });

  describe('with an app of everything', () => {
    let slack: SlackStandIn;
    let bolt: App;
    let open: Awaited<ReturnType<typeof serve>>;

    async function start(listen: (app: App) => void): Promise<void> {
      const members = [...players.map((player) => player.slack), 'U0BOT'];
      slack = await startSlack(
        office({
          users: slackUsers(),
          channels: [{ id: channels.refreshes, name: 'db-refreshes', members }],
          rateLimits: false,
          ackMs: 1000,
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
          await (submitted.length > 1
            ? ack()
            : ack({ response_action: 'errors', errors: { name: 'Taken' } }));
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
      await start((on) => on.command('/refresh', () => Promise.resolve()));
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
      assert.ok(Math.abs((await at('message 30')) - before) < 2);
      await page.getByRole('button', { name: 'Newest' }).click();
      await page.getByRole('button', { name: 'Newest' }).waitFor({ state: 'detached' });
      await isAtEnd();
    });
  });
});
