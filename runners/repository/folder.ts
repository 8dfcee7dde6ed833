import type { Backup } from '../../src/domain/backup.ts';
import { configError } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import {
  parseNamePattern,
  readName,
  type NamePattern,
  type NameReading,
} from '../../src/domain/name-pattern.ts';
import type { RepositorySite } from '../../src/domain/site.ts';
import { instantOf } from '../../src/domain/zone.ts';
import type { ArchiveReading, Candidate, Engine } from '../engine.ts';
import type { HostProgram } from '../host-program/client.ts';
import { nameTrouble } from './names.ts';
import type { Reading, Repository, Sighting } from './repository.ts';

/** A database of the environment that a repository's backups come from. */
export type Source = {
  /** Its name in the site file. */
  database: string;
  /** Its name on its server, as archives have it. */
  liveName: string;
  engine: string;
};

export type FolderDeps = {
  program: HostProgram;
  engines: readonly Engine[];
  /** Databases of the environment `site.environment`; nothing else is taken for a backup of ours. */
  sources: readonly Source[];
  /** A fresh run id: reading is work on the host, in a folder of its own there. */
  newRun(): RunId;
  /** A file that was written later than this and has not been seen with the same size before is left for the next scan. Default 120 s. */
  settleSeconds?: number;
  /** Told of what was left out, for the log; names are already fit to be shown. */
  ignored?(path: string, why: string): void;
};

