import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { buildPage } from '../../src/sandbox/page/build.ts';
import { servePage, type SandboxPage } from '../../src/sandbox/page/server.ts';
import { sharedOr } from '../rig/made.ts';
import { needs } from '../skip.ts';
import type { PaneStage } from '../src/sandbox/page/slack/stage.ts';
import { type Eyes, openEyes } from './browser.ts';

export const composer = (page: Page) => page.getByRole('textbox', { name: 'Message #db-refreshes' });
export const log = (page: Page) => page.getByRole('log', { name: 'Messages of #db-refreshes' });
/** The focus follows what is drawn; it is not there at once. */
export const focusIsOn = (page: Page, pattern: RegExp) =>
  page.waitForFunction((source) => {
    const { document } = globalThis as unknown as { document: { activeElement: { outerHTML: string } } };
    return new RegExp(source).test(document.activeElement.outerHTML);
  }, pattern.source);

/** Opens the pane as somebody. */
export type OpenPane = (as: string, how?: BrowserContextOptions) => Promise<Page>;

/** Serves Slack's pane to one browser for the calling suite, and closes after each test what was opened for it. */
export function servePanes(): (part: PaneStage['part']) => Promise<OpenPane> {
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

  return async (part) => {
    const server = await servePage({ parts: [part], built, port: 0 });
    servers.push(server);
    return async (as, how) => {
      const page = await eyes.open(`${server.url}/?as=${as}`, how);
      pages.push(page);
      await composer(page).waitFor();
      return page;
    };
  };
}
