import { readdirSync, readFileSync } from 'node:fs';

/** What showed in the process table while the sampling lasted. */
export type Samples = {
  /** Command lines and environments, each distinct one once. */
  texts(): readonly string[];
  /** How often it was looked. */
  looks(): number;
  stop(): void;
};

type Seen = { parent: number; cmdline: string; environ: string };

/** A process mostly becomes what it is (fork, then exec) within moments: after so many looks, only each so many-th is a new one. */
const eagerLooks = 10;

/**
 * Reads `/proc/*\/cmdline` and `environ` again and again: of the processes of Freshet (`roots`), of the hosts' sshd (which
 * name `mark` in their command line), of steps on hosts (by `freshet-host`'s own mark), and of all that descend from
 * those. What a test does on a host itself, as its administrator, is left out.
 */
export function sampleProcesses(mark: string, roots: () => readonly number[], everyMs = 100): Samples {
  const texts = new Set<string>();
  let known = new Map<number, Seen & { looks: number }>();
  let looks = 0;

  /** Reading all of the table ten times a second would cost a busy machine more than what is tested. */
  function again(pid: number): (Seen & { looks: number }) | undefined {
    const before = known.get(pid);
    if (before !== undefined && before.looks >= eagerLooks && (looks + pid) % eagerLooks !== 0) return before;
    const seen = pid === process.pid ? undefined : see(pid);
    return seen === undefined ? undefined : { ...seen, looks: (before?.looks ?? 0) + 1 };
  }

  function look(): void {
    looks += 1;
    const ours = new Set(roots());
    const all = new Map<number, Seen & { looks: number }>();
    for (const pid of numbers()) {
      const seen = again(pid);
      if (seen === undefined) continue;
      all.set(pid, seen);
      const { cmdline, environ } = seen;
      if (cmdline.includes('sshd') && cmdline.includes(mark)) ours.add(pid);
      if (environ.includes('FRESHET_MARK=') && environ.includes(mark)) ours.add(pid);
    }
    for (let grew = true; grew;) {
      grew = false;
      for (const [pid, { parent }] of all) {
        if (!ours.has(parent) || ours.has(pid)) continue;
        ours.add(pid);
        grew = true;
      }
    }
    known = all;
    for (const pid of ours) {
      const seen = all.get(pid);
      if (seen !== undefined)
        texts.add(seen.cmdline.replaceAll('\0', ' ')).add(seen.environ.replaceAll('\0', '\n'));
    }
  }

  const timer = setInterval(look, everyMs);
  return {
    texts: () => [...texts],
    looks: () => looks,
    stop: () => clearInterval(timer),
  };
}

function see(pid: number): Seen | undefined {
  try {
    const cmdline = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { parent, cmdline, environ: readFileSync(`/proc/${pid}/environ`, 'utf8') };
  } catch {
    // It ended while we looked.
    return undefined;
  }
}

function numbers(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .sort((a, b) => a - b);
}
