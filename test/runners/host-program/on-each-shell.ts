import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectHostProgram } from '../../../runners/host-program/session.ts';
import type { HostProgram } from '../../../runners/host-program/client.ts';
import type { HostFile } from '../../../runners/host-program/host-conf.ts';
import type { HostCommand, HostStep, HostStepState } from '../../../runners/host-program/step.ts';
import { openSshHost } from '../../../runners/transport/ssh.ts';
import type { Host } from '../../../runners/transport/host.ts';
import { FreshetError } from '../../../src/domain/errors.ts';
import { runIdFrom } from '../../../src/domain/ids.ts';
import type { RunId } from '../../../src/domain/ids.ts';
import { skip } from '../../skip.ts';
import { missingForSshd, startPrivateHost } from './private-sshd.ts';
import type { PrivateHost, TestShell } from './private-sshd.ts';

/** What the tests of the suite share: a host with the program under one of the shells, and a client of it. */
export type OnShell = {
  shell: TestShell;
  at: PrivateHost;
  host: Host;
  program: HostProgram;
  /** A further connection with a client of its own; closed at the end. */
  another(): { host: Host; program: HostProgram };
  /** Writes a script into the root. The tool `cat` of this host runs it, so that a step can be anything. */
  script(name: string, text: string): Promise<{ root: string; path: string }>;
  /** A step with sensible defaults. */
  step(step: Partial<HostStep> & Pick<HostStep, 'run' | 'step'>): HostStep;
  /** A file below the host's folder that scripts leave marks in: its lines. */
  marks(name: string): Promise<string[]>;
};

let runs = 0;
/** A run id that no other test of this process has. */
export function freshRun(): RunId {
  runs++;
  return runIdFrom(Buffer.from([process.pid & 255, process.pid >> 8, 0, runs >> 8, runs & 255]));
}

/** Where /bin/sh is bash (Red Hat's way) the program runs under it too: `FRESHET_TEST_SHELLS=bash`. */
const shells = (process.env.FRESHET_TEST_SHELLS ?? 'dash,busybox').split(',') as TestShell[];

/** The same tests with dash (and mawk) and with busybox (its sh and its tools), each over a private sshd. */
export function onEachShell(title: string, file: Partial<HostFile>, tests: (shell: OnShell) => void): void {
  for (const shell of shells) {
    describe(`${title} (${shell})`, () => {
      const shared = {} as OnShell;
      const opened: { host: Host; program: HostProgram }[] = [];

      function open(): { host: Host; program: HostProgram } {
        const host = openSshHost(shared.at.address);
        const one = { host, program: connectHostProgram(host) };
        opened.push(one);
        return one;
      }

      before(async function () {
        const missing = missingForSshd(shell);
        if (missing !== undefined) skip(this, missing);
        shared.at = await startPrivateHost({
          shell,
          file: { ...file, tools: { cat: '/bin/cat', ...file.tools } },
        });
        // A stand-in for tools that last, fail or fork: it runs the script that it is given the path of.
        await standIn(shared.at, 'tool cat', 'exec /bin/sh "$1"');
        Object.assign(shared, open(), { shell });
        shared.another = open;
        shared.script = async (name, text) => {
          await writeFile(join(shared.at.root, name), `cd '${shared.at.folder}'\n${text}\n`);
          return { root: 'nightly', path: name };
        };
        shared.step = (step) => ({
          fence: 1,
          pipe: [{ tool: 'cat', args: [{ root: 'nightly', path: `${step.step}.sh` }] }],
          report: 'none',
          ...step,
        });
        shared.marks = async (name) => {
          const text = await readFile(join(shared.at.folder, name), 'utf8').catch(() => '');
          return text.split('\n').filter((line) => line !== '');
        };
      });

      after(async () => {
        // A test that failed in the middle must not leave its processes behind.
        const left = await shared.program?.runs().then(
          ({ runs }) => runs,
          () => [],
        );
        for (const one of left ?? []) if (one.running) await shared.program.sweep(one.run, 999_999);
        for (const one of opened) {
          await one.program.close();
          await one.host.close();
        }
        await shared.at?.stop();
      });

      tests(shared);
    });
  }
}

/** Puts a script of its own in the place of what the host's file names so: `tool psql`, `hook migrate`. */
export async function standIn(at: PrivateHost, entry: string, text: string): Promise<void> {
  const path = join(at.folder, entry.slice(entry.indexOf(' ') + 1));
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  const lines = (await readFile(at.conf, 'utf8')).split('\n');
  const changed = lines.map((line) => (line.startsWith(`${entry} `) ? `${entry} ${path}` : line));
  await writeFile(at.conf, changed.join('\n'));
}

export type Ended = Extract<HostStepState, { state: 'ended' }>;

/** Runs a pipe to its end: how it ended, and what it wrote, a character a byte. */
export async function ran(
  on: OnShell,
  pipe: HostCommand[],
  more: Partial<HostStep> = {},
): Promise<Ended & { output: string }> {
  const run = freshRun();
  await on.program.submit(on.step({ run, step: 'filter', pipe, stdout: { run: 'output' }, ...more }));
  const state = await on.program.wait(run, 'filter', { timeoutSeconds: 30 });
  if (state.state !== 'ended') throw new Error(`it did not end: ${JSON.stringify(state)}`);
  const output = await readFile(join(on.at.state, 'runs', run, 'files', 'output'), 'latin1').catch(() => '');
  return { ...state, output };
}

/** The error of a promise that must fail with one of ours. */
export async function failure(promise: Promise<unknown>): Promise<FreshetError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof FreshetError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
