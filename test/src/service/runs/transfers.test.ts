import assert from 'node:assert/strict';
import type { ActStep, Plan } from '../../../../runners/plan.ts';
import type { Request } from '../../../../src/domain/request.ts';
import { storeCheckpoint } from '../../../../src/service/runs/checkpoint.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('transfers, limited for each host over all runs', function () {
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper();
    Object.assign(paper.site.hosts['prod-db']!, { transfers: 1 });
    await paper.backup();
  });
  afterEach(() => paper.close());

  const between = { from: 'prod-db', to: 'test-db' };

  /** The step in which a backup comes; the catalogue lies on the server's own host. */
  const fetchOf = (database: string) =>
    ({
      id: `${database}.fetch`,
      kind: 'act',
      database,
      stage: database === 'catalog' ? 'load' : 'fetch',
    }) as ActStep;

  /** What a worker has of a run that it has leased. */
  async function walking(request: Request, plan: object = { items: [], steps: [] }) {
    const { id } = (await paper.store.runs.ofRequest(request.id))!;
    const run = await paper.store.write((tx) => tx.runs.lease(id, paper.deps.worker, 60));
    return storeCheckpoint(paper.deps, request, run!, plan as Plan);
  }

  it('a run waits until another one has given its turn back, and keeps its own over a take-over', async () => {
    const one = await walking(await paper.ask('ci'));
    const other = await walking(await paper.ask('dev'));
    assert.equal(await one.transferTurn('orders', between), undefined);
    assert.equal(await one.transferTurn('orders', between), undefined);
    assert.equal(
      await other.transferTurn('orders', between),
      'waits its turn: host prod-db takes part in 1 transfer, and in no more',
    );
    assert.equal(await other.transferTurn('orders', { from: 'test-db', to: 'test-db' }), undefined);
    await other.transferDone('orders', between);
    await one.transferDone('orders', between);
    assert.equal(await other.transferTurn('orders', between), undefined);
    assert.match((await one.transferTurn('orders', between)) ?? '', /waits its turn/);
  });

  it('a host counts in which it receives, too; what is fenced moves nothing', async () => {
    const request = await paper.ask('ci');
    const one = await walking(request);
    const other = await walking(await paper.ask('dev'));
    Object.assign(paper.site.hosts['prod-db']!, { transfers: undefined });
    Object.assign(paper.site.hosts['test-db']!, { transfers: 1 });
    assert.equal(await one.transferTurn('orders', between), undefined);
    const away = { from: 'test-db', to: 'prod-db' };
    assert.match((await other.transferTurn('orders', away)) ?? '', /host test-db takes part in 1 transfer/);
    await paper.store.write((tx) => tx.requests.move(request.id, 'running', 'fenced'));
    assert.equal(await other.transferTurn('orders', away), undefined);
  });

  it('each arrival is written down, with what still travels', async () => {
    const databases = ['orders', 'billing', 'catalog'];
    const request = await paper.ask('ci');
    const one = await walking(request, {
      items: databases.map((database) => ({ database })),
      steps: databases.map(fetchOf),
    });
    for (const database of ['billing', 'orders']) {
      await one.transferTurn(database, between);
      await one.done(fetchOf(database), {});
      await one.transferDone(database, between);
    }
    const events = await paper.store.events.ofRequest(request.id, ['item-moved']);
    assert.deepEqual(
      events.map(
        (event) => event.type === 'item-moved' && [event.database, event.from, event.to, event.left],
      ),
      [
        ['billing', 'prod-db', 'test-db', ['orders']],
        ['orders', 'prod-db', 'test-db', []],
      ],
    );
  });

  it('all has arrived once, whoever was the first to be through, and again when all of it is fetched again', async () => {
    const request = await paper.ask('ci');
    const databases = ['orders', 'billing'];
    const one = await walking(request, {
      items: databases.map((database) => ({ database })),
      steps: databases.map(fetchOf),
    });
    Object.assign(paper.site.hosts['prod-db']!, { transfers: 2 });
    for (let round = 1; round <= 2; round++) {
      for (const database of databases) {
        await one.transferTurn(database, between);
        await one.done(fetchOf(database), {});
      }
      for (const database of databases) await one.transferDone(database, between);
      await one.takenBack(databases.map(fetchOf));
    }
    const events = await paper.store.events.ofRequest(request.id, ['item-moved']);
    assert.deepEqual(
      events.map((event) => event.type === 'item-moved' && [event.database, event.left]),
      [
        ['orders', ['billing']],
        ['billing', []],
        ['orders', ['billing']],
        ['billing', []],
      ],
    );
  });

  it('what a run that has ended held is free', async () => {
    const request = await paper.ask('ci');
    const one = await walking(request);
    const other = await walking(await paper.ask('dev'));
    assert.equal(await one.transferTurn('orders', between), undefined);
    assert.notEqual(await other.transferTurn('orders', between), undefined);
    const { id } = (await paper.store.runs.ofRequest(request.id))!;
    await paper.store.write((tx) => tx.runs.end(id, paper.deps.now()));
    assert.equal(await other.transferTurn('orders', between), undefined);
  });

  it('of two that look at the same moment one has the last turn', async () => {
    const all = await Promise.all(['ci', 'dev'].map(async (name) => walking(await paper.ask(name))));
    const waits = await Promise.all(all.map((one) => one.transferTurn('orders', between)));
    assert.equal(waits.filter((one) => one === undefined).length, 1);
  });
});
