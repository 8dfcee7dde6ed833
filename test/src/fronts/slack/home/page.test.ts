import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Failure } from '../../../../../src/fronts/slack/messages/alert.ts';
import { homePage, strangerPage, type HomePage } from '../../../../../src/fronts/slack/home/page.ts';
import type { HomeSeen } from '../../../../../src/fronts/slack/home/look.ts';
import { contentsOf } from '../../../../../src/domain/backup.ts';
import type { EnvironmentSite } from '../../../../../src/domain/site.ts';
import type { Standing } from '../../../../../src/service/views/standings.ts';
import { checkView } from '../../../../../src/sandbox/slack/blocks/surfaces.ts';
import { paperSite } from '../../../../paper-site.ts';
import { backupOf, eventsOf, now, people, swapOf, viewOf } from '../views.ts';
import { anyText, onlyOurs } from '../nasty.ts';

const site = paperSite();

function accepted(page: HomePage, what: string): HomePage {
  const checked = checkView(page, 'home');
  assert.ok(checked.ok, `${what}: ${checked.ok ? '' : `${checked.error} ${checked.messages.join('; ')}`}`);
  onlyOurs(page, what);
  return page;
}

function said(page: HomePage): string {
  return JSON.stringify(page.blocks);
}

type Size = { environments: number; databases: number; lists: number };

/** A Home of somebody who may do everything, with `text` wherever somebody's text goes. */
function homeWith(
  text: string,
  { environments, databases, lists }: Size,
  more: Partial<HomeSeen> = {},
): HomeSeen {
  const names = Array.from({ length: databases }, (_, at) => `${text}${at}`);
  const live = (name: string) => name.slice(-63);
  const view = viewOf({
    databases: names,
    liveName: live,
    request: { reason: text, requestedBy: text, environment: text, state: 'failed' },
    events: [
      { type: 'run-failed', code: 'x', cause: text, hint: text, step: text, host: text, targetTouched: true },
      { type: 'alert-acknowledged' },
    ],
  });
  const links = {
    cardUrl: 'https://webshop.slack.com/archives/C1/p1',
    issueUrl: 'https://jira.example/browse/DBR-7',
  };
  const numbered = Array.from({ length: lists }, (_, at) => `REQ-${at + 1}` as const);
  const linked = numbered.map((id) => ({ view: { ...view, request: { ...view.request, id } }, links }));
  const environment = (at: number): EnvironmentSite => ({
    ...site.environments['uat']!,
    name: `${text}${at}`,
    title: text,
    approvers: Array.from({ length: 40 }, () => text),
  });
  const standing = (database: string, at: number): Standing => ({
    swap: swapOf(database, {
      databaseName: live(database),
      request: `REQ-${at + 1}`,
      contents: contentsOf({ ...backupOf(database, { environment: text }), checksum: 'c'.repeat(64) }),
    }),
    kind: 'refresh',
    requestedBy: text,
    whole: true,
  });
  const named = new Set(Array.from({ length: environments }, (_, at) => `${text}${at}`));
  return {
    person: people['quinn']!,
    now,
    mayRequestIn: named,
    mayHoldIn: named,
    mayUndoIn: named,
    approvalIn: () => text,
    upcoming: Object.fromEntries(
      Array.from({ length: environments }, (_, at) => [`${text}${at}`, [{ schedule: text, at: now }]]),
    ),
    waiting: linked,
    delegations: { held: [] },
    moreWaiting: 7,
    alerts: linked.slice(0, 5).map((one) => ({
      ...one,
      failure: eventsOf([
        { type: 'run-fenced', code: 'x', cause: text, hint: text, step: text, host: text },
      ])[0] as Failure,
    })),
    moreAlerts: 7,
    own: linked.map(({ view: { request } }) => ({ request, links, hookFailed: true })),
    moreOwn: 7,
    environments: Array.from({ length: environments }, (_, at) => ({
      environment: environment(at),
      holds: Array.from({ length: 3 }, (_, n) => ({
        id: `HLD-${at * 10 + n + 1}`,
        environment: `${text}${at}`,
        by: text,
        front: 'slack',
        from: now,
        until: now,
        reason: text,
      })),
      freeze: { until: now, reason: text, window: text },
      databases: names.map((database, n) => ({
        placement: {
          ...site.environments['uat']!.databases['orders']!,
          database,
          databaseName: live(database),
        },
        ...(n % 3 === 2 ? {} : { standing: standing(database, at) }),
      })),
    })),
    active: linked.map(({ view: { request } }) => ({ ...request, environment: `${text}0` })),
    ...more,
  };
}