/** Backups as cron jobs leave them: files and folder-format archives below a root of a host. */
export function openFolder(site: RepositorySite, deps: FolderDeps): Repository {
  const pattern = site.pattern === undefined ? undefined : compiled(site.pattern, site.name);
  const settled = createSettling(deps);

  async function scan(): Promise<Sighting[]> {
    const { now, entries } = await deps.program.list(site.root);
    const sound = entries.filter((entry) => {
      const why = nameTrouble(entry.path);
      if (why !== undefined) deps.ignored?.(JSON.stringify(entry.path.slice(0, 100)), why);
      return why === undefined;
    });
    const wanted = new Set(deps.engines.flatMap((engine) => engine.recognise(sound).map(({ path }) => path)));
    return settled(
      sound.filter(({ path }) => wanted.has(path)),
      now,
    ).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async function read(sighting: Sighting, signal?: AbortSignal): Promise<Reading> {
    const why = nameTrouble(sighting.path);
    if (why !== undefined) return { state: 'ignored', why };
    const found = recognise(deps.engines, sighting);
    if (found === undefined) return { state: 'ignored', why: 'no engine takes it for a backup' };
    const named = await nameOf(sighting.path);
    if (named === 'other') {
      return { state: 'ignored', why: `its name does not fit the pattern ${site.pattern ?? ''}` };
    }
    const archive = await onHost((run) =>
      found.engine.read(deps.program, site.root, found.candidate, run, signal),
    );
    if (archive.state === 'other') return { state: 'ignored', why: archive.why };
    return judge(found, named, archive, await momentOf(named, archive));
  }

  /** What the name says; `other` where there is a pattern and it does not fit. */
  async function nameOf(path: string): Promise<NameReading | 'other'> {
    if (pattern === undefined) return {};
    const zone = site.timeZone ?? (pattern.needsZone ? (await deps.program.facts()).utcOffset : 'Z');
    const names = deps.sources.flatMap(({ database, liveName }) => [database, liveName]);
    return readName(pattern, path, [...new Set(names)], zone) ?? 'other';
  }

  function judge(
    { engine, candidate }: Recognised,
    named: NameReading,
    archive: Exclude<ArchiveReading, { state: 'other' }>,
    moment: Moment,
  ): Reading {
    const ours = deps.sources.filter((source) => source.engine === engine.name);
    const byName = named.database === undefined ? undefined : sourceCalled(ours, named.database);
    const inArchive = archive.state === 'whole' ? archive.databaseName : undefined;
    const byArchive =
      inArchive === undefined ? undefined : ours.find(({ liveName }) => liveName === inArchive);
    const source =
      byName ??
      byArchive ??
      (named.database === undefined && inArchive === undefined ? onlyOne(ours) : undefined);
    const common = { engine: engine.name, format: candidate.format };
    if (source === undefined) return { state: 'ignored', why: unmapped(named, inArchive, site.environment) };
    if (archive.state === 'corrupt') {
      return { state: 'corrupt', why: archive.why, database: source.database, ...common };
    }
    if (byName !== undefined && byArchive !== undefined && byArchive !== byName) {
      // A file under another database's name would go into the wrong target: neither is believed. A name in the archive
      // that is nobody's says nothing: anonymising jobs dump from a scratch copy.
      return {
        state: 'ignored',
        why: `its name says "${byName.database}", and the archive was taken from another database`,
      };
    }
    return {
      state: 'present',
      database: source.database,
      ...common,
      ...(archive.engineVersion === undefined ? {} : { engineVersion: archive.engineVersion }),
      ...moment,
      checksum: archive.checksum,
    };
  }

  /** The name goes before the archive: it was written by who knew. Archives have the clock of their host, without its zone. */
  async function momentOf(named: NameReading, archive: ArchiveReading): Promise<Moment> {
    if (named.dataAt !== undefined) return { dataAt: named.dataAt, dataAtOrigin: 'name-pattern' };
    const local = archive.state === 'whole' ? archive.createdAt : undefined;
    if (local === undefined) return { dataAtOrigin: 'unknown' };
    const dataAt = instantOf(local, site.timeZone ?? (await deps.program.facts()).utcOffset);
    return dataAt === undefined ? { dataAtOrigin: 'unknown' } : { dataAt, dataAtOrigin: 'archive-header' };
  }

  /** Work in a run folder of its own, which is gone afterwards whatever happened. */
  async function onHost<T>(work: (run: RunId) => Promise<T>): Promise<T> {
    const run = deps.newRun();
    try {
      return await work(run);
    } finally {
      // What can't be swept now is found later: the host lists its run folders.
      await deps.program.sweep(run, 0).catch(() => undefined);
    }
  }

  return { site, scan, read };
}

type Recognised = { engine: Engine; candidate: Candidate };

function recognise(engines: readonly Engine[], { path, kind }: Sighting): Recognised | undefined {
  for (const engine of engines) {
    const candidate = engine.recognise([{ path, kind }]).find((one) => one.path === path);
    if (candidate !== undefined) return { engine, candidate };
  }
  return undefined;
}

/** The site file's own names go before those on the server, where one database is called like another one's copy. */
function sourceCalled(sources: readonly Source[], name: string): Source | undefined {
  return (
    sources.find(({ database }) => database === name) ?? sources.find(({ liveName }) => liveName === name)
  );
}

/** Where neither name nor archive tell (a plain dump), only an environment with a single database leaves no doubt. */
function onlyOne(sources: readonly Source[]): Source | undefined {
  return sources.length === 1 ? sources[0] : undefined;
}

function unmapped(named: NameReading, inArchive: string | undefined, environment: string): string {
  if (named.database === undefined && inArchive === undefined) {
    return `neither its name nor the archive tells the database; a "pattern" with {database} would`;
  }
  return `it is of no database that lives in "${environment}"`;
}

type Moment = { dataAt?: Date; dataAtOrigin: Backup['dataAtOrigin'] };

function compiled(text: string, repository: string): NamePattern {
  const parsed = parseNamePattern(text);
  if (!('fault' in parsed)) return parsed;
  throw configError('pattern-invalid', parsed.fault, parsed.hint, { repository });
}

/**
 * Leaves out what is still being written: a file is taken when its last change is some time ago, or when it stood the
 * same at the scan before. `now` is the host's clock: its times are compared with each other only.
 */
function createSettling(deps: FolderDeps): (entries: Sighting[], now: Date) => Sighting[] {
  const settleMs = (deps.settleSeconds ?? 120) * 1000;
  let before = new Map<string, string>();
  return (entries, now) => {
    const seen = new Map(
      entries.map((entry) => [entry.path, `${entry.bytes}/${entry.modifiedAt.getTime()}`]),
    );
    const ready = entries.filter((entry) => {
      const age = now.getTime() - entry.modifiedAt.getTime();
      // A time in the future says nothing of the age (the clock was set): then two equal scans must do.
      return age >= settleMs || before.get(entry.path) === seen.get(entry.path);
    });
    before = seen;
    return ready;
  };
}
