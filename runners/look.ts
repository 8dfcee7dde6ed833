import type { Backup } from '../src/domain/backup.ts';
import { isFreshetError } from '../src/domain/errors.ts';
import type { Inspection } from '../src/domain/impact.ts';
import type { ItemContext, ServerAccess, StepResult } from './engine.ts';
import type { HostFacts } from './host-program/step.ts';
import { type ActStep, copyNames, type PlanItem } from './plan.ts';

// What is looked at before a run, whatever the engine.

export type Problem = Inspection['problems'][number];

/** What a run will be about, as far as it must be known to look at the server: of a plan, or of the step `check`. */
export type Looked = {
  databaseName: string;
  target: string;
  newName: string;
  backup?: Pick<Backup, 'id' | 'bytes' | 'format' | 'engineVersion'>;
  /** The backup comes from another host, into the run's folder. */
  fetched?: boolean;
  undoes?: { liveRef?: string; keptRef?: string; keptName?: string };
};

export function lookedAt(item: ItemContext): Looked {
  const { placement, source, undoes } = item;
  return {
    databaseName: placement.databaseName,
    target: placement.target,
    newName: copyNames(placement.databaseName, item.run).newName,
    ...(source === undefined ? {} : { backup: source.backup, fetched: source.host.name !== item.host.name }),
    ...(undoes === undefined ? {} : { undoes }),
  };
}

/** The same of the step `check`: rights and space may have changed since it was approved. */
export function lookedBy({ args }: ActStep, { databaseName, target, newName }: PlanItem): Looked {
  const { backup, fetched, undoes } = args as Pick<Looked, 'backup' | 'fetched' | 'undoes'>;
  return {
    databaseName,
    target,
    newName,
    ...(backup === undefined ? {} : { backup }),
    ...(fetched === undefined ? {} : { fetched }),
    ...(undoes === undefined ? {} : { undoes }),
  };
}

/** What the step `check` tells later ones: the live database as it was found, and the kept copy that an undo brings back. */
export function checked({ live, warnings }: Inspection, { undoes }: Looked): StepResult {
  return {
    ...(live === undefined ? {} : { liveRef: live.ref, liveBytes: live.bytes }),
    ...(undoes?.keptRef === undefined ? {} : { keptRef: undoes.keptRef }),
    warnings,
  };
}

export type SeenHost = {
  facts: HostFacts;
  /** Of the server's data folder; absent where the host's file names none. */
  freeBytes?: number;
  problems: Problem[];
  warnings: string[];
};

/** Whether the host knows the target, has `tools`, and has room for what is fetched. */
export async function seeHost(
  access: ServerAccess,
  looked: Looked,
  tools: readonly string[],
): Promise<SeenHost> {
  const facts = await access.program.facts();
  const problems: Problem[] = [];
  if (!facts.targets.includes(looked.target)) {
    problems.push({
      code: 'target-unknown',
      message: `Host "${access.host.name}" does not name the target "${looked.target}" in its own file.`,
      hint: "root adds it to the host's file, if it may be overwritten.",
    });
  }
  for (const tool of tools) {
    if (facts.tools[tool] !== undefined) continue;
    problems.push({
      code: 'tool-missing',
      message: `Host "${access.host.name}" has no ${tool}, or its file names none.`,
      hint: `Install it and name it in the host's file.`,
    });
  }
  if (looked.backup !== undefined && looked.fetched === true) {
    const free = await access.program.freeBytes({ run: '.' });
    if (looked.backup.bytes > free) {
      problems.push({
        code: 'no-space',
        message: `Host "${access.host.name}" has ${gigabytes(free)} free for fetched backups; ${looked.backup.id} has ${gigabytes(looked.backup.bytes)}.`,
        hint: 'Make room where freshet-host keeps its state, or move that folder.',
      });
    }
  }
  try {
    const freeBytes = await access.program.freeBytes({ server: access.site.name });
    return { facts, freeBytes, problems, warnings: [] };
  } catch (error) {
    if (!isFreshetError(error, 'Config')) throw error;
    const warning = `The free space of server "${access.site.name}" is not known: ${error.message}`;
    return { facts, problems, warnings: [warning] };
  }
}

/** What keeps an undo from swapping back; `find` answers what has that lasting name now. */
export async function undoProblems(
  looked: Looked,
  find: (ref: string) => Promise<{ name: string } | undefined>,
): Promise<Problem[]> {
  const { liveRef = '', keptRef = '', keptName = '' } = looked.undoes ?? {};
  const kept = keptRef === '' ? undefined : await find(keptRef);
  if (kept === undefined || kept.name !== keptName) {
    return [
      {
        code: 'kept-gone',
        message: `The copy that "${looked.databaseName}" had before is not there any more.`,
        hint: 'Refresh it from a backup instead.',
      },
    ];
  }
  const live = liveRef === '' ? undefined : await find(liveRef);
  if (live?.name === looked.databaseName) return [];
  return [
    {
      code: 'newer-refresh',
      message: `"${looked.databaseName}" is not any more what that run put there.`,
      hint: 'Undo the newest refresh first.',
    },
  ];
}

export function noSpace(access: ServerAccess, needed: number, free: number): Problem {
  return {
    code: 'no-space',
    message: `Server "${access.site.name}" has ${gigabytes(free)} free; the new copy may need ${gigabytes(needed)}.`,
    hint: 'Make room, or drop a kept copy.',
  };
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