describe('the page of a Home', function () {
  this.timeout(60_000);

  it('is taken by Slack, whatever is written in names, reasons and causes, and only what is ours mentions or links', function () {
    fc.assert(
      fc.property(
        anyText,
        fc.record({
          environments: fc.constantFrom(1, 3, 120),
          databases: fc.constantFrom(1, 5, 50),
          lists: fc.constantFrom(0, 1, 8),
        }),
        (text, size) => {
          accepted(homePage(homeWith(text, size), people), JSON.stringify(size));
          accepted(strangerPage(text), 'stranger');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has at most 100 blocks, and says how much is left out', function () {
    const page = accepted(
      homePage(homeWith('shop', { environments: 200, databases: 2, lists: 8 }, { upcoming: {} }), people),
      'page',
    );
    assert.equal(page.blocks.length, 100);
    const last = page.blocks.at(-1)!;
    const left = '`/refresh status`, `/refresh holds`, `/refresh schedule`';
    assert.match(JSON.stringify(last), new RegExp(`and \\d\\d\\d more: ${left}`));
    // Also of those that nobody has to look at, as no page has room for so many.
    const many = homeWith('shop', { environments: 3000, databases: 2, lists: 8 }, { upcoming: {} });
    const far = accepted(homePage(many, people), 'far');
    assert.match(JSON.stringify(far.blocks.at(-1)), new RegExp(`and 3\\d\\d\\d more: ${left}`));
    // What waits for the person is never among what is left out.
    for (let at = 1; at <= 8; at++) assert.ok(said(page).includes(`waiting REQ-${at}"`));
  });

  it('leaves nothing out where all has room', function () {
    const page = accepted(
      homePage(
        homeWith(
          'shop',
          { environments: 3, databases: 2, lists: 2 },
          { moreOwn: 0, moreAlerts: 0, moreWaiting: 0 },
        ),
        people,
      ),
      'page',
    );
    assert.doesNotMatch(said(page), / more: /);
  });

  it('offers Undo to those alone who may, and where all of a request can still be taken back', function () {
    const small = { environments: 1, databases: 1, lists: 0 };
    const seen = homeWith('shop', small);
    const undo = /"action_id":"undo"/;
    assert.match(said(homePage(seen, people)), undo);
    assert.doesNotMatch(said(homePage({ ...seen, mayUndoIn: new Set() }, people)), undo);
    const standing = seen.environments[0]!.databases[0]!.standing!;
    const changed = (change: Partial<Standing>): HomeSeen => ({
      ...seen,
      environments: seen.environments.map((one) => ({
        ...one,
        databases: one.databases.map((database) => ({ ...database, standing: { ...standing, ...change } })),
      })),
    });
    assert.doesNotMatch(said(homePage(changed({ whole: false }), people)), undo);
    for (const gone of [{ droppedAt: now }, { supersededBy: standing.swap.run }, { keptRef: '' }]) {
      const page = homePage(changed({ swap: { ...standing.swap, ...gone } }), people);
      assert.doesNotMatch(said(page), undo);
      assert.doesNotMatch(said(page), /undo until/);
    }
  });

  it('says how old the data is in steps that seldom change, and that its moment is unknown where it is', function () {
    const small = { environments: 1, databases: 1, lists: 0 };
    const seen = homeWith('shop', small);
    const at = (hours: number) =>
      said(homePage({ ...seen, now: new Date(Date.UTC(2026, 10, 23, 2) + hours * 3_600_000) }, people));
    assert.match(at(0.5), /\(\*less than an hour old\*\)/);
    assert.match(at(9.3), /\(\*9 h old\*\)/);
    // As the card says it: nobody shall wonder whether it is another backup.
    assert.match(at(12.6), /\(\*13 h old\*\)/);
    assert.match(at(47), /\(\*47 h old\*\)/);
    assert.match(at(50), /\(\*2 days old\*\)/);
    const standing = seen.environments[0]!.databases[0]!.standing!;
    const { dataAt: _, ...unknown } = standing.swap.contents!;
    const page = homePage(
      {
        ...seen,
        environments: seen.environments.map((one) => ({
          ...one,
          databases: one.databases.map((database) => ({
            ...database,
            standing: { ...standing, swap: { ...standing.swap, contents: unknown } },
          })),
        })),
      },
      people,
    );
    assert.match(said(page), /data of an unknown moment/);
  });
});
