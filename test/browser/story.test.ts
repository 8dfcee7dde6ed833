import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import type { RequestId } from '../../src/domain/ids.ts';
import { ENVIRONMENTS } from '../../src/sandbox/hosts/environments.ts';
import { openShopFront } from '../../src/sandbox/hosts/shop-front.ts';
import { buildPage } from '../../src/sandbox/page/build.ts';
import { sharedOr } from '../rig/made.ts';
import { startPage, type SandboxPage } from '../../src/sandbox/page/server.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { until } from '../until.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { needs } from '../skip.ts';
import { barriers, drag, type Eyes, openEyes, tabTo } from './browser.ts';

describe('the story by clicks, in the sandbox page', function () {
  this.timeout(300_000);
  let rig: Rig;
  let server: SandboxPage;
  let eyes: Eyes;
  let old: string;
  let fresh: string;
  const seen = new Set<RequestId>();

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server', 'chromium');
    [rig, eyes] = await Promise.all([startRig({ serve: [], indexDelayMs: 200 }), openEyes()]);
    server = await startPage({
      sandbox: rig.sandbox,
      store: rig.store,
      port: 0,
      built: await buildPage(sharedOr('page', join(rig.folder, 'page'))),
    });
    old = await contentOf(rig, 'orders_uat');
    fresh = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'uat');
  });
  after(async () => {
    await eyes?.close();
    await server?.close();
    await stopRigs();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await tell();
    assert.deepEqual(eyes.faults(), []);
  });

  /** What a picture would show, for whoever reads of a failure elsewhere. */
  async function tell(): Promise<void> {
    console.log(rig.sandbox.slack.transcript());
    for (const seen of await eyes.seen()) console.log(seen);
  }

  const board = (page: Page) => page.getByRole('region', { name: 'Jira board' });
  const column = (page: Page, status: string) =>
    board(page).getByRole('region', { name: new RegExp(`^${status}: `) });
  const issueIn = (page: Page, status: string, key: string) =>
    column(page, status).getByRole('button', { name: key, exact: true });
  const slack = (page: Page) => page.getByRole('log', { name: /^Messages of/ });
  /** The card of a request: the message that has its number and state. */
  const card = (page: Page, request: string, state: RegExp | string) =>
    slack(page)
      .getByRole('article')
      .filter({ hasText: new RegExp(`${request} ·`) })
      .filter({ hasText: state });
  const composer = (page: Page) =>
    page.getByRole('textbox', { name: /^Message #/ }).or(page.getByRole('combobox', { name: /^Message #/ }));

  async function actAs(page: Page, title: string): Promise<void> {
    await page.getByRole('banner').getByText(title, { exact: true }).click();
  }

  async function type(page: Page, line: string): Promise<void> {
    await composer(page).click();
    await composer(page).pressSequentially(line);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
  }

  async function choose(dialog: Locator, field: string, option: RegExp): Promise<void> {
    await dialog.getByRole('combobox', { name: field }).click();
    await dialog.getByRole('option', { name: option }).click();
  }

  /**
   * The form tells who is connected: the webshop, and for a moment maybe the page itself, which looks at rows that were written. Servers
   * have little time to answer; where a slow machine takes longer, it says so, and people choose once more.
   */
  async function tellsOfSessions(form: Locator): Promise<void> {
    const told = form.getByText(
      /sessions? (?:is|are) open on orders_uat and would be ended: .*shop_uat_app \(webshop\)/,
    );
    const unknown = form.getByText('It could not be asked who is connected');
    for (let again = 0; again < 5; again += 1) {
      await told.or(unknown).waitFor();
      if (await told.isVisible()) return;
      await choose(form, 'Environment', /^uat/);
      await unknown.waitFor({ state: 'detached' });
    }
    await told.waitFor();
  }

  /** The request that comes after the ones there were. */
  async function next(kind: 'refresh' | 'undo' = 'refresh'): Promise<{ id: RequestId; key: string }> {
    const found = await until('a new request', async () => {
      const { requests } = await rig.store.requests.list({}, { limit: 1, offset: 0 });
      return requests[0] !== undefined && !seen.has(requests[0].id) ? requests[0] : undefined;
    });
    seen.add(found.id);
    assert.equal(found.kind, kind);
    return { id: found.id, key: await rig.stage.issue(found.id, 'Waiting for approval') };
  }

  it('asked for with the form, approved by dragging the Jira card, done before the eyes, and undone', async () => {
    const page = await eyes.open(server.url);
    const databases = page.getByRole('region', { name: 'Databases and backups' });
    const about = databases.getByRole('region', { name: 'About it' });
    const now = databases.getByRole('region', { name: 'Now' });
    const before = databases.getByRole('region', { name: 'Before' });
    // What testers made by hand is in what is there now, and in no backup.
    const testCase = /^qa-\d+@qa\.invalid$/;
    await now.getByText(testCase).first().waitFor();
    await before.getByText('No refresh yet').waitFor();
    const shop = openShopFront(rig.sandbox.hosts.hosts['test-db'], ENVIRONMENTS[0]!);
    const connected = about.getByText('1 × webshop as shop_uat_app');
    await connected.waitFor();

    await type(page, '/refresh');
    const form = page.getByRole('dialog', { name: 'New refresh' });
    await choose(form, 'Environment', /^uat/);
    await form.getByText('is protected').waitFor();
    assert.match(await form.getByText('is overwritten by').innerText(), /orders_uat/);
    await tellsOfSessions(form);
    await form.getByRole('textbox', { name: /^Reason/ }).fill('Regression of <release> 12 & more');
    assert.deepEqual(await barriers(page), []);
    await form.getByRole('button', { name: 'Ask for approval' }).click();
    await form.waitFor({ state: 'detached' });
    const { id, key } = await next();
    await card(page, id, 'waiting for approval').waitFor();
    await card(page, id, 'Regression of <release> 12 & more').waitFor();

    // Nobody approves an own request, on whatever side.
    await issueIn(page, 'Waiting for approval', key).waitFor();
    await drag(page, issueIn(page, 'Waiting for approval', key), column(page, 'Approved'));
    // The card lies there at once, and Jira hears of it a little later.
    const refusals = () => rig.store.events.ofRequest(id, ['decision-refused']);
    await until('the move is refused', async () => (await refusals()).length > 0);
    await rig.stage.issue(id, 'Waiting for approval', 60);
    assert.equal((await rig.store.requests.get(id))?.state, 'pending');

    await actAs(page, 'QA manager');
    await issueIn(page, 'Waiting for approval', key).waitFor();
    await drag(page, issueIn(page, 'Waiting for approval', key), column(page, 'Approved'));
    await card(page, id, /· done/).waitFor({ timeout: 60_000 });
    await issueIn(page, 'Done', key).waitFor();
    assert.equal(await contentOf(rig, 'orders_uat'), fresh);
    await about.getByText(`put there by ${id}`).waitFor();
    const backup = (await rig.store.requests.get(id))?.items[0]?.backup?.id ?? 'none';
    await about.getByText(backup, { exact: true }).waitFor();
    // The swap ended its session, and it has come back to what is there now.
    await connected.waitFor();
    await shop.close();
    await about.getByText('nobody').waitFor();
    await before.getByText(/^orders_uat__old_/).waitFor();
    await before.getByText(testCase).first().waitFor();
    await now.getByText(testCase).first().waitFor({ state: 'detached' });
    // Rows of what came, under their heads.
    await now.getByRole('row').nth(1).waitFor();
    for (const colorScheme of ['dark', 'light'] as const) {
      // Colours change at once, and not while they are looked at.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      assert.deepEqual(await barriers(page), [], colorScheme);
    }

    await actAs(page, 'Developer');
    await card(page, id, /· done/)
      .getByRole('button', { name: /^Undo/ })
      .click();
    await page.getByRole('alertdialog').getByRole('button', { name: /undo/i }).last().click();
    const undo = await next('undo');
    await card(page, undo.id, 'waiting for approval').waitFor();
    await actAs(page, 'QA manager');
    await card(page, undo.id, 'waiting for approval')
      .getByRole('button', { name: /^Approve/ })
      .click();
    const sure = page.getByRole('alertdialog');
    assert.match(await sure.innerText(), /orders_uat/);
    await sure
      .getByRole('button', { name: /approve/i })
      .last()
      .click();
    await card(page, undo.id, /· done/).waitFor({ timeout: 60_000 });
    assert.equal(await contentOf(rig, 'orders_uat'), old);
    await about.getByText(`brought back by ${undo.id}`).waitFor();
    await now.getByText(testCase).first().waitFor();
    await page.context().close();
  });

  it('on a telephone, one pane at a time: a stranger is told why not, in the dark', async () => {
    const page = await eyes.open(server.url, {
      viewport: { width: 400, height: 800 },
      hasTouch: true,
      colorScheme: 'dark',
    });
    await actAs(page, 'From another team').catch(() =>
      page.getByRole('radio', { name: /Sam/ }).check({ force: true }),
    );
    await type(page, '/refresh uat orders');
    await slack(page).getByText('Only visible to you').first().waitFor();
    assert.match(await slack(page).innerText(), /not know|unknown|Ask an administrator/i);
    await page.getByRole('button', { name: 'Jira', exact: true }).click();
    await board(page).waitFor();
    await page.getByRole('button', { name: 'Databases', exact: true }).click();
    await page.getByRole('region', { name: 'Databases and backups' }).waitFor();
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
    );
    assert.equal(wider, false, 'nothing is wider than the screen');
    assert.deepEqual(await barriers(page), []);
    await page.context().close();
  });

  it('by keyboard alone: asked for with a completed line, rejected with a confirmed button', async () => {
    const page = await eyes.open(server.url);
    await tabTo(page, composer(page));
    await page.keyboard.type('/refresh uat orders --reason "by hand"');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await slack(page).getByText('by hand').first().waitFor();
    const { id, key } = await next();
    const quinn = page.getByRole('radio', { name: /Quinn/ });
    await page.getByRole('radio', { name: /Dana/ }).focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await quinn.isChecked(), true);
    const reject = card(page, id, 'waiting for approval').getByRole('button', { name: /^Reject/ });
    await reject.waitFor();
    await tabTo(page, reject);
    await page.keyboard.press('Enter');
    const sure = page.getByRole('alertdialog');
    await sure.waitFor();
    await tabTo(page, sure.getByRole('button', { name: /reject/i }).last());
    await page.keyboard.press('Enter');
    await card(page, id, /rejected/).waitFor();
    await issueIn(page, 'Rejected', key).waitFor();
    await page.context().close();
    await checkInvariants(rig, { targets: { orders_uat: [old] } });
  });
});
