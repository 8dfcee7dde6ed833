// `npm run screenshots`: the pictures of README and docs, taken of the running sandbox.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { buildPage } from '../../src/sandbox/page/build.ts';
import { startPage } from '../../src/sandbox/page/server.ts';
import { root } from '../../src/sandbox/setup.mjs';
import { startRig, stopRigs } from '../rig/rig.ts';
import { drag, openEyes } from './browser.ts';

const folder = join(root, 'docs', 'images');
const sharp = { deviceScaleFactor: 2 };
const wide = { width: 1280, height: 900 };

async function take(): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [rig, eyes] = await Promise.all([
    startRig({ serve: [], indexDelayMs: 200, scale: 1, billing: true }),
    openEyes(),
  ]);
  const { sandbox, store } = rig;
  const server = await startPage({
    sandbox,
    store,
    port: 0,
    built: await buildPage(join(rig.folder, 'page')),
  });
  const keep = (name: string) => ({ path: join(folder, `${name}.png`), animations: 'disabled' as const });
  try {
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
    await type(page, '/refresh');
    const form = page.getByRole('dialog', { name: 'New refresh' });
    await form.getByRole('combobox', { name: 'Environment' }).click();
    await form.getByRole('option', { name: /^uat/ }).click();
    await form.getByRole('combobox', { name: 'Databases of uat' }).click();
    await form.getByRole('option', { name: /^orders/ }).click();
    await form.getByText('is protected').waitFor();
    await form.getByText('Nobody is connected').waitFor();
    await form.getByRole('textbox', { name: /^Reason/ }).fill('Regression of release 12');
    await picture(form, 'form');

    await form.getByRole('button', { name: 'Ask for approval' }).click();
    const pending = card(page, 'waiting for approval');
    await pending.waitFor();
    const board = page.getByRole('region', { name: 'Jira board' });
    const issue = board.getByRole('button', { name: 'REF-1', exact: true });
    await issue.waitFor();
    await pending.getByRole('link', { name: 'REF-1' }).waitFor();

    // Dana tries it herself, as the guide says; so the picture of the whole shows what is left to try.
    await drag(page, issue, board.getByRole('region', { name: /^Approved: / }));
    await sandbox.jira.waitFor(
      (jira) =>
        jira.issue('REF-1').comments.length > 0 && jira.issue('REF-1').status === 'Waiting for approval',
      30_000,
    );
    await actAs('QA manager');
    await pending.waitFor();
    await picture(pending, 'card-waiting');

    await pending.getByRole('button', { name: /^Approve/ }).click();
    const sure = page.getByRole('alertdialog');
    await sure
      .getByRole('button', { name: /approve/i })
      .last()
      .click();
    await card(page, /· done/).waitFor();
    await page.getByRole('region', { name: /^Done: 1/ }).waitFor();
    // The panes look at different moments: each has to have seen the end.
    await page.getByText('orders on uat is done').waitFor();
    const databases = page.getByRole('region', { name: 'Databases and backups' });
    await databases.getByRole('region', { name: 'Before' }).getByRole('table').waitFor();
    await databases.getByText('by REQ-1').waitFor();
    await letGo();
    await page.screenshot(keep('sandbox'));
    await picture(card(page, /· done/), 'card-done');

    const phone = await eyes.open(server.url, {
      ...sharp,
      viewport: { width: 400, height: 900 },
      colorScheme: 'dark',
    });
    await card(phone, /· done/).waitFor();
    await phone.getByRole('button', { name: 'Dismiss' }).click();
    await phone.mouse.move(0, 0);
    await phone.screenshot(keep('sandbox-phone'));
    await phone.context().close();

    // So that something waits in the Home.
    await actAs('Developer');
    await type(page, '/refresh uat orders --reason "Regression of release 13"');
    await actAs('QA manager');
    await page
      .getByRole('navigation', { name: 'Slack conversations' })
      .getByRole('button', { name: 'Freshet' })
      .click();
    await page.getByRole('button', { name: 'Home', exact: true }).click();
    const home = page.getByRole('region', { name: 'Home of Freshet' });
    await home.getByRole('button', { name: /^Approve/ }).waitFor();
    await picture(home, 'home', 1730);
    if (eyes.faults().length > 0) throw new Error(eyes.faults().join('\n'));
  } finally {
    await eyes.close();
    await server.close();
    await stopRigs();
  }
}

function card(page: Page, state: RegExp | string) {
  return page
    .getByRole('log', { name: /^Messages of/ })
    .getByRole('article')
    .filter({ hasText: 'REQ-1 ·' })
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
