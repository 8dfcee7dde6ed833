import type { RunId } from '../../src/domain/ids.ts';
import type { Schema } from '../../src/domain/schema.ts';
import type { Candidate } from '../engine.ts';
import type { HostProgram } from '../host-program/client.ts';
import { outlineOf } from '../outline.ts';
import { openReader, outlineFailed } from '../reading.ts';
import { causes } from './causes.ts';
import { outlinePiece } from './shell.ts';

/**
 * The schema that a backup would bring, by names alone, read where it lies: a dump to its end, of a folder the definitions and of its
 * rows those of the tables of migrations. Throws `Unavailable` where it can't be read.
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
  const ended = await perform('made', outlinePiece(candidate.format, place));
  if (ended.exitCode !== 0) throw outlineFailed(program, candidate, ended, causes);
  return outlineOf([ended.report]);
}
