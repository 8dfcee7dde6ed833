import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { buildPage } from '../../src/sandbox/page/build.ts';
import type {
  Database,
  DatabasesState,
  Environment,
  Sample,
} from '../../src/sandbox/page/databases/state.ts';
import { servePage, type SandboxPage } from '../../src/sandbox/page/server.ts';
import { sharedOr } from '../rig/made.ts';
import { needs } from '../skip.ts';
import { barriers, type Eyes, openEyes, tabTo } from './browser.ts';

const at = Date.UTC(2026, 10, 23, 4);

function sample(what: string, first: string): Sample {
  return {
    counts: [
      { what, count: 1200, newestAt: undefined },
      { what: 'rows', count: 3400, newestAt: at },
    ],
    headings: ['Number', 'Name', 'More'],
    rows: [1, 2, 3, 4, 5].map((n) => ({ cells: [`${n}`, `${first} ${n}`, `more ${n}`], isCase: n === 1 })),
  };
}

function database(name: string, environment: string, more: Partial<Database> = {}): Database {
  return {
    name,
    databaseName: `${name}_${environment}`,
    host: 'test-db',
    now: sample(`${name} now`, 'Newer'),
    closed: false,
    bytes: 12e6,
    holds: undefined,
    before: undefined,
    making: undefined,
    sessions: [],
    ...more,
  };
}

function environment(name: string, databases: readonly Database[]): Environment {
  return { name, title: `The ${name}`, production: false, protected: true, accepts: ['declared'], databases };
}

/** Billing of uat was refreshed, that of ci is being filled; dev has one database. */
const state: DatabasesState = {
  environments: [
    environment('uat', [
      database('orders', 'uat'),
      database('billing', 'uat', {
        holds: {
          backup: 'BKP-7',
          anonymisation: 'declared',
          dataAt: at,
          since: at,
          request: 'REQ-3',
          undone: false,
          outageSeconds: 0.1,
        },
        before: {
          name: 'billing_uat__old_c25tqy5d',
          backup: undefined,
          keptUntil: at,
          bytes: 11e6,
          sample: sample('before', 'Older'),
        },
        sessions: [{ application: 'invoicing', user: 'shop_uat_app', count: 2 }],
      }),
    ]),
    environment('ci', [
      database('orders', 'ci'),
      database('billing', 'ci', { making: { name: 'billing_ci__new_c25tqy5d', bytes: 3e6 } }),
    ]),
    environment('dev', [database('orders', 'dev')]),
  ],
  folders: [],
};

describe('the pane of databases in a browser', function () {
  this.timeout(60_000);
  let folder: string;
  let eyes: Eyes;
  let server: SandboxPage;

  before(async function () {
    needs(this, 'chromium');
    folder = await mkdtemp(join(tmpdir(), 'databases-'));
    const [built, opened] = await Promise.all([buildPage(sharedOr('page', folder)), openEyes()]);
    eyes = opened;
    const part = {
      name: 'databases' as const,
      state: () => state,
      deeds: {},
      onChange: () => () => undefined,
    };
    server = await servePage({ parts: [part], built, port: 0 });
  });
  after(async () => {
    await eyes?.close();
    await server?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  afterEach(() => assert.deepEqual(eyes.faults(), []));

  const pane = (page: Page) => page.getByRole('region', { name: 'Databases and backups' });
  const choice = (page: Page, group: string, name: string) =>
    pane(page).getByRole('group', { name: group, exact: true }).getByRole('button', { name });

  it('each database of an environment is chosen by keyboard: what is in it, from where, and who is connected', async () => {
    const page = await eyes.open(server.url);
    const about = pane(page).getByRole('region', { name: 'About it' });
    await pane(page).getByText('orders_uat').waitFor();
    await pane(page).getByText('No refresh yet').waitFor();
    await tabTo(page, choice(page, 'Database', 'billing'));
    await page.keyboard.press('Enter');
    await about.getByText('BKP-7').waitFor();
    await about.getByText('put there by REQ-3').waitFor();
    await about.getByText('2 × invoicing as shop_uat_app').waitFor();
    await pane(page).getByRole('region', { name: 'Now' }).getByText('Newer 5').waitFor();
    await pane(page).getByRole('region', { name: 'Before' }).getByText('Older 5').waitFor();

    // The same database of the next environment.
    await choice(page, 'Shown', 'ci').focus();
    await page.keyboard.press('Space');
    await pane(page).getByText('billing_ci__new_c25tqy5d').waitFor();
    await choice(page, 'Shown', 'dev').focus();
    await page.keyboard.press('Space');
    await pane(page).getByText('orders_dev').waitFor();
    assert.equal(await pane(page).getByRole('group', { name: 'Database', exact: true }).count(), 0);
    await page.context().close();
  });

  for (const width of [1280, 400]) {
    it(`keeps nobody out, ${width} pixels wide, by day and by night`, async () => {
      const page = await eyes.open(server.url, { viewport: { width, height: 800 } });
      if (width === 400) await page.getByRole('button', { name: 'Databases', exact: true }).click();
      await choice(page, 'Database', 'billing').click();
      await pane(page).getByText('Older 5').waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        assert.deepEqual(await barriers(page), [], colorScheme);
      }
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      assert.equal(wider, false, 'nothing is wider than the screen');
      const hidden = await pane(page).evaluate((element) => {
        const frame = element.getBoundingClientRect();
        const places = [...element.querySelectorAll('button')].map((one) => one.getBoundingClientRect());
        return places.filter(({ left, right }) => left < frame.left || right > frame.right).length;
      });
      assert.equal(hidden, 0, 'every choice can be reached');
      await page.context().close();
    });
  }
});
