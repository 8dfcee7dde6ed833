import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { find } from '../../src/sandbox/setup.mjs';

/** A real browser of a test file's own; what a page says went wrong is kept, and looked at by `faults`. */
export type Eyes = {
  /** A page of its own context, at this address. */
  open(url: string, how?: BrowserContextOptions): Promise<Page>;
  /** Errors of scripts, and requests that were refused by the page's own rules. */
  faults(): readonly string[];
  /** What each open page shows, as a screen reader would tell it, and what has the focus. */
  seen(): Promise<string[]>;
  close(): Promise<void>;
};

/** Debian's Chromium without a window. `needs(this, 'chromium')` first. */
export async function openEyes(): Promise<Eyes> {
  const browser: Browser = await chromium.launch({
    executablePath: find('chromium')!['chromium']!,
    // Tests may run as root, in machines that allow no sandbox of their own.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const faults: string[] = [];
  return {
    async open(url, how = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        locale: 'en-GB',
        ...how,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        // A deed that is refused answers 4xx: that is for the page to show.
        if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
          faults.push(message.text());
      });
      await page.goto(url);
      return page;
    },
    faults: () => faults,
    async seen() {
      const pages = browser.contexts().flatMap((context) => context.pages());
      return Promise.all(
        pages.map(async (page) => {
          const focus = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
          return `${await page.locator('body').ariaSnapshot()}\nfocus: ${focus}`;
        }),
      );
    },
    close: () => browser.close(),
  };
}

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe-core finds that keeps people out: its rules of serious and critical impact, each with where. */
export async function barriers(page: Page): Promise<string[]> {
  // By the debugger's way, as the page's own policy rightly allows no scripts of others.
  await page.evaluate(await readFile(axeFile, 'utf8'));
  return page.evaluate(async () => {
    type Found = { id: string; impact: string; help: string; nodes: { html: string }[] };
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Found[] }> } };
    // What rises or fades is looked at when it is there; what turns for ever is not waited for.
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map(({ finished }) => finished));
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
      );
  });
}

/** Takes one thing with the mouse and drops it on another. */
export async function drag(page: Page, what: Locator, onto: Locator): Promise<void> {
  const from = await middle(what);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  // A hand does not jump: the first small way makes it a drag.
  await page.mouse.move(from.x + 12, from.y + 6, { steps: 4 });
  // The board makes room for what is in the hand, so where to drop it is looked for again.
  for (let tries = 0; tries < 20; tries += 1) {
    const to = await middle(onto);
    await page.mouse.move(to.x, to.y, { steps: 6 });
    if ((await onto.getAttribute('data-over')) === 'true') break;
    await page.waitForTimeout(50);
  }
  await page.mouse.up();
}

async function middle(of: Locator): Promise<{ x: number; y: number }> {
  const box = await of.boundingBox();
  if (box === null) throw new Error('it is not to be seen');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Presses Tab until `what` has the focus. */
export async function tabTo(page: Page, what: Locator, most = 80): Promise<void> {
  for (let pressed = 0; pressed < most; pressed += 1) {
    if (await what.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`not reached by ${most} times Tab`);
}
