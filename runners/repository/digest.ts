import { commandError, unavailable } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { HostProgram } from '../host-program/client.ts';
import type { HostStepState } from '../host-program/step.ts';

type Place = { root: string; path: string };

/**
 * SHA-256 of a file, or of a folder's sorted list of files, computed on the host. Undefined when it is gone.
 * `Unavailable` when the outcome is not known, `Command` (code `digest-failed`) when it could not be read.
 */
export async function digestOf(
  program: HostProgram,
  place: Place,
  run: RunId,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const step = 'repository.digest';
  let state = await program.submit({
    run,
    step,
    fence: 0,
    pipe: [{ tool: 'digest', args: [place] }],
    report: 'digest',
  });
  while (state.state === 'running') {
    if (signal?.aborted === true) {
      await program.stop(run, step, 0);
      signal.throwIfAborted();
    }
    state = await program.wait(run, step, {
      timeoutSeconds: 30,
      after: state,
      ...(signal === undefined ? {} : { signal }),
    });
  }
  return outcome(program, place, state);
}

function outcome(program: HostProgram, { root, path }: Place, state: HostStepState): string | undefined {
  const about = { host: program.host, root, path };
  if (state.state !== 'ended') {
    throw unavailable(
      'digest-lost',
      `The checksum of "${path}" on ${program.host} was not finished.`,
      'It is taken again at the next try.',
      about,
    );
  }
  if (state.cause?.code === 'file-missing') return undefined;
  const { sha256 } = state.report;
  if (state.exitCode === 0 && sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw commandError(
    'digest-failed',
    `The checksum of "${path}" on ${program.host} ended with exit code ${state.exitCode}${state.cause === undefined ? '' : ` (${state.cause.code})`}.`,
    'Check that the account of freshet-host can read the file.',
    about,
  );
}
