import { isFreshetError } from '../src/domain/errors.ts';
import type { Inspection } from '../src/domain/impact.ts';
import type { ActContext, Destination, ItemContext, ServerAccess, StepResult } from './engine.ts';
import type { HostProgram } from './host-program/client.ts';
import type { HostFacts } from './host-program/step.ts';
import { gigabytes, type Problem } from './look.ts';
import type { ActStep } from './plan.ts';
import { problemMet } from './refusals.ts';

// What a take would meet, the same for every engine. Nobody on the database is disturbed, so sessions are not looked for.

export type LookedTake = {
  databaseName: string;
  target: string;
  into: { host: string; root: string };
};

/** What its reader sees of a database. */
export type ReaderSees = { version: string; bytes: number; problems: Problem[]; warnings?: string[] };

/** What an engine's own is of the look. */
export type TakeLook = {
  /** Programs that dump, on the server's host, and those that read a dump, on the repository's. */
  tools: { dump: readonly string[]; read: readonly string[] };
  /** By how much smaller a dump is than its database; reckoned low. */
  packs: number;
  /** As the reader. A fault that is none of Freshet's own says that the database can't be opened. */
  see(access: ServerAccess, databaseName: string, signal?: AbortSignal): Promise<ReaderSees>;
  /** What the versions of the tools on the server's host have against it. */
  versions?(tools: HostFacts['tools'], sees: ReaderSees, access: ServerAccess): Problem[];
};

export async function inspectTake(
  engine: TakeLook,
  access: ServerAccess,
  { placement }: ItemContext,
  into: Destination,
): Promise<Inspection> {
  const { databaseName, target } = placement;
  const where = { host: into.host.name, root: into.repository.root };
  return look(engine, access, { databaseName, target, into: where }, into.program);
}

/** Proves again what was proved before anyone was asked. Throws Conflict with the code of the first problem. */
export async function checkTake(engine: TakeLook, step: ActStep, context: ActContext): Promise<StepResult> {
  const { access, item, signal } = context;
  const into = step.args as LookedTake['into'];
  const { databaseName, target } = item;
  const seen = await look(engine, access, { databaseName, target, into }, context.program(into.host), signal);
  const [problem] = seen.problems;
  if (problem !== undefined) throw problemMet(access.site, problem);
  return { engineVersion: seen.serverVersion, liveBytes: seen.live?.bytes ?? 0, warnings: seen.warnings };
}

async function look(
  engine: TakeLook,
  access: ServerAccess,
  looked: LookedTake,
  keeper: HostProgram,
  signal?: AbortSignal,
): Promise<Inspection> {
  const problems: Problem[] = [];
  const [seen, freeBytes] = await Promise.all([
    seeAsReader(engine, access, looked.databaseName, problems, signal),
    seeHosts(engine.tools, access, looked, keeper, problems),
  ]);
  const needed = (seen?.bytes ?? 0) / engine.packs;
  if (freeBytes !== undefined && needed > freeBytes) problems.push(noSpace(looked, needed, freeBytes));
  if (seen !== undefined && engine.versions !== undefined) {
    problems.push(...engine.versions((await access.program.facts()).tools, seen, access));
  }
  return {
    serverVersion: seen?.version ?? '',
    ...(seen === undefined ? {} : { live: { ref: looked.databaseName, bytes: seen.bytes } }),
    sessions: [],
    ...(freeBytes === undefined ? {} : { freeBytes }),
    problems,
    warnings: seen?.warnings ?? [],
  };
}

async function seeAsReader(
  engine: TakeLook,
  access: ServerAccess,
  databaseName: string,
  problems: Problem[],
  signal?: AbortSignal,
): Promise<ReaderSees | undefined> {
  const { reader, name } = access.site;
  try {
    const seen = await engine.see(access, databaseName, signal);
    problems.push(...seen.problems);
    return seen;
  } catch (error) {
    if (isFreshetError(error, 'Config')) {
      problems.push({ code: error.code, message: error.message, hint: error.hint });
      return undefined;
    }
    if (isFreshetError(error)) throw error;
    problems.push({
      code: 'source-unreachable',
      message: `Database "${databaseName}" on server "${name}" can't be opened by "${reader?.user ?? ''}".`,
      hint: 'See that it is there and that the role may connect to it.',
    });
    return undefined;
  }
}

/** Answers the free space of the repository's root. */
async function seeHosts(
  tools: TakeLook['tools'],
  access: ServerAccess,
  { target, into }: LookedTake,
  keeper: HostProgram,
  problems: Problem[],
): Promise<number | undefined> {
  const near = await access.program.facts();
  const far = into.host === access.host.name ? near : await keeper.facts();
  if (![...near.targets, ...near.sources].includes(target)) {
    problems.push({
      code: 'target-unknown',
      message: `Host "${access.host.name}" does not name the target "${target}" in its own file.`,
      hint: "root adds it to the host's file, as a source where it must never be overwritten.",
    });
  }
  const missing = new Map<string, Problem>();
  for (const [needed, host, facts] of [
    [tools.dump, access.host.name, near],
    [tools.read, into.host, far],
  ] as const)
    for (const tool of needed) {
      if (facts.tools[tool] !== undefined) continue;
      missing.set(`${host} ${tool}`, {
        code: 'tool-missing',
        message: `Host "${host}" has no ${tool}, or its file names none.`,
        hint: "Install it and name it in the host's file.",
      });
    }
  problems.push(...missing.values());
  if (!far.takes.includes(into.root)) {
    problems.push({
      code: 'root-read-only',
      message: `Host "${into.host}" lets nothing be written into the root "${into.root}".`,
      hint: `root adds the line "takes ${into.root}" to the host's file, and makes the folder writable for its account.`,
    });
    return undefined;
  }
  return keeper.freeBytes({ root: into.root });
}

function noSpace({ into }: LookedTake, needed: number, free: number): Problem {
  return {
    code: 'no-space',
    message: `Root "${into.root}" on host "${into.host}" has ${gigabytes(free)} free; the backup may need ${gigabytes(needed)}.`,
    hint: 'Make room there.',
  };
}
