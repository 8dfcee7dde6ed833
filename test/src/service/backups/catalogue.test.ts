import assert from 'node:assert/strict';
import type { Reading, Repository, Sighting } from '../../../../runners/repository/repository.ts';
import { unavailable } from '../../../../src/domain/errors.ts';
import { markUnconfigured, scan } from '../../../../src/service/backups/catalogue.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('the catalogue follows what lies in a repository', () => {
  let paper: Paper;
  let files: Map<string, { sighting: Sighting; reading: Reading }>;
  let read: string[];
  let away: boolean;
  let repository: Repository;

  beforeEach(async function () {
    paper = await openPaper();
    files = new Map();
    read = [];
    away = false;
    repository = {
      site: paper.site.repositories['nightly']!,
      scan: () =>
        away
          ? Promise.reject(unavailable('host-unreachable', 'Host "prod-db" can not be reached.', ''))
          : Promise.resolve([...files.values()].map(({ sighting }) => sighting)),
      read(sighting) {
        read.push(sighting.path);
        return Promise.resolve(files.get(sighting.path)!.reading);
      },
      outline: () => Promise.resolve(undefined),
      remove: () => Promise.resolve(),
    };
  });
  afterEach(() => paper.close());

  const at = new Date('2026-11-22T02:00:00Z');
  const whole: Reading = {
    state: 'present',
    database: 'orders',
    engine: 'postgres',
    format: 'pg-custom',
    dataAt: at,
    dataAtOrigin: 'name-pattern',
    checksum: 'a'.repeat(64),
  };

  function lies(path: string, reading: Reading = whole, bytes = 10): void {
    files.set(path, { sighting: { path, kind: 'file', bytes, modifiedAt: at }, reading });
  }

  async function listed() {
    return (await paper.store.backups.list({}, { limit: 100, offset: 0 })).backups;
  }

  it('reads each backup once, and again when it changed', async () => {
    lies('a.dump');
    lies('b.dump');
    assert.equal(await scan(paper.deps, repository), 2);
    assert.equal(await scan(paper.deps, repository), 0);
    lies('b.dump', { ...whole, checksum: 'b'.repeat(64) }, 11);
    assert.equal(await scan(paper.deps, repository), 1);
    assert.deepEqual(read, ['a.dump', 'b.dump', 'b.dump']);
    const [first, second] = (await listed()).sort((a, b) => (a.path < b.path ? -1 : 1));
    assert.equal(second?.checksum, 'b'.repeat(64));
    assert.equal(first?.anonymisation, 'declared');
  });

  it('marks what can not be read to its end, with the reason; it is never offered', async () => {
    lies('half.dump', {
      state: 'corrupt',
      why: 'it ends before its end',
      database: 'orders',
      engine: 'postgres',
      format: 'pg-custom',
    });
    await scan(paper.deps, repository);
    const [backup] = await listed();
    assert.equal(backup?.state, 'corrupt');
    assert.equal(backup?.stateReason, 'it ends before its end');
    assert.equal(await paper.store.backups.newest('orders', ['declared']), undefined);
    assert.equal((await paper.store.outbox.take('slack-alerts', 10, 60)).length, 1);
  });

  it('leaves out what is no backup', async () => {
    lies('notes.txt', { state: 'ignored', why: 'not a backup' });
    await scan(paper.deps, repository);
    assert.deepEqual(await listed(), []);
    await scan(paper.deps, repository);
    assert.deepEqual(read, ['notes.txt'], 'and does not read it again');
    lies('notes.txt', whole, 11);
    await scan(paper.deps, repository);
    assert.equal((await listed()).length, 1);
  });

  it('marks what is gone, and takes back what returned, without reading it again', async () => {
    lies('a.dump');
    await scan(paper.deps, repository);
    const kept = files.get('a.dump')!;
    files.clear();
    await scan(paper.deps, repository);
    assert.equal((await listed())[0]?.state, 'missing');
    files.set('a.dump', kept);
    await scan(paper.deps, repository);
    assert.equal((await listed())[0]?.state, 'present');
    assert.deepEqual(read, ['a.dump']);
  });

  it('does not miss what was taken while it looked', async () => {
    repository.scan = async () => {
      await paper.backup({ repository: 'nightly', path: 'taken', foundAt: paper.deps.now() });
      return [];
    };
    await scan(paper.deps, repository);
    assert.equal((await listed())[0]?.state, 'present');
    repository.scan = () => Promise.resolve([]);
    await scan(paper.deps, repository);
    assert.equal((await listed())[0]?.state, 'missing');
  });

  it('asks for what it knows also where it was written a moment ago, as long as it is as it was', async () => {
    lies('a.dump');
    await scan(paper.deps, repository);
    const asked: boolean[] = [];
    repository.scan = (isKnown = () => false) => {
      const sightings = [...files.values()].map(({ sighting }) => sighting);
      asked.push(...sightings.map((sighting) => isKnown(sighting)));
      return Promise.resolve(sightings.filter((sighting) => isKnown(sighting)));
    };
    await scan(paper.deps, repository);
    assert.equal((await listed())[0]?.state, 'present');
    lies('a.dump', whole, 11);
    await scan(paper.deps, repository);
    assert.deepEqual(asked, [true, false]);
    assert.equal((await listed())[0]?.state, 'missing', 'it is being written anew');
  });

  it('changes nothing while the host is away', async () => {
    lies('a.dump');
    await scan(paper.deps, repository);
    away = true;
    await assert.rejects(() => scan(paper.deps, repository), { code: 'host-unreachable' });
    assert.equal((await listed())[0]?.state, 'present');
  });

  it('takes over what the repository declares now', async () => {
    lies('a.dump');
    await scan(paper.deps, repository);
    const site = { ...repository.site, anonymisation: 'raw' as const };
    await scan(paper.deps, { ...repository, site });
    assert.equal((await listed())[0]?.anonymisation, 'raw');
    assert.deepEqual(read, ['a.dump']);
  });

  it('goes on past a file that can not be read, and tries it again', async () => {
    lies('a.dump');
    lies('b.dump');
    let refusals = 0;
    const trying: Repository = {
      ...repository,
      read(sighting) {
        if (sighting.path !== 'a.dump' || refusals++ > 0) return repository.read(sighting);
        return Promise.reject(unavailable('read-failed', 'It may not be read.', ''));
      },
    };
    await scan(paper.deps, trying);
    assert.deepEqual(
      (await listed()).map(({ path }) => path),
      ['b.dump'],
    );
    await scan(paper.deps, trying);
    assert.equal((await listed()).length, 2);
  });

  it('marks what was found in a repository that is not configured any more', async () => {
    lies('a.dump');
    await scan(paper.deps, { ...repository, site: { ...repository.site, name: 'former' } });
    await markUnconfigured(paper.deps);
    assert.equal((await listed())[0]?.state, 'missing');
  });
});
