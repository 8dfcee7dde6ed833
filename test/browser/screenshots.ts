// `npm run screenshots`: the pictures of README and docs, taken of the running sandbox.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { buildPage } from '../../src/sandbox/page/build.ts';
import { startPage } from '../../src/sandbox/page/server.ts';
import { root } from '../../src/sandbox/setup.mjs';
import { startRig, stopRigs } from '../rig/rig.ts';
import { openEyes } from './browser.ts';

const folder = join(root, 'docs', 'images');
const sharp = { deviceScaleFactor: 2 };

async function take(): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [rig, eyes] = await Promise.all([startRig({ serve: [], indexDelayMs: 200, scale: 1 }), openEyes()]);
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
    await type(page, '/refresh');
    const form = page.getByRole('dialog', { name: 'New refresh' });
    await form.getByRole('combobox', { name: 'Environment' }).click();
    await form.getByRole('option', { name: /^uat/ }).click();
    await form.getByText('is protected').waitFor();
    await form.getByRole('textbox', { name: /^Reason/ }).fill('Regression of release 12');
    await page.screenshot(keep('form'));

    await form.getByRole('button', { name: 'Ask for approval' }).click();
    const pending = card(page, 'waiting for approval');
    await pending.waitFor();
    await page
      .getByRole('region', { name: 'Jira board' })
      .getByRole('button', { name: 'REF-1', exact: true })
      .waitFor();
    await page.getByRole('banner').getByText('QA manager', { exact: true }).click();
    await pending.waitFor();
    await pending.getByRole('link', { name: 'REF-1' }).waitFor();
    await page.setViewportSize({ width: 1280, height: 1300 });
    await pending.screenshot(keep('card-waiting'));
    await page.setViewportSize({ width: 1280, height: 800 });

    await pending.getByRole('button', { name: /^Approve/ }).click();
    const sure = page.getByRole('alertdialog');
    await sure
      .getByRole('button', { name: /approve/i })
      .last()
      .click();
    await card(page, /· done/).waitFor();
    await page.getByRole('region', { name: /^Done: 1/ }).waitFor();
    await page.screenshot(keep('sandbox'));

    // Tall enough for a card and a Home as they are.
    await page.setViewportSize({ width: 1280, height: 1300 });
    await card(page, /· done/).screenshot(keep('card-done'));
    await page
      .getByRole('navigation', { name: 'Slack conversations' })
      .getByRole('button', { name: 'Freshet' })
      .click();
    await page.getByRole('button', { name: 'Home', exact: true }).click();
    const home = page.getByRole('region', { name: 'Home of Freshet' });
    await home.getByText('Environments').first().waitFor();
    await home.screenshot(keep('home'));

    const phone = await eyes.open(server.url, {
      ...sharp,
      viewport: { width: 400, height: 800 },
      colorScheme: 'dark',
    });
    await card(phone, /· done/).waitFor();
    await phone.screenshot(keep('sandbox-phone'));
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
