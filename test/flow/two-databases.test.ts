import assert from 'node:assert/strict';
import type { EventType } from '../../src/domain/event.ts';
import type { RequestId } from '../../src/domain/ids.ts';
import { channels, dana } from '../../src/sandbox/cast.ts';
import { holdSwap } from '../rig/held-swap.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { addStock, stock, tellOfStock } from '../rig/second-database.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { needs } from '../skip.ts';

describe('two databases in one request', function () {
  this.timeout(240_000);
  let rig: Rig;
  const old = { orders: '', stock: '' };
  let wanted: string;

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ serve: [], prepare: addStock, site: tellOfStock, backups: 12 });
    old.orders = await contentOf(rig, 'orders_ci');
    old.stock = await contentOf(rig, stock.live);
    wanted = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'ci');
  });
  after(stopRigs);
  afterEach(() => rig.tools.openAll());

  const both = { databases: ['orders', stock.database] };

  async function types(request: RequestId): Promise<EventType[]> {
    return (await rig.store.events.ofRequest(request)).map(({ type }) => type);
  }

  /** The request with one of its databases verified and the other one held in its load. */
  async function halfReady(held: string): Promise<RequestId> {
    await rig.tools.close(`${held}.load`);
    const request = await rig.ask('ci', both);
    await rig.step(request, `${held}.load`);
    await until('the other one is verified', async () => (await types(request)).includes('item-ready'));
    return request;
  }

  it('when the swap of one fails, those already swapped are put back', async () => {
    const request = await halfReady(stock.database);
    // A session that Freshet's admin identity may not end: the swap of the second one must give up.
    const session = await rig.sandbox.hosts.hosts['test-db'].connect(stock.live);
    try {
      await rig.tools.open('stock.load');
      const { state } = await rig.until(request, ['failed', 'succeeded', 'fenced'], 120);
      assert.equal(state, 'failed', JSON.stringify(await rig.store.events.ofRequest(request)));
    } finally {
      await session.end();
    }
    const events = await rig.store.events.ofRequest(request);
    const story = events
      .filter(({ type }) => ['item-swapped', 'item-put-back', 'run-failed'].includes(type))
      .map((event) => ('database' in event ? `${event.type} ${event.database}` : event.type));
    assert.deepEqual(story, ['item-swapped orders', 'item-put-back orders', 'run-failed']);
    assert.equal(await contentOf(rig, 'orders_ci'), old.orders);
    assert.equal(await contentOf(rig, stock.live), old.stock);
    await rig.stage.alert(request, /session/i);
    await checkInvariants(rig, { targets: { orders_ci: [old.orders], [stock.live]: [old.stock] } });
  });

  it('nothing is swapped before all are verified, then all are', async () => {
    const request = await halfReady(stock.database);
    const seen = await types(request);
    assert.ok(!seen.includes('item-swapped'));
    assert.equal(await contentOf(rig, 'orders_ci'), old.orders, 'the verified one waits');
    await rig.tools.open('stock.load');
    const { state, items } = await rig.until(request, ['failed', 'succeeded', 'fenced'], 120);
    assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
    assert.deepEqual(
      items.map((item) => item.state),
      ['swapped', 'swapped'],
    );
    const all = await types(request);
    assert.ok(all.lastIndexOf('item-ready') < all.indexOf('item-swapped'));
    assert.equal(await contentOf(rig, 'orders_ci'), wanted);
    const fresh = await contentOf(rig, stock.live);
    assert.notEqual(fresh, old.stock);
    const client = await rig.sandbox.hosts.hosts['test-db'].connect(stock.live);
    try {
      const { rows } = await client.query(
        `select count(*)::int as n, min(title) as title from item where title like 'of production %'`,
      );
      assert.deepEqual(rows, [{ n: 500, title: 'of production 1' }]);
    } finally {
      await client.end();
    }
    await checkInvariants(rig, { targets: { orders_ci: [wanted], [stock.live]: [fresh] } });
  });

  it('from the first swap on it is too late to cancel: the second one follows', async () => {
    const fresh = await contentOf(rig, stock.live);
    const host = rig.sandbox.hosts.hosts['test-db'];
    const held = await holdSwap(host, stock.live, 'between closing and renaming');
    try {
      const request = await rig.ask('ci', both);
      await until(
        'the first one is swapped',
        async () => (await types(request)).includes('item-swapped'),
        120,
        async () => JSON.stringify(await rig.store.events.ofRequest(request)),
      );
      await held.reached(await rig.runOf(request));
      const since = rig.stage.whispers(dana);
      await rig.sandbox.slack.command(dana.slack, channels.refreshes, `cancel ${request}`, {
        command: '/refresh',
      });
      await rig.stage.whispered(dana, since, /is already swapping; it can't be cancelled any more/);
      await held.release();
      const { state, items } = await rig.until(request, ['failed', 'succeeded', 'fenced', 'cancelled'], 120);
      assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
      assert.deepEqual(
        items.map((item) => item.state),
        ['swapped', 'swapped'],
      );
    } finally {
      await held.release();
    }
    await checkInvariants(rig, { targets: { orders_ci: [wanted], [stock.live]: [fresh] } });
  });
});
