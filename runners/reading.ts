import { createHash } from 'node:crypto';
import { unavailable } from '../src/domain/errors.ts';
import type { RunId } from '../src/domain/ids.ts';
import { type Causes, explainCause } from './causes.ts';
import type { ArchiveReading, Candidate, Engine } from './engine.ts';
import type { HostProgram } from './host-program/client.ts';
import type { HostPath, HostPiece, HostStepState } from './host-program/step.ts';

type Ended = Extract<HostStepState, { state: 'ended' }>;

/** Formats by the end of a file's name. Vendors share some: what is in a file is looked at when it is read. */
export type Endings = readonly (readonly [RegExp, Candidate['format']])[];

/** Which entries are backups, by name and kind alone. `folder`: the format of those that are one. */
export function recognising(endings: Endings, folder: Candidate['format']): Engine['recognise'] {
  return (entries) =>
    entries.flatMap(({ path, kind }): Candidate[] => {
      const format = kind === 'folder' ? folder : endings.find(([pattern]) => pattern.test(path))?.[1];
      return format === undefined ? [] : [{ path, kind, format }];
    });
}

/** Steps that read one backup where it lies, in a run of their own. */
export type BackupReader = {
  /** Performs one to its end, however that is. Throws `Unavailable` where the host lost it. */
  perform: (name: string, piece: HostPiece) => Promise<Ended>;
  /** What a step that ended badly says of the backup. Throws `Unavailable` where the fault is the host's: that says nothing of it. */
  damaged: (ended: Ended) => ArchiveReading;
};

/** `causes`: those of the engine whose tools read. */
export function openReader(
  program: HostProgram,
  at: { root: string; path: string },
  run: RunId,
  causes: Causes,
  signal?: AbortSignal,
): BackupReader {
  const stem = `read-${createHash('sha256').update(`${at.root}/${at.path}`).digest('hex').slice(0, 16)}`;

  async function perform(name: string, piece: HostPiece): Promise<Ended> {
    const step = `${stem}.${name}`;
    let state = await program.submit({ run, step, fence: 0, ...piece });
    while (state.state === 'running') {
      signal?.throwIfAborted();
      state = await program.wait(run, step, {
        timeoutSeconds: 30,
        after: state,
        ...(signal === undefined ? {} : { signal }),
      });
    }
    if (state.state === 'ended') return state;
    throw unavailable(
      'read-lost',
      `Host "${program.host}" lost the reading of a backup.`,
      'It is read again by the next scan.',
      { host: program.host },
    );
  }

  function damaged(ended: Ended): ArchiveReading {
    const { host } = program;
    const why = explainCause(ended, { title: 'Reading it', host }, causes);
    const killed = ended.exitCode > 128 && ended.exitCode !== 141;
    if (!hostFaults.includes(why.code) && !killed) return { state: 'corrupt', why: why.cause };
    const message = `"${at.path}" could not be read on host "${host}": ${why.cause}`;
    throw unavailable('read-failed', message, why.hint, { host });
  }

  return { perform, damaged };
}

/** A backup could not be looked into for its outline. */
export function outlineFailed(
  { host }: HostProgram,
  { path }: { path: string },
  ended: Ended,
  causes: Causes,
): Error {
  const { cause, hint } = explainCause(ended, { title: 'Looking into it', host }, causes);
  return unavailable('outline-failed', `"${path}" could not be looked into: ${cause}`, hint, { host });
}

/** Faults of the host: the backup is not marked for them. */
const hostFaults = [
  'no-space',
  'permission-denied',
  'out-of-memory',
  'file-missing',
  'file-changed',
  'fence-passed',
  'archive-unknown',
];

/** SHA-256 of a file, or of the sorted list of a folder's files. */
export function digestOf(backup: HostPath): HostPiece {
  return { pipe: [{ tool: 'digest', args: [backup] }], report: 'digest' };
}
