import type { RunId } from '../../src/domain/ids.ts';
import type { Schema } from '../../src/domain/schema.ts';
import type { Candidate } from '../engine.ts';
import type { HostProgram } from '../host-program/client.ts';
import { migrationTools, outlineOf } from '../outline.ts';
import { openReader, outlineFailed } from '../reading.ts';
import { causes } from './causes.ts';
import { outlinePiece } from './shell.ts';

/**
 * The schema that a backup would bring, by names alone, read where it lies. Of an archive its schema and, of its rows, those of the
 * tables of migrations; a plain dump is read to its end. Throws `Unavailable` where it can't be read.
 */
export async function outline(
  program: HostProgram,
  root: string,
  candidate: Candidate,
  run: RunId,
  signal?: AbortSignal,
): Promise<Schema> {
  const place = { root, path: candidate.path };
  const { perform } = openReader(program, place, run, causes, signal);
  const go = async (name: string, tables?: readonly string[]) => {
    const ended = await perform(name, outlinePiece(candidate.format, place, tables));
    if (ended.exitCode === 0) return ended.report;
    throw outlineFailed(program, candidate, ended, causes);
  };
  const made = await go('made');
  const names = Object.entries(made).flatMap(([key, name]) =>
    key.startsWith('table-') ? [name.slice(name.lastIndexOf('.') + 1)] : [],
  );
  const kept = migrationTools.map(({ table }) => table).filter((table) => names.includes(table));
  const isText = candidate.format.startsWith('pg-plain');
  if (isText || kept.length === 0) return outlineOf([made], 'public');
  return outlineOf([made, await go('migrations', kept)], 'public');
}
