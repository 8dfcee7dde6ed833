import type { Backup } from '../../src/domain/backup.ts';
import { configError, conflict } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { isPart } from '../../src/domain/manifest.ts';
import {
  parseNamePattern,
  readName,
  type NamePattern,
  type NameReading,
} from '../../src/domain/name-pattern.ts';
import type { Schema } from '../../src/domain/schema.ts';
import type { RepositorySite } from '../../src/domain/site.ts';
import { instantOf } from '../../src/domain/zone.ts';
import { explainCause } from '../causes.ts';
import type { ArchiveReading, Candidate, Engine } from '../engine.ts';
import type { HostProgram } from '../host-program/client.ts';
import { openReader } from '../reading.ts';
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

  async function scan(isKnown?: (sighting: Sighting) => boolean): Promise<Sighting[]> {
    const { now, entries } = await deps.program.list(site.root);
    const sound = entries.filter((entry) => {
      const why = nameTrouble(entry.path);
      // A dump that is under way is nothing to tell of with each scan, file by file.
      if (why !== undefined && !isPart(entry.path))
        deps.ignored?.(JSON.stringify(entry.path.slice(0, 100)), why);
      return why === undefined;
    });
    const wanted = new Set(deps.engines.flatMap((engine) => engine.recognise(sound).map(({ path }) => path)));
    return settled(
      sound.filter(({ path }) => wanted.has(path)),
      now,
      isKnown,
    ).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async function read(sighting: Sighting, signal?: AbortSignal): Promise<Reading> {
    const why = nameTrouble(sighting.path);
    if (why !== undefined) return { state: 'ignored', why };
    const all = recognised(deps.engines, sighting);
    if (all.length === 0) return { state: 'ignored', why: 'no engine takes it for a backup' };
    const named = await nameOf(sighting.path);
    if (named === 'other') {
      return { state: 'ignored', why: `its name does not fit the pattern ${site.pattern ?? ''}` };
    }
    const asked = whoIsAsked(all, named, sighting.engine);
    if (asked.length === 0) return { state: 'ignored', why: unmapped(named, undefined, site.environment) };
    const answer = await firstThatKnows(asked, signal);
    if ('others' in answer) return { state: 'ignored', why: answer.others.join(' ') };
    const { archive } = answer;
    return judge(answer, named, archive, await momentOf(named, archive));
  }

  /**
   * Names tell engines apart only in part, and reading takes minutes: where the name tells the database, its engine alone is asked;
   * else those of the environment, the one first that the file before it was of.
   */
  function whoIsAsked(
    all: readonly Recognised[],
    named: NameReading,
    before: string | undefined,
  ): readonly Recognised[] {
    const source = named.database === undefined ? undefined : sourceCalled(deps.sources, named.database);
    const wanted = source === undefined ? deps.sources : [source];
    return all
      .filter(({ engine }) => wanted.some((one) => one.engine === engine.name))
      .sort((a, b) => Number(b.engine.name === before) - Number(a.engine.name === before));
  }

  /** A file that one engine finds damaged may be whole for the next one; if it is not, the first that found it so is believed. */
  async function firstThatKnows(
    asked: readonly Recognised[],
    signal: AbortSignal | undefined,
  ): Promise<Known | { others: string[] }> {
    const others: string[] = [];
    let damaged: Known | undefined;
    for (const one of asked) {
      const { engine, candidate } = one;
      const archive = await onHost((run) => engine.read(deps.program, site.root, candidate, run, signal));
      if (archive.state === 'whole') return { ...one, archive };
      if (archive.state === 'other') others.push(archive.why);
      else damaged ??= { ...one, archive };
    }
    return damaged ?? { others };
  }

  async function outline(
    { path, format, engine: name }: Pick<Backup, 'path' | 'format' | 'engine'>,
    signal?: AbortSignal,
  ): Promise<Schema | undefined> {
    const engine = deps.engines.find((one) => one.name === name);
    if (engine?.outline === undefined) return undefined;
    const candidates = (['file', 'folder'] as const).flatMap((kind) => engine.recognise([{ path, kind }]));
    const candidate = candidates.find((one) => one.format === format);
    if (candidate === undefined || nameTrouble(path) !== undefined) return undefined;
    return onHost((run) => engine.outline!(deps.program, site.root, candidate, run, signal));
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
    archive: Known['archive'],
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

  async function remove({ path, checksum }: { path: string; checksum: string }, signal?: AbortSignal) {
    const { program } = deps;
    const discard = { tool: 'discard', args: [`--sha256=${checksum}`, { root: site.root, path }] };
    await onHost(async (run) => {
      const reader = openReader(program, { root: site.root, path }, run, {}, signal);
      const ended = await reader.perform('discard', { pipe: [discard], report: 'none' });
      if (ended.exitCode === 0) return;
      const told = explainCause(ended, { title: 'Removing it', host: program.host }, {});
      throw conflict(told.code, told.cause, told.hint, { host: program.host });
    });
  }

  return { site, scan, read, outline, remove };
}

type Recognised = { engine: Engine; candidate: Candidate };

/** What an engine that takes it for its own has read. */
type Known = Recognised & { archive: Exclude<ArchiveReading, { state: 'other' }> };

/** By name and kind alone: more than one engine may take it for its own. */
function recognised(engines: readonly Engine[], { path, kind }: Sighting): Recognised[] {
  return engines.flatMap((engine) => {
    const candidate = engine.recognise([{ path, kind }]).find((one) => one.path === path);
    return candidate === undefined ? [] : [{ engine, candidate }];
  });
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
function createSettling(
  deps: FolderDeps,
): (entries: Sighting[], now: Date, isKnown?: (sighting: Sighting) => boolean) => Sighting[] {
  const settleMs = (deps.settleSeconds ?? 120) * 1000;
  let before = new Map<string, string>();
  return (entries, now, isKnown = () => false) => {
    const seen = new Map(
      entries.map((entry) => [entry.path, `${entry.bytes}/${entry.modifiedAt.getTime()}`]),
    );
    const ready = entries.filter((entry) => {
      const age = now.getTime() - entry.modifiedAt.getTime();
      // A time in the future says nothing of the age (the clock was set): then two equal scans must do.
      return age >= settleMs || before.get(entry.path) === seen.get(entry.path) || isKnown(entry);
    });
    before = seen;
    return ready;
  };
}
