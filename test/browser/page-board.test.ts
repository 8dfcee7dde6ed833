import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { dana, quinn } from '../../src/sandbox/cast.ts';
import { screenWorkflow } from '../../src/sandbox/jira/workflow.ts';
import { buildPage } from '../../src/sandbox/page/build.ts';
import { sharedOr } from '../rig/made.ts';
import { needs } from '../skip.ts';
import { startStandIns, type StandIns } from '../src/sandbox/page/stand-ins.ts';
import { barriers, drag, openEyes, type Eyes } from './browser.ts';

describe('the Jira board of the sandbox page', function () {
  this.timeout(60_000);
  let folder: string;
  let built: string;
  let eyes: Eyes;
  let all: StandIns;
  let key: string;

  before(async function () {
    needs(this, 'chromium');
    folder = await mkdtemp(join(tmpdir(), 'freshet-board-'));
    built = await buildPage(sharedOr('page', folder));
    eyes = await openEyes();
  });
  after(async () => {
    await eyes?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    all = await startStandIns({ built, workflow: screenWorkflow('71', 'resolution') });
    key = all.jira.createIssue(dana.jira, { summary: 'Refresh orders on uat', text: 'Please' }).key;
  });
  afterEach(() => all.close());

  const column = (page: Page, status: string) =>
    page
      .getByRole('region', { name: 'Jira board' })
      .getByRole('region', { name: new RegExp(`^${status}: `) });
  const card = (page: Page) => page.locator(`.card[data-key="${key}"]`);
  // A card stands where it was put before Jira has taken the move: until then it is busy.
  const lies = (page: Page, status: string) =>
    column(page, status).locator(`[data-key="${key}"]:not([aria-busy="true"])`).waitFor();
  const status = () => all.jira.issue(key).status;

  it('lets a card be dragged where the workflow leads, and nowhere else', async () => {
    const page = await eyes.open(`${all.url}/?as=quinn`);
    await drag(page, card(page), column(page, 'Done'));
    await drag(page, card(page), page.getByRole('region', { name: 'Slack', exact: true }));
    assert.equal(status(), 'Waiting for approval');
    await drag(page, card(page), column(page, 'Approved'));
    await lies(page, 'Approved');
    assert.equal(status(), 'Approved');
    assert.equal(all.jira.issue(key).history.at(-1)?.accountId, quinn.jira);
    // The release of a drag opens nothing, and eats no click that comes later.
    assert.equal(await page.getByRole('dialog').count(), 0);
    await card(page).getByText('Refresh orders on uat').click();
    await page.getByRole('dialog', { name: /Refresh orders/ }).waitFor();
  });

  it('is moved by keyboard alone, with a reason where it ends', async () => {
    const page = await eyes.open(`${all.url}/?as=quinn`);
    await page.getByRole('button', { name: `Move ${key}` }).focus();
    await page.keyboard.press('Enter');
    // The focus follows a menu that opens; it is not there at once.
    const chosen = (start: string) =>
      page.waitForFunction((text) => document.activeElement?.textContent?.startsWith(text), start);
    await chosen('Approve');
    await page.keyboard.press('ArrowDown');
    await chosen('Reject');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: `Move ${key} to Rejected` }).waitFor();
    await page.keyboard.type('Not before the release');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await lies(page, 'Rejected');
    assert.equal(all.jira.issue(key).comments.at(-1)?.text, 'Not before the release');
    assert.equal(all.jira.issue(key).comments.at(-1)?.accountId, quinn.jira);
  });

  it('asks for what the screen of a transition requires', async () => {
    const page = await eyes.open(`${all.url}/?as=quinn`);
    await drag(page, card(page), column(page, 'Cancelled'));
    const dialog = page.getByRole('dialog', { name: `Move ${key} to Cancelled` });
    await dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
    assert.equal(status(), 'Waiting for approval');
    await dialog.getByLabel(/Resolution/).selectOption({ label: "Won't Do" });
    await dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
    await lies(page, 'Cancelled');
    assert.equal(all.jira.issue(key).details['Resolution'], "Won't Do");
  });

  it('shows an issue while it changes, and takes a comment', async () => {
    const page = await eyes.open(`${all.url}/?as=dana`);
    await page.getByRole('button', { name: key, exact: true }).click();
    const issue = page.getByRole('dialog', { name: new RegExp(key) });
    await issue.getByText('Please').waitFor();
    all.jira.comment(quinn.jira, key, 'Tomorrow at nine');
    await issue.getByText('Tomorrow at nine').waitFor();
    await issue.getByRole('textbox', { name: 'Comment as Dana Whitlock' }).fill('Fine <b>by</b> me');
    await issue.getByRole('button', { name: 'Comment', exact: true }).click();
    // What people write is text, never markup of the page.
    await issue.getByText('Fine <b>by</b> me').waitFor();
    all.jira.moveIssue(quinn.jira, key, 'Approved');
    await issue.getByRole('button', { name: 'History (1)' }).click();
    await issue.getByText('Quinn Abara').waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('can be used with a finger on a narrow screen: a swipe scrolls, a card that is held moves', async () => {
    const phone = { viewport: { width: 400, height: 800 }, hasTouch: true, colorScheme: 'dark' as const };
    const page = await eyes.open(`${all.url}/?as=quinn`, phone);
    await page.getByRole('navigation', { name: 'Panes' }).getByText('Jira').click();
    await card(page).waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 400, `the page is ${wide} pixels wide`);
    const finger = await page.context().newCDPSession(page);
    const board = page.locator('.board');
    const { x, y } = (await card(page).boundingBox())!;
    const scrolled = () => board.evaluate((one) => one.scrollLeft);
    // A machine that is slow can make a rest of the swipe's beginning, and then the card goes nowhere: one swipes again.
    for (let swipe = 0; swipe < 5 && (await scrolled()) < 30; swipe += 1) {
      await slide(finger, { x: x + 200, y: y + 40 }, { x: x + 40, y: y + 56 });
      for (let look = 0; look < 40 && (await scrolled()) < 30; look += 1) await page.waitForTimeout(50);
    }
    assert.ok((await scrolled()) >= 30, `it scrolled ${await scrolled()} pixels`);
    assert.equal(status(), 'Waiting for approval');
    await board.evaluate((one) => one.scrollTo({ left: 0, behavior: 'instant' }));
    const to = (await column(page, 'Approved').boundingBox())!;
    await slide(finger, { x: x + 60, y: y + 40 }, { x: to.x + 15, y: to.y + 90 }, () =>
      page.locator('.card.ghost').waitFor(),
    );
    await lies(page, 'Approved');
    assert.deepEqual(await barriers(page), []);
  });

  it('says when the sandbox is gone', async () => {
    const page = await eyes.open(`${all.url}/?as=dana`);
    await card(page).waitFor();
    await all.close();
    await page.getByRole('alert').getByText('The sandbox is gone').waitFor();
    await page.getByRole('button', { name: `Move ${key}` }).click();
    await page.getByRole('menuitem', { name: /^Approve/ }).click();
    await page.getByText('The sandbox does not answer').waitFor();
    await page.close();
    all = await startStandIns();
  });
});

type Point = { x: number; y: number };

/** A finger that goes from one place to another, after it has rested until something came of that. */
async function slide(
  finger: CDPSession,
  from: Point,
  to: Point,
  rested: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', at?: Point) =>
    finger.send('Input.dispatchTouchEvent', { type, touchPoints: at ? [at] : [] });
  await touch('touchStart', from);
  await rested();
  for (let n = 1; n <= 8; n += 1) {
    const way = (a: number, b: number) => a + ((b - a) * n) / 8;
    await touch('touchMove', { x: way(from.x, to.x), y: way(from.y, to.y) });
  }
  await touch('touchEnd');
}
