import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Backup, Takeable } from '../../src/domain/backup.ts';
import { backup, freshStore, newRun, type Stored } from './stored.ts';

type Set = readonly Backup[];

/** Every set that there is: one of each. */
function setsOf(lists: readonly Set[]): Backup[][] {
  return lists.reduce<Backup[][]>(
    (sets, list) => sets.flatMap((set) => list.map((one) => [...set, one])),
    [[]],
  );
}

function apart(moments: readonly Date[]): number {
  const at = moments.map((moment) => moment.getTime() / 1000);
  return Math.max(...at) - Math.min(...at);
}

const momentsOf = (set: Set) => set.map(({ dataAt }) => dataAt!);
const ids = (set: Set | undefined) => set?.map(({ id }) => id);

describe('Store: sets of backups', function () {
  this.timeout(120_000);
  let store: Stored['store'];

  before(async () => {
    ({ store } = await freshStore());
  });
  after(() => store?.close());

  const at = (seconds: number) => new Date(1_790_000_000_000 + seconds * 1000);

  /** Backups of a database, by their seconds. */
  async function put(database: string, seconds: readonly number[], change: Partial<Backup> = {}) {
    const repository = `r-${newRun()}`;
    const all = seconds.map((one, index) =>
      backup({
        repository,
        database,
        path: `${index}`,
        checksum: 'c',
        dataAt: at(one),
        dataAtOrigin: 'manifest',
        ...change,
      }),
    );
    const backups = await store.write((tx) => tx.backups.putAll(all));
    const sources = [
      { anonymisation: backups[0]?.anonymisation ?? 'raw', repositories: [repository] },
    ] as const;
    return { backups, takeable: { database, sources } satisfies Takeable };
  }

  it('are the newest within a window and the closest of all, as trying every set tells', async () => {
    const moments = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 6 });
    const few = { minLength: 1, maxLength: 4 };
    const shapes = fc.record({
      lists: fc.array(moments, few),
      beside: fc.array(fc.integer({ min: -5, max: 65 }), { maxLength: 2 }),
      until: fc.option(fc.integer({ min: -5, max: 65 }), { nil: undefined }),
      withinSeconds: fc.integer({ min: 0, max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const made = [];
        for (const list of shape.lists) made.push(await put(`d-${newRun()}`, list));
        const wanted = made.map(({ takeable }) => takeable);
        const beside = shape.beside.map(at);
        const until = shape.until === undefined ? {} : { until: at(shape.until) };
        const sets = setsOf(
          made.map(({ backups }) => backups.filter(({ dataAt }) => dataAt! <= (until.until ?? at(1e6)))),
        );
        const skew = (set: Set) => apart([...momentsOf(set), ...beside]);
        const { withinSeconds } = shape;
        const found = await store.backups.aligned(wanted, { withinSeconds, ...until, beside });
        const fitting = sets.filter((set) => skew(set) <= shape.withinSeconds);
        assert.equal(found === undefined, fitting.length === 0);
        if (found !== undefined) {
          assert.ok(skew(found) <= shape.withinSeconds);
          // In no set that fits is any of them newer.
          for (const set of fitting)
            for (const [index, one] of set.entries()) assert.ok(one.dataAt! <= found[index]!.dataAt!);
        }
        const closest = await store.backups.closest(wanted, { ...until, beside });
        const smallest = sets.length === 0 ? undefined : Math.min(...sets.map(skew));
        assert.equal(closest, smallest);
        const dated = await store.backups.dated(wanted, until.until);
        const newest = made.flatMap(({ backups }) => {
          const old = backups.filter(({ dataAt }) => dataAt! <= (until.until ?? at(1e6)));
          return old.length === 0 ? [] : [Math.max(...old.map(({ dataAt }) => dataAt!.getTime()))];
        });
        assert.deepEqual(
          dated.map(({ dataAt }) => dataAt!.getTime()),
          newest,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('are made of what may be taken: usable, of a known moment, of the kinds and sources that count', async () => {
    const [orders, billing] = [`o-${newRun()}`, `b-${newRun()}`];
    const fine = await put(orders, [10, 20], { anonymisation: 'declared' });
    await put(orders, [30], { anonymisation: 'declared', state: 'missing' });
    await put(orders, [31], { anonymisation: 'raw' });
    await put(orders, [32], { anonymisation: 'declared' });
    const { dataAt: _, ...unknown } = backup({
      repository: fine.takeable.sources[0].repositories[0],
      path: 'u',
    });
    await store.write((tx) =>
      tx.backups.put({
        ...unknown,
        database: orders,
        anonymisation: 'declared',
        dataAtOrigin: 'unknown',
        checksum: 'c',
      }),
    );
    const raw = await put(billing, [12, 21], { anonymisation: 'raw', environment: 'production' });
    const other = await put(billing, [22], { anonymisation: 'raw', environment: 'secret' });
    const both: Takeable = {
      database: billing,
      sources: [
        {
          anonymisation: 'raw',
          repositories: [...raw.takeable.sources[0].repositories, ...other.takeable.sources[0].repositories],
          environments: ['production'],
        },
      ],
    };
    const found = await store.backups.aligned([fine.takeable, both], { withinSeconds: 5, beside: [] });
    assert.deepEqual(ids(found), [fine.backups[1]!.id, raw.backups[1]!.id]);
    const none: Takeable = { database: billing, sources: [] };
    assert.equal(
      await store.backups.aligned([fine.takeable, none], { withinSeconds: 5, beside: [] }),
      undefined,
    );
    assert.equal(await store.backups.closest([fine.takeable, none], { beside: [] }), undefined);
    assert.deepEqual(ids(await store.backups.dated([fine.takeable, none])), [fine.backups[1]!.id]);
  });

  it('end after so many steps where nothing ever fits', async () => {
    const many = Array.from({ length: 1200 }, (_, index) => index * 100);
    const weekly = await put(`w-${newRun()}`, many);
    const nightly = await put(
      `n-${newRun()}`,
      many.map((one) => one + 50),
    );
    const wanted = [weekly.takeable, nightly.takeable];
    assert.equal(await store.backups.aligned(wanted, { withinSeconds: 10, beside: [] }), undefined);
    assert.equal(await store.backups.closest(wanted, { beside: [] }), 50);
    const set = await store.backups.aligned(wanted, { withinSeconds: 50, beside: [] });
    assert.deepEqual(ids(set), [weekly.backups.at(-1)!.id, nightly.backups.at(-1)!.id]);
  });
});
