// `npm run screenshots`: the pictures of README and docs, taken of the running sandbox.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { dana, quinn } from '../../src/sandbox/cast.ts';
import { ENVIRONMENTS } from '../../src/sandbox/hosts/environments.ts';
import { addQaCases } from '../../src/sandbox/hosts/qa-cases.ts';
import { openShopFront } from '../../src/sandbox/hosts/shop-front.ts';
import { buildPage } from '../../src/sandbox/page/build.ts';
import { startPage } from '../../src/sandbox/page/server.ts';
import { root } from '../../src/sandbox/setup.mjs';
import { hookTarget } from '../rig/hook-target.ts';
import { startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { drag, openEyes } from './browser.ts';

const folder = join(root, 'docs', 'images');
const sharp = { deviceScaleFactor: 2 };
const wide = { width: 1280, height: 900 };
const reason = 'Regression of release 12';

async function take(): Promise<void> {
  await mkdir(folder, { recursive: true });
  const hooks = await hookTarget();
  const [rig, eyes] = await Promise.all([startRigOf(hooks.url), openEyes()]);
  const { sandbox, store } = rig;
  const server = await startPage({
    sandbox,
    store,
    port: 0,
    built: await buildPage(join(rig.folder, 'page')),
  });
  const shop = openShopFront(sandbox.hosts.hosts['test-db'], ENVIRONMENTS[0]!);
  const keep = (name: string) => ({ path: join(folder, `${name}.png`), animations: 'disabled' as const });
  try {
    await workOnUat(rig);
    const page = await eyes.open(server.url, sharp);
    const actAs = (title: string) => page.getByRole('banner').getByText(title, { exact: true }).click();
    /** Neither the mouse nor the keyboard is on anything. */
    const letGo = async () => {
      await page.mouse.move(0, 0);
      await page.evaluate('document.activeElement?.blur()');
    };
    /** Of one thing, as high as it is. */
    const picture = async (of: Locator, name: string, height = 1900) => {
      await page.setViewportSize({ width: 1280, height });
      await letGo();
      await of.screenshot(keep(name));
      await page.setViewportSize(wide);
    };

    await page.setViewportSize(wide);
    const databases = page.getByRole('region', { name: 'Databases and backups' });
    // What the page reads itself would count among the sessions.
    await databases.getByText('qa-108@qa.invalid').waitFor();
    await type(page, '/refresh');
    const form = page.getByRole('dialog', { name: 'New refresh' });
    // It begins with what she asked for last.
    await form.getByRole('button', { name: /^Remove orders/ }).waitFor();
    await form.getByRole('combobox', { name: 'Databases of uat' }).click();
    await form.getByRole('option', { name: /^catalog/ }).click();
    await form.getByRole('combobox', { name: 'Backup of catalog' }).waitFor();
    await page.keyboard.press('Escape');
    await form.getByText('is protected').waitFor();
    await form.getByText('Only in catalog_uat, and lost').waitFor();
    await form.getByText('1 session is open').waitFor();
    await form.getByRole('textbox', { name: /^Reason/ }).fill(reason);
    // Slack's own window scrolls; a picture shows all of it.
    await style(form, { maxHeight: 'none' });
    await picture(form, 'form');
    await style(form, { maxHeight: '' });

    await form.getByRole('button', { name: 'Ask for approval' }).click();
    const pending = card(page, 'waiting for approval');
    await pending.getByText('Only in catalog_uat, and lost').waitFor();
    const board = page.getByRole('region', { name: 'Jira board' });
    const issue = board.getByRole('button', { name: 'REF-2', exact: true });
    await issue.waitFor();
    await pending.getByRole('link', { name: 'REF-2' }).waitFor();

    // Dana tries it herself, as the guide says; so the picture of the whole shows what is left to try.
    await drag(page, issue, board.getByRole('region', { name: /^Approved: / }));
    await sandbox.jira.waitFor(
      (jira) =>
        jira.issue('REF-2').comments.length > 0 && jira.issue('REF-2').status === 'Waiting for approval',
      30_000,
    );
    await actAs('QA manager');
    await pending.waitFor();
    await picture(pending, 'card-waiting');
    await issue.click();
    const asked = page.getByRole('dialog', { name: /^REF-2/ });
    await asked.getByText('Only in catalog_uat, and lost').waitFor();
    await picture(asked, 'issue');
    await page.keyboard.press('Escape');

    // What she is asked for waits in her Home as well.
    const conversations = page.getByRole('navigation', { name: 'Slack conversations' });
    await conversations.getByRole('button', { name: 'Freshet' }).click();
    await page.getByRole('button', { name: 'Home', exact: true }).click();
    const home = page.getByRole('region', { name: 'Home of Freshet' });
    await home.getByRole('button', { name: /^Approve/ }).waitFor();
    await style(home, { flex: 'none' });
    await picture(home, 'home', 2600);
    await conversations.getByRole('button', { name: 'db-refreshes' }).click();

    await pending.getByRole('button', { name: /^Approve/ }).click();
    const sure = page.getByRole('alertdialog');
    await sure
      .getByRole('button', { name: /approve/i })
      .last()
      .click();
    await card(page, /· done/).waitFor();
    await page.getByRole('region', { name: /^Done: 2/ }).waitFor();
    // The panes look at different moments: each has to have seen the end.
    await page.getByText('orders, catalog on uat is done').waitFor();
    await databases.getByRole('button', { name: 'catalog' }).click();
    await databases.getByRole('region', { name: 'Before' }).getByRole('table').waitFor();
    await databases.getByText('by REQ-2').waitFor();
    await databases.getByText('Not read yet.').waitFor({ state: 'detached' });
    await letGo();
    await page.screenshot(keep('sandbox'));
    await picture(card(page, /· done/), 'card-done');

    const phone = await eyes.open(server.url, {
      ...sharp,
      viewport: { width: 400, height: 900 },
      colorScheme: 'dark',
    });
    await card(phone, /· done/).waitFor();
    const told = phone.getByRole('button', { name: 'Dismiss' });
    for (let left = await told.count(); left > 0; left -= 1) await told.first().click();
    const newest = phone.getByRole('button', { name: 'Newest' });
    if (await newest.isVisible()) await newest.click();
    await phone.mouse.move(0, 0);
    await phone.screenshot(keep('sandbox-phone'));
    await phone.context().close();
    if (eyes.faults().length > 0) throw new Error(eyes.faults().join('\n'));
  } finally {
    await eyes.close();
    await server.close();
    await shop.close();
    await stopRigs();
    await hooks.close();
  }
}

/** All that the sandbox has, and a hook: a smoke test behind each refresh of uat. */
function startRigOf(hooks: string): Promise<Rig> {
  return startRig({
    serve: [],
    indexDelayMs: 200,
    scale: 1,
    billing: true,
    catalog: true,
    async site({ environments }, sandbox) {
      const secret = join(sandbox.folder, 'hooks.secret');
      await writeFile(secret, 'a secret of the pictures\n', { mode: 0o600 });
      environments['uat']!['hooks'] = [
        { name: 'smoke-test', url: `${hooks}/smoke-test`, plainHttp: true, secret: `file:${secret}` },
      ];
    },
  });
}

/** Uat as it mostly is: refreshed some time ago, and since then somebody has worked on it. */
async function workOnUat(rig: Rig): Promise<void> {
  const { sandbox, stage } = rig;
  await stage.type(dana, '/refresh', 'uat orders --reason "Start of release 12"');
  await sandbox.slack.waitFor(() => sandbox.slack.messages('db-refreshes').length > 0, 15_000);
  const { id } = await stage.newest();
  sandbox.jira.moveIssue(quinn.jira, await stage.issue(id, 'Waiting for approval'), 'Approved');
  await rig.until(id, ['succeeded']);
  await stage.issue(id, 'Done');
  const client = await sandbox.hosts.hosts['test-db'].connect('orders_uat');
  try {
    await addQaCases(client, new Date());
  } finally {
    await client.end();
  }
}

/** Gives it, and the form in it, this style. */
async function style(of: Locator, how: Readonly<Record<string, string>>): Promise<void> {
  await of.evaluate((element, wanted) => {
    for (const one of [element, ...element.querySelectorAll('form')])
      Object.assign((one as unknown as { style: object }).style, wanted);
  }, how);
}

function card(page: Page, state: RegExp | string) {
  return page
    .getByRole('log', { name: /^Messages of/ })
    .getByRole('article')
    .filter({ hasText: 'REQ-2 ·' })
    .filter({ hasText: state });
}

async function type(page: Page, line: string): Promise<void> {
  const composer = page
    .getByRole('textbox', { name: /^Message #/ })
    .or(page.getByRole('combobox', { name: /^Message #/ }));
  await composer.click();
  await composer.pressSequentially(line);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
}

await take();
console.log('The pictures are in docs/images.');
