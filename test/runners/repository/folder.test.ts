import assert from 'node:assert/strict';
import { unavailable } from '../../../src/domain/errors.ts';
import type { RunId } from '../../../src/domain/ids.ts';
import type { RepositorySite } from '../../../src/domain/site.ts';
import type { ArchiveReading, Engine } from '../../../runners/engine.ts';
import type { HostProgram } from '../../../runners/host-program/client.ts';
import type { HostEntry } from '../../../runners/host-program/step.ts';
import { engineDouble } from '../../engine-double.ts';
import { openFolder, type FolderDeps } from '../../../runners/repository/folder.ts';

const sum = 'ab'.repeat(32);
const now = new Date('2026-11-23T12:00:00Z');
const old = new Date('2026-11-23T02:30:00Z');

function entry(path: string, changes: Partial<HostEntry> = {}): HostEntry {
  return { path, kind: 'file', bytes: 100, modifiedAt: old, ...changes };
}

/** A host that answers from a script; what is not scripted is a fault of the test. */
function host(script: { entries?: HostEntry[] }) {
  const calls = { swept: [] as string[], facts: 0 };
  const scripted = {
    host: 'db1',
    list: async (root: string) => {
      assert.equal(root, 'nightly');
      return { now, entries: script.entries ?? [] };
    },
    facts: async () => {
      calls.facts++;
      return { utcOffset: '+0100' };
    },
    sweep: async (run: string) => {
      calls.swept.push(run);
    },
  };
  const program = new Proxy(scripted, {
    get: (target, key) => Reflect.get(target, key) ?? (() => assert.fail(`${String(key)} was not expected`)),
  }) as unknown as HostProgram;
  return { program, calls };
}

type Answer = ArchiveReading | (() => ArchiveReading);

function engine(reading: Answer, name = 'postgres', ending = /\.dump/): Engine {
  return engineDouble({
    name,
    recognise: (entries) =>
      entries
        .filter(({ path }) => ending.test(path))
        .map(({ path, kind }) => ({ path, kind, format: 'pg-custom' as const })),
    read: async () => (typeof reading === 'function' ? reading() : reading),
  });
}

const site: RepositorySite = {
  name: 'nightly',
  host: 'db1',
  root: 'nightly',
  environment: 'production',
  anonymisation: 'raw',
  scope: 'full',
  pattern: "{database}_{dataAt:yyyyMMdd'T'HHmm}.dump",
  scanEverySeconds: 300,
};

const sources = [
  { database: 'orders', liveName: 'shop_orders', engine: 'postgres' },
  { database: 'stock', liveName: 'shop_stock', engine: 'postgres' },
];

function folder(
  reading: ArchiveReading | (() => ArchiveReading),
  options: Partial<FolderDeps> & { site?: Partial<RepositorySite>; program?: HostProgram } = {},
) {
  const { site: changes, ...deps } = options;
  const { pattern, ...plain } = { ...site, ...changes };
  return openFolder(pattern === '' || pattern === undefined ? plain : { ...plain, pattern }, {
    program: host({}).program,
    engines: [engine(reading)],
    sources,
    newRun: () => 'abcdefgh' as RunId,
    ...deps,
  });
}

const whole: ArchiveReading = {
  state: 'whole',
  checksum: sum,
  engineVersion: '15.18',
  databaseName: 'shop_orders',
  createdAt: { year: 2026, month: 11, day: 23, hour: 3, minute: 30, second: 7 },
};
const named = entry('shop_orders_20261123T0315.dump');

