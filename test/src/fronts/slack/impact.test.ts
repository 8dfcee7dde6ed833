import assert from 'node:assert/strict';
import type { Impact } from '../../../../src/domain/impact.ts';
import { waitingPart } from '../../../../src/fronts/slack/home/waiting.ts';
import { card } from '../../../../src/fronts/slack/messages/card.ts';
import { threadMessage } from '../../../../src/fronts/slack/messages/thread.ts';
import { warnings } from '../../../../src/fronts/slack/modal/warnings.ts';
import { onlyStage } from '../../../../src/domain/policy/stages.ts';
import type { Prospect } from '../../../../src/service/asking/prospect.ts';
import { paperSite } from '../../../paper-site.ts';
import type { EventData } from '../../../../src/domain/event.ts';
import { backupOf, now, people, swapOf, viewOf } from './views.ts';

const impact: Impact = {
  database: 'orders',
  liveBytes: 5_000_000,
  freeBytes: 50_000_000_000,
  backupBytes: 1000,
  sessions: { count: 3, names: 'shop_uat_app (<shop>), reports' },
  last: { at: '2026-11-20T02:00:00.000Z', by: 'quinn', request: 'REQ-7', kind: 'refresh', backup: 'BKP-3' },
  changes: { since: '2026-11-20T02:00:00.000Z', rows: 30, tables: 2, names: ['log', 'orders'] },
  schema: {
    differences: [
      { kind: 'migration', goes: { count: 1, names: ['flyway 9 uat <only>'] } },
      { kind: 'table', comes: { count: 2, names: ['parts', 'stock'] } },
    ],
    uncompared: [],
  },
  estimate: { seconds: 170, runs: 4 },
};

