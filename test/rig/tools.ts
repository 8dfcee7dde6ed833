import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxHost } from '../../src/sandbox/hosts/hosts.ts';
import { until } from '../until.ts';

/** One start of a tool on a host, as the tool itself saw it. */
export type ToolStart = { run: string; step: string; tool: string };

/**
 * A witness on a host that is independent of Freshet's own journal: each tool notes in a file that it was started, for which
 * run and step, and waits where the test has closed a gate for the step.
 */
export type Tools = {
  /** Every start so far, oldest first. */
  starts(): Promise<ToolStart[]>;
  /** From now on tools of this step wait before they do anything. */
  close(step: string): Promise<void>;
  open(step: string): Promise<void>;
  openAll(): Promise<void>;
  /** Resolves when a tool of the step has been started for the run. */
  started(run: string, step: string, seconds?: number): Promise<void>;
};

const watched = ['pg_restore', 'psql'];
/** Where the host has a MariaDB. */
const alsoWatched = ['mariadb'];
/** Not named in the host's file but found by its path: of the steps that compare a backup which is read in place. */
const comparing = { tool: 'openssl', steps: '*.digest*' };
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Puts the witness in front of the tools of a host, by the host's own file. */
export async function watchTools(host: SandboxHost, folder: string): Promise<Tools> {
  const gates = join(folder, 'gates');
  const log = join(folder, 'tools.log');
  await mkdir(gates, { recursive: true });
  await appendFile(log, '');
  const conf = join(host.root, 'opt/freshet/host.conf');
  let text = await readFile(conf, 'utf8');
  for (const tool of [...watched, ...alsoWatched]) {
    const real = new RegExp(`^tool ${tool} (\\S+)$`, 'm').exec(text)?.[1];
    if (real === undefined && alsoWatched.includes(tool)) continue;
    if (real === undefined) throw new Error(`${conf} names no ${tool}`);
    const path = join(folder, tool);
    await writeFile(path, wrapper({ tool, real, gates, log }));
    await chmod(path, 0o755);
    text = text.replace(`tool ${tool} ${real}`, `tool ${tool} ${path}`);
  }
  const real = usualPath
    .split(':')
    .map((one) => join(one, comparing.tool))
    .find((one) => existsSync(one));
  if (real !== undefined) {
    const path = join(folder, 'path');
    await mkdir(path);
    await writeFile(join(path, comparing.tool), wrapper({ ...comparing, real, gates, log }), { mode: 0o755 });
    text += `path ${path}:${usualPath}\n`;
  }
  await writeFile(conf, text);
  const gate = (step: string) => join(gates, step);

  async function starts(): Promise<ToolStart[]> {
    // A step that starts a tool several times, side by side, has started it once: they are one process group.
    const lines = new Set((await readFile(log, 'utf8')).split('\n').slice(0, -1));
    return [...lines].map((line) => {
      const [mark = '', tool = ''] = line.split(' ');
      const [, run = '', step = ''] = mark.split('/');
      return { run, step, tool };
    });
  }

  return {
    starts,
    close: (step) => writeFile(gate(step), ''),
    open: (step) => rm(gate(step), { force: true }),
    async openAll() {
      await rm(gates, { recursive: true, force: true });
      await mkdir(gates);
    },
    async started(run, step, seconds = 240) {
      await until(
        `${step} of ${run} starts its tool`,
        async () => (await starts()).some((one) => one.run === run && one.step === step),
        seconds,
      );
    },
  };
}

/** `freshet-host` marks each process of a step; questions about versions carry no mark. */
function wrapper(of: { tool: string; real: string; gates: string; log: string; steps?: string }): string {
  const { tool, real, gates, log, steps = '?*' } = of;
  if (!existsSync(real)) throw new Error(`there is no ${real}`);
  return `#!/bin/sh
step=\${FRESHET_MARK%/}
step=\${step##*/}
case $step in ${steps})
  read -r _ _ _ _ group _ </proc/$$/stat
  printf '%s %s %s\\n' "$FRESHET_MARK" ${tool} "$group" >>'${log}'
  while [ -e '${gates}'/"$step" ]; do sleep 0.05; done
  ;;
esac
exec '${real}' "$@"
`;
}