describe('a folder of backups', () => {
  it('lists what an engine takes for a backup, sorted, and says what it leaves out', async () => {
    const ignored: string[] = [];
    const { program } = host({
      entries: [
        'z.dump',
        'a/b.dump',
        'notes.txt',
        '../x.dump',
        'c\u001b[2J.dump',
        'd\ufffd.dump',
        'e.dump.part',
        '.f.dump',
        '.orders-abcd2345.part/3837.dat.gz',
        'g/-rf.dump',
        `${'h'.repeat(600)}.dump`,
      ].map((path) => entry(path)),
    });
    const repository = folder(whole, {
      program,
      ignored: (path, why) => ignored.push(`${path.slice(0, 20)}: ${why}`),
    });
    assert.deepEqual(
      (await repository.scan()).map(({ path }) => path),
      ['a/b.dump', 'z.dump'],
    );
    assert.deepEqual(ignored, [
      '"../x.dump": its name is not a path below the root',
      '"c\\u001b[2J.dump": its name has control characters',
      '"d\ufffd.dump": its name is not UTF-8',
      '"e.dump.part": it is hidden or not finished',
      '".f.dump": it is hidden or not finished',
      '"g/-rf.dump": a part of its name begins with a hyphen, as options do',
      `"${'h'.repeat(19)}: its name is empty or longer than 512 bytes`,
    ]);
  });

  it('leaves a file that is being written for the next scan', async () => {
    const growing = entry('orders.dump', { modifiedAt: new Date(now.getTime() - 5000) });
    const { program } = host({ entries: [growing] });
    const repository = folder(whole, { program });
    assert.equal((await repository.scan()).length, 0, 'written 5 s ago');
    assert.equal((await folder(whole, { program }).scan(() => true)).length, 1, 'known as it is');
    growing.bytes = 200;
    assert.equal((await repository.scan()).length, 0, 'has grown');
    assert.equal((await repository.scan()).length, 1, 'stood the same twice');
  });

  it('takes a file whose time is in the future only after it stood the same twice', async () => {
    const { program } = host({
      entries: [entry('orders.dump', { modifiedAt: new Date(now.getTime() + 3_600_000) })],
    });
    const repository = folder(whole, { program });
    assert.equal((await repository.scan()).length, 0);
    assert.equal((await repository.scan()).length, 1);
  });

  it('tells database and moment from the name, by the zone of the host', async () => {
    const { program, calls } = host({});
    assert.deepEqual(await folder(whole, { program }).read(named), {
      state: 'present',
      database: 'orders',
      engine: 'postgres',
      format: 'pg-custom',
      engineVersion: '15.18',
      dataAt: new Date('2026-11-23T02:15:00Z'),
      dataAtOrigin: 'name-pattern',
      checksum: sum,
    });
    assert.deepEqual(calls.swept, ['abcdefgh'], 'the folder of the reading is gone');
  });

  it("asks the host for its zone only where the name and the site don't tell", async () => {
    const { program, calls } = host({});
    const reading = await folder(whole, { program, site: { timeZone: 'America/New_York' } }).read(named);
    assert.equal(reading.state === 'present' && reading.dataAt?.toISOString(), '2026-11-23T08:15:00.000Z');
    assert.equal(calls.facts, 0);
  });

  it('tells them from the archive where there is no pattern, and unknown where that is silent', async () => {
    const plain = folder(whole, { site: { pattern: '' } });
    const reading = await plain.read(entry('x.dump'));
    assert.equal(
      reading.state === 'present' && `${reading.database} ${reading.dataAtOrigin}`,
      'orders archive-header',
    );
    assert.equal(
      reading.state === 'present' && reading.dataAt?.toISOString(),
      '2026-11-23T02:30:07.000Z',
      "by the host's offset, which is an hour",
    );
    const site = { pattern: '', timeZone: 'America/New_York' };
    const told = await folder(whole, { site }).read(entry('x.dump'));
    assert.equal(told.state === 'present' && told.dataAt?.toISOString(), '2026-11-23T08:30:07.000Z');
    // The hour that the autumn repeats: which of both it was, nobody knows.
    const twice = { ...whole, createdAt: { year: 2026, month: 11, day: 1, hour: 1, minute: 30, second: 0 } };
    const unclear = await folder(twice, { site }).read(entry('x.dump'));
    assert.equal(unclear.state === 'present' && unclear.dataAtOrigin, 'unknown');
    const silent = folder({ state: 'whole', checksum: sum }, { site: { pattern: '{database}.dump' } });
    const other = await silent.read(entry('stock.dump'));
    assert.equal(other.state === 'present' && `${other.database} ${other.dataAtOrigin}`, 'stock unknown');
    assert.equal(other.state === 'present' && 'dataAt' in other, false);
  });

  it('goes by the name where the archive was taken from a scratch copy, as anonymising jobs make it', async () => {
    const reading = await folder({ ...whole, databaseName: 'orders_scratch_2026' }).read(named);
    assert.equal(reading.state === 'present' && reading.database, 'orders');
  });

  it('ignores what it can not map, with the reason', async () => {
    const cases: [Reading, string, string, string][] = [
      [
        { ...whole, databaseName: 'shop_stock' },
        site.pattern!,
        named.path,
        'its name says "orders", and the archive was taken from another database',
      ],
      [{ ...whole, databaseName: 'wiki' }, '', 'x.dump', 'it is of no database that lives in "production"'],
      [
        { state: 'whole', checksum: sum },
        '',
        'x.dump',
        'neither its name nor the archive tells the database; a "pattern" with {database} would',
      ],
      [whole, site.pattern!, 'backup.dump', `its name does not fit the pattern ${site.pattern}`],
      [{ state: 'other', why: 'it is a picture' }, '', 'x.dump', 'it is a picture'],
      [whole, '', 'x.txt', 'no engine takes it for a backup'],
      [whole, '', '../x.dump', 'its name is not a path below the root'],
    ];
    for (const [reading, pattern, path, why] of cases) {
      assert.deepEqual(await folder(reading, { site: { pattern } }).read(entry(path)), {
        state: 'ignored',
        why,
      });
    }
  });

  describe('whose name two engines take for their own', () => {
    const two = [
      ...sources.slice(0, 1),
      { database: 'stock', liveName: 'shop_stock', engine: 'other' },
      { database: 'wiki', liveName: 'wiki', engine: 'other' },
    ];
    /** A folder of both engines, each with its answer to `x.sql`, and who was asked in which order. */
    function both(mine: ArchiveReading, theirs: ArchiveReading, more: Partial<FolderDeps> = {}) {
      const asked: string[] = [];
      const answering = (name: string, reading: ArchiveReading) => () => {
        asked.push(name);
        return reading;
      };
      const repository = (pattern: string) =>
        folder(mine, {
          site: { pattern },
          sources: two,
          engines: [
            engine(answering('postgres', mine), 'postgres', /\.sql$/),
            engine(answering('other', theirs), 'other', /\.sql$/),
          ],
          ...more,
        });
      return { asked, repository };
    }
    const not: ArchiveReading = { state: 'other', why: 'It does not begin like one of ours.' };
    const cut: ArchiveReading = { state: 'corrupt', why: 'It is cut off.' };
    const theirs: ArchiveReading = { state: 'whole', checksum: sum, databaseName: 'shop_stock' };

    it('is of the one that knows what is in it, also where the first finds it damaged', async () => {
      for (const mine of [not, cut]) {
        const { asked, repository } = both(mine, theirs);
        const reading = await repository('').read(entry('x.sql'));
        assert.equal(reading.state === 'present' && `${reading.engine} ${reading.database}`, 'other stock');
        assert.deepEqual(asked, ['postgres', 'other']);
      }
    });

    it('is shown only to the engine of the database that its name tells', async () => {
      const { asked, repository } = both(cut, theirs);
      const reading = await repository('{database}.sql').read(entry('stock.sql'));
      assert.equal(reading.state === 'present' && reading.engine, 'other');
      assert.deepEqual(asked, ['other']);
    });

    it('is shown first to the engine of what lay there before', async () => {
      const { asked, repository } = both(not, theirs);
      await repository('').read({ ...entry('x.sql'), engine: 'other' });
      assert.deepEqual(asked, ['other']);
    });

    it('is shown to no engine that has no database in the environment', async () => {
      const { asked, repository } = both(whole, theirs, { sources: sources.slice(0, 1) });
      const reading = await repository('').read(entry('x.sql'));
      assert.equal(reading.state === 'present' && reading.engine, 'postgres');
      assert.deepEqual(asked, ['postgres']);
      const none = both(whole, theirs, { sources: [] });
      assert.equal((await none.repository('').read(entry('x.sql'))).state, 'ignored');
      assert.deepEqual(none.asked, []);
    });

    it('is damaged where nobody finds it whole, and none of ours where nobody knows it', async () => {
      const damaged = await both(cut, not).repository('{database}.sql').read(entry('orders.sql'));
      assert.deepEqual(
        [damaged.state, damaged.state === 'corrupt' && damaged.engine],
        ['corrupt', 'postgres'],
      );
      const nobodys = await both(not, { ...not, why: 'Nor like one of theirs.' })
        .repository('')
        .read(entry('x.sql'));
      assert.deepEqual(nobodys, {
        state: 'ignored',
        why: 'It does not begin like one of ours. Nor like one of theirs.',
      });
    });
  });

  it('says of a corrupt backup of which database it is', async () => {
    const reading = await folder({ state: 'corrupt', why: 'it ends in the middle' }).read(named);
    assert.deepEqual(reading, {
      state: 'corrupt',
      why: 'it ends in the middle',
      database: 'orders',
      engine: 'postgres',
      format: 'pg-custom',
    });
  });

  it('lets an unreachable host be one, and sweeps all the same', async () => {
    const { program, calls } = host({});
    const lost = folder(
      () => {
        throw unavailable('host-unreachable', 'gone', '');
      },
      { program },
    );
    await assert.rejects(lost.read(named), { code: 'host-unreachable' });
    assert.deepEqual(calls.swept, ['abcdefgh']);
  });

  it('refuses a pattern that is none', () => {
    assert.throws(() => folder(whole, { site: { pattern: '{x}' } }), { code: 'pattern-invalid' });
  });
});

type Reading = ArchiveReading;
