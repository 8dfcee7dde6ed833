import assert from 'node:assert/strict';
import type { Backup } from '../../src/domain/backup.ts';
import { Client } from 'pg';
import { until } from '../until.ts';
import { backup, freshStore, item, newRun, soon, type Stored, wanted } from './stored.ts';

const page = { limit: 100, offset: 0 };

describe('Store: backups', function () {
  let store: Stored['store'];
  let place: string;
  let running: Stored['running'];

  before(async () => {
    ({ store, database: place, running } = await freshStore());
  });
  after(() => store?.close());

  describe('backups', () => {
    it('puts by repository and path, keeping number and first sight, without using up numbers', async () => {
      const repository = newRun();
      const first = await store.write((tx) =>
        tx.backups.put(backup({ repository, path: 'a', checksum: 'c', bytes: 6e9 })),
      );
      for (let scan = 0; scan < 5; scan++) {
        await store.write((tx) =>
          tx.backups.put(backup({ repository, path: 'a', foundAt: soon(99), state: 'missing' })),
        );
      }
      const again = (await store.backups.get(first.id))!;
      assert.deepEqual(
        [again.id, again.foundAt, again.state, again.checksum],
        [first.id, first.foundAt, 'missing', undefined],
      );
      const second = await store.write((tx) =>
        tx.backups.put(backup({ repository, path: 'b', derivedFrom: first.id })),
      );
      assert.equal(Number(second.id.slice(4)), Number(first.id.slice(4)) + 1);
      assert.equal(first.bytes, 6e9);
      assert.deepEqual(
        (await store.backups.ofRepository(repository)).map((one) => one.path),
        ['a', 'b'],
      );
      await store.write((tx) =>
        tx.backups.update(second.id, { state: 'corrupt', stateReason: 'cut short', derivedFrom: undefined }),
      );
      const { state, stateReason, derivedFrom } = (await store.backups.get(second.id))!;
      assert.deepEqual([state, stateReason, derivedFrom], ['corrupt', 'cut short', undefined]);
    });

    it('what a run knows of a file is not lost by a look at the same file; of another one nothing is known', async () => {
      const repository = newRun();
      const { request } = await running();
      const own = { dataAt: soon(-60), dataAtOrigin: 'manifest', takenBy: request } as const;
      const put = (change: Partial<Backup>) =>
        store.write((tx) => tx.backups.put(backup({ repository, path: 'a', ...change })));
      const of = ({ dataAt, dataAtOrigin, takenBy }: Backup) => ({ dataAt, dataAtOrigin, takenBy });
      await put({ checksum: 'c', ...own });
      const seen = { dataAt: soon(-3600), dataAtOrigin: 'name-pattern', bytes: 7 } as const;
      const again = await put({ checksum: 'c', ...seen });
      assert.deepEqual({ ...of(again), bytes: again.bytes }, { ...own, bytes: 7 });
      const other = await put({ checksum: 'd', ...seen });
      assert.deepEqual(of(other), { dataAt: seen.dataAt, dataAtOrigin: 'name-pattern', takenBy: undefined });
    });

    it('lists with filters by the moment of the data, and finds the newest that may be used', async () => {
      const repository = newRun();
      const database = `d-${repository}`;
      const at = (day: number) => new Date(Date.UTC(2026, 0, day));
      const put = (path: string, change: Partial<Backup>) =>
        store.write((tx) => tx.backups.put(backup({ repository, database, path, checksum: 'c', ...change })));
      await put('old', {
        dataAt: at(1),
        dataAtOrigin: 'archive-header',
        takenAt: at(20),
        anonymisation: 'declared',
      });
      await put('new', { dataAt: at(9), dataAtOrigin: 'archive-header', takenAt: at(10) });
      await put('file', { takenAt: at(5), anonymisation: 'declared', scope: 'subset' });
      await put('unread', { takenAt: at(11), checksum: undefined });
      await put('gone', { takenAt: at(12), state: 'missing', anonymisation: 'declared' });
      const paths = async (filter: object) => {
        const { backups, total } = await store.backups.list({ database, ...filter }, page);
        assert.equal(total, backups.length);
        return backups.map((one) => one.path).join(' ');
      };
      assert.equal(await paths({}), 'gone unread new file old');
      assert.equal(await paths({ since: at(9) }), 'gone unread new');
      assert.equal(await paths({ usable: true }), 'new file old');
      assert.equal(await paths({ usable: false }), 'gone unread');
      assert.equal(await paths({ anonymised: true, state: 'present' }), 'file old');
      assert.equal(await paths({ anonymised: false }), 'unread new');
      assert.equal(await paths({ scope: 'subset' }), 'file');
      assert.equal((await store.backups.newest(database, ['raw', 'declared']))!.path, 'new');
      assert.equal((await store.backups.newest(database, ['declared', 'proven']))!.path, 'file');
      assert.equal(await store.backups.newest(database, ['proven']), undefined);
      assert.deepEqual((await store.backups.list({ database }, { limit: 2, offset: 2 })).total, 5);
    });

    it('a proof judges the file that it saw; what failed one is not the newest any more, and another file is a new one', async () => {
      const repository = newRun();
      const database = `d-${repository}`;
      const put = (path: string, day: number) => {
        const dataAt = new Date(Date.UTC(2026, 0, day));
        const known = {
          repository,
          database,
          path,
          checksum: path,
          dataAt,
          dataAtOrigin: 'manifest' as const,
        };
        return store.write((tx) => tx.backups.put(backup(known)));
      };
      const older = await put('older', 1);
      const newer = await put('newer', 2);
      const judge = (checksum: string, found: Partial<Backup>) =>
        store.write((tx) => tx.backups.judge({ id: newer.id, checksum }, found));
      const newest = async () => (await store.backups.newest(database, [newer.anonymisation]))?.id;
      await judge('another', { unprovenAt: soon(1), unprovenWhy: 'too few rows' });
      assert.equal(await newest(), newer.id);
      await judge('newer', { unprovenAt: soon(1), unprovenWhy: 'too few rows' });
      assert.equal(await newest(), older.id);
      const sources = [{ anonymisation: newer.anonymisation, repositories: [repository] }];
      const dated = await store.backups.dated([{ database, sources }]);
      assert.deepEqual(
        dated.map(({ id }) => id),
        [older.id],
      );
      await judge('newer', { verifiedAt: soon(2) });
      assert.equal(await newest(), newer.id);
      assert.equal((await store.backups.get(newer.id))?.unprovenWhy, undefined);
      await put('newer', 2);
      assert.equal((await store.backups.get(newer.id))?.verifiedAt, undefined);
    });

    it('one that is being asked for is not given up, whoever is first', async () => {
      const asked = await store.write((tx) =>
        tx.backups.put(backup({ repository: newRun(), path: 'a', checksum: 'c' })),
      );
      const looking = new Client({ connectionString: place });
      await looking.connect();
      const waits = async () =>
        (
          await looking.query(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
          )
        ).rowCount === 1;
      let given: Promise<boolean> | undefined;
      await store.write(async (tx) => {
        const items = [{ ...item('orders'), backup: { id: asked.id, checksum: 'c' } }];
        await tx.requests.create(wanted({ items }));
        given = store.write((other) => other.backups.giveUp(asked.id, 'it goes', new Date()));
        await Promise.race([given, until('it waits', waits)]);
      });
      await looking.end();
      assert.equal(await given, false);
      assert.equal((await store.backups.get(asked.id))?.state, 'present');
    });

    it('are put many at once, each once, and again without a change', async () => {
      const repository = `r-${newRun()}`;
      const all = Array.from({ length: 30 }, (_, at) =>
        backup({ repository, path: `p${at}`, bytes: at, checksum: 'c' }),
      );
      const put = (some: typeof all) => store.write((tx) => tx.backups.putAll(some));
      const first = await put(all);
      assert.deepEqual(
        first.map(({ path, bytes }) => [path, bytes]),
        all.map(({ path, bytes }) => [path, bytes]),
      );
      assert.deepEqual(await put(all), first);
      const twice = await put([all[3]!, { ...all[3]!, bytes: 99 }, { ...all[29]!, path: 'new' }]);
      assert.deepEqual(
        twice.map(({ path, bytes }) => [path, bytes]),
        [
          ['p3', 99],
          ['new', 29],
        ],
      );
      assert.equal(twice[0]!.id, first[3]!.id);
      const last = Number(first.at(-1)!.id.slice(4));
      assert.equal(twice[1]!.id, `BKP-${last + 1}`, 'what was known used up no number');
      assert.equal((await store.backups.ofRepository(repository)).length, 31);
      assert.deepEqual(await put([]), []);
    });

    it('finds what is older than what is looked through by its day and by the beginning of its file', async () => {
      const [repository, database] = [`r-${newRun()}`, `d-${newRun()}`];
      const many = Array.from({ length: 5001 }, (_, at) =>
        backup({ repository, database, path: `x/new-${at.toString(36)}.dump`, checksum: 'c' }),
      );
      const dataAt = new Date('2020-02-29T10:00:00Z');
      const old = backup({
        repository,
        database,
        path: 'x/Old_one.dump',
        checksum: 'c',
        dataAt,
        dataAtOrigin: 'manifest',
      });
      await store.write((tx) => tx.backups.putAll([...many, old]));
      const found = async (...words: string[]) =>
        (await store.backups.search({ database, words, accepts: ['raw'] }, 100)).map(({ path }) => path);
      for (const word of ['2020-02-29', '2020-02', 'old_on'])
        assert.deepEqual(await found(word), [old.path], word);
      assert.deepEqual(await found('2020', 'one'), [old.path]);
      assert.deepEqual(await found('2020-03'), []);
    });

    it('finds by number, moment, repository, file, kind and scope, each word literally', async () => {
      const repository = `nightly-${newRun()}`;
      const database = `d-${newRun()}`;
      const put = (path: string, change: Partial<Backup>) =>
        store.write((tx) => tx.backups.put(backup({ repository, database, path, checksum: 'c', ...change })));
      const dated = (iso: string) => ({ dataAt: new Date(iso), dataAtOrigin: 'name-pattern' as const });
      const old = await put('shop/Release_12.dump', {
        ...dated('2026-11-20T04:00:00Z'),
        anonymisation: 'declared',
      });
      await put('shop/100%.dump', { ...dated('2026-11-21T23:30:00Z'), scope: 'subset' });
      await put('shop/last.dump', { ...dated('2026-11-22T04:05:00Z'), anonymisation: 'proven' });
      await put('shop/gone.dump', { ...dated('2026-11-23T04:00:00Z'), state: 'missing' });
      await put('shop/unread.dump', { ...dated('2026-11-24T04:00:00Z'), checksum: undefined });
      await put('other.dump', { database: `other-${database}` });
      const found = async (line: string, accepts?: string[], limit = 100) => {
        const words = line.split(' ').filter(Boolean);
        const what = { database, words, ...(accepts === undefined ? {} : { accepts }) };
        return (await store.backups.search(what, limit)).map((one) => one.path.slice(5, -5)).join(' ');
      };
      const any = ['raw', 'declared', 'proven'];
      assert.equal(await found(''), 'unread gone last 100% Release_12');
      assert.equal(await found('', undefined, 2), 'unread gone');
      assert.equal(await found('', any), 'last 100% Release_12');
      assert.equal(await found('', ['declared', 'proven']), 'last Release_12');
      assert.equal(await found(old.id.toLowerCase()), 'Release_12');
      assert.equal(await found('2026-11-22'), 'last');
      assert.equal(await found('22 nov 2026 04:05 utc'), 'last');
      assert.equal(await found('2026-11', any), 'last 100% Release_12');
      assert.equal(await found('anonymised'), 'last Release_12');
      assert.equal(await found('anonymized proven'), 'last');
      assert.equal(await found('raw subset'), '100%');
      assert.equal(await found('full', any), 'last Release_12');
      assert.equal(await found(`${repository.slice(0, 9)} release_`), 'Release_12');
      assert.equal(await found('%'), '100%', 'a sign of patterns is a sign like others');
      assert.equal(await found('release%12'), '');
      assert.equal(await found('\\'), '');
      assert.equal(await found("'; drop table freshet.backups; --\0"), '');
    });
  });
});