describe('what a request costs others, in Slack', () => {
  const shown = (
    items: readonly Impact[],
    state: 'pending' | 'running' = 'pending',
    databases = ['orders'],
  ) =>
    card(viewOf({ databases, request: { state }, more: { impact: { at: now, items, names: {} } } }), {
      people,
    });

  it('is on the card while somebody has to decide: what is lost stands out', () => {
    const text = JSON.stringify(shown([impact]).blocks);
    assert.match(text, /3 sessions are open: shop_uat_app \(&lt;shop&gt;\), reports/);
    assert.match(
      text,
      /last refreshed <!date[^>]*> by <@U0QUINN> from BKP-3 \(REQ-7\) · about 30 rows written since in 2 tables/,
    );
    assert.match(text, /5 MB now, 50 GB free · about 3 min to the swap, by 4 earlier runs/);
    assert.match(
      text,
      /:warning: \*Only in orders_uat, and lost: 1 migration \(flyway 9 uat &lt;only&gt;\)\*\\nComes with BKP-12: 2 tables \(parts, stock\)/,
    );
    assert.match(shown([impact]).text, /last refreshed .* by Quinn/);
    assert.doesNotMatch(JSON.stringify(shown([impact], 'running').blocks), /costs others/);
  });

  it('is in the form before it is sent', () => {
    const uat = paperSite().environments['uat']!;
    const prospect: Prospect = {
      environment: uat,
      stages: [onlyStage],
      takes: '',
      reachable: true,
      approvers: [people['quinn']!],
      waits: [],
      items: [{ placement: uat.databases['orders']!, backup: backupOf('orders') }],
    };
    const inspection = { serverVersion: '15', sessions: [], problems: [], warnings: [] };
    const glances = { orders: { inspection, impact } };
    const lines = warnings(prospect, { glances, site: { people }, now })
      .flat()
      .map((line) => line?.markup ?? '');
    const text = lines.join('\n');
    assert.match(
      text,
      /by <@U0QUINN> from BKP-3 \(REQ-7\) · about 30 rows .* · 5 MB now, 50 GB free · about 3 min to the swap/,
    );
    assert.match(
      text,
      /:warning: \*Only in orders_uat, and lost: 1 migration \(flyway 9 uat &lt;only&gt;\)\*/,
    );
  });

  it('is in the Home of who has to decide, where something is lost', () => {
    const waiting = (items: readonly Impact[]) => {
      const databases = items.map(({ database }) => database);
      const view = viewOf({ databases, more: { impact: { at: now, items, names: {} } } });
      return JSON.stringify(waitingPart({ view, links: {} }, people, { id: 'quinn' }));
    };
    const text = waiting([impact]);
    assert.match(
      text,
      /`orders_uat`: :warning: 3 sessions are open: shop_uat_app .* · about 30 rows written/,
    );
    assert.match(
      text,
      /:warning: \*Only in orders_uat, and lost: 1 migration \(flyway 9 uat &lt;only&gt;\)\*/,
    );
    assert.doesNotMatch(text, /Comes with|to the swap/);
    const idle: Impact = { ...impact, sessions: { count: 0, names: '' }, schema: { unknown: 'it is away' } };
    const nothing = waiting([
      { ...idle, changes: { ...impact.changes, rows: 0 } as Impact['changes'] & object },
    ]);
    assert.doesNotMatch(nothing, /`orders_uat`:|:warning:/);
    const many = Array.from({ length: 40 }, (_, at) => ({ ...impact, database: `db-${at}` }));
    assert.match(
      waiting(many),
      /In 36 more: 108 sessions are open; :warning: something of the schema is lost/,
    );
  });

  it('says what is not known', () => {
    const unknown = { unknown: 'Host "test-db" is away' };
    const text = JSON.stringify(
      shown([{ database: 'orders', sessions: unknown, changes: unknown, schema: unknown }]).blocks,
    );
    assert.match(text, /who is connected is not known: Host/);
    assert.match(text, /never refreshed by Freshet · what was written since is not known: Host/);
    assert.match(text, /The schema was not compared: Host/);
  });

  it('of many databases all that lose something are named', () => {
    const databases = Array.from({ length: 40 }, (_, at) => `db-${at}`);
    const items = databases.map((database) => ({ ...impact, database }));
    const message = shown(items, 'pending', databases);
    const text = JSON.stringify(message.blocks);
    assert.match(
      text,
      /In 36 more: 108 sessions are open; :warning: something of the schema is lost in `db-4`, .* and others/,
    );
    assert.ok(message.blocks.length <= 50 && message.text.length < 4000, `${message.text.length}`);
  });

  it('after the swap thread and card tell what the source changed', () => {
    const swapped = {
      type: 'item-swapped' as const,
      database: 'orders',
      kept: 'orders_uat__old_abcdefgh',
      outageSeconds: 0.1,
      notCarried: [],
      changed: 'schema' in impact && 'differences' in impact.schema! ? impact.schema : undefined!,
    };
    const view = viewOf({ events: [swapped] });
    const text = JSON.stringify(threadMessage(view, view.events[0]!, { people }));
    assert.match(text, /Gone with the replaced copy: 1 migration \(flyway 9 uat &lt;only&gt;\)/);
    assert.match(text, /New with the backup: 2 tables \(parts, stock\)/);
    const events: EventData[] = [
      { type: 'run-started', attempt: 1, worker: 'w' },
      ...Array.from({ length: 6 }, (_, at) => ({ ...swapped, database: `db-${at}` })),
      { type: 'run-succeeded', seconds: 60 },
    ];
    const ended = viewOf({ request: { state: 'succeeded' }, events, more: { swaps: [swapOf('orders')] } });
    const onCard = JSON.stringify(card(ended, { people }).blocks);
    assert.match(
      onCard,
      /Schema of `db-0`: gone with the replaced copy: 1 migration .*; New with the backup: 2 tables/,
    );
    assert.match(onCard, /… and of 2 more, in the thread/);
    const same: EventData = { ...swapped, changed: { differences: [], uncompared: [] } };
    const unchanged = viewOf({
      request: { state: 'succeeded' },
      events: [same, { type: 'run-succeeded', seconds: 60 }],
      more: { swaps: [swapOf('orders')] },
    });
    assert.doesNotMatch(JSON.stringify(card(unchanged, { people }).blocks), /Schema of/);
  });
});
