import assert from 'node:assert/strict';
import { channels } from '../../src/sandbox/cast.ts';
import { until } from '../until.ts';
import { openPane, type PaneStage } from '../src/sandbox/page/slack/stage.ts';
import { barriers, tabTo } from './browser.ts';
import { composer, focusIsOn, log, type OpenPane, servePanes } from './pane.ts';

describe("Slack's pane in a browser, with Freshet", function () {
  this.timeout(60_000);
  const serve = servePanes();
  let stage: PaneStage;
  let open: OpenPane;

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
