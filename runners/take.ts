import { createHash } from 'node:crypto';
import type { Backup } from '../src/domain/backup.ts';
import { configError, unavailable } from '../src/domain/errors.ts';
import type { RequestId } from '../src/domain/ids.ts';
import { type Manifest, manifestText, partName, takenName } from '../src/domain/manifest.ts';
import { type Causes, explainCause } from './causes.ts';
import { StepFailed } from './walk/ending.ts';
import type { ActContext, Dumping, ItemContext, StepResult } from './engine.ts';
import { type Arriving, grantSeconds, receiving, wayTo } from './fetch.ts';
import type { HostProgram } from './host-program/client.ts';
import type { HostPath, HostReportLines, HostStep } from './host-program/step.ts';
import type { ActStep, Step } from './plan.ts';
import { digestOf } from './reading.ts';
import { actStep, execStep, tidyStep } from './steps.ts';
import { movementOf } from './walk/transfers.ts';

/**
 * The recipe `take`, the same for every engine: check, dump, send where the repository lies on another host, count, and give it its name.
 * Nothing is changed on the server. Until it is whole, it lies under a name that no scan takes for a backup.
 */
export function takeSteps(item: ItemContext, dumping: Dumping): Step[] {
  const { environment, repository, host, request } = required(item);
  const { database, databaseName, server } = item.placement;
  const isNear = host.name === item.host.name;
  const part: HostPath = { root: repository.root, path: partName(database, item.run) };
  const dumped = isNear ? part : { run: `${database}.dump` };
  const connection = { server, identity: 'reader' as const, database: databaseName };
  const into = { host: host.name, root: repository.root };
  const counting = {
    pipe: dumping.tally(part),
    stdout: { run: `${database}.rows` },
    report: 'taken' as const,
  };
  const counted = execStep(item, 'send', 'tally', 'Read the dump to its end and count its rows', 5, counting);
  return [
    actStep(item, 'check', 'check-take', `Check the rights and the space to dump "${databaseName}"`, 1, into),
    // One that was lost is begun anew by its host, which throws away what it had written.
    execStep(item, 'dump', 'dump', `Dump "${databaseName}"`, 30, {
      connection,
      ...dumping.dump(item, dumped),
    }),
    execStep(item, 'dump', 'digest', 'Take the checksum of the dump', 1, digestOf(dumped)),
    ...(isNear
      ? []
      : [
          actStep(item, 'send', 'send', `Send the dump to "${host.name}"`, 10, {
            ...into,
            from: wayTo(item.host),
            kind: dumping.kind,
          }),
        ]),
    // The lock of the target is on the server's host.
    isNear ? counted : { ...counted, host: host.name, exec: counting },
    actStep(item, 'publish', 'keep', `Give the backup its name in "${repository.name}"`, 0.5, {
      ...into,
      environment,
      format: dumping.format,
      ending: dumping.ending,
      engine: item.server.engine,
      repository: repository.name,
      ...(request === undefined ? {} : { request }),
    }),
    { ...tidyStep(item), title: 'Remove what the run left on the hosts' },
  ];
}

/** Performs the acts of `takeSteps` that are no engine's own; undefined for any other act. `causes`: those of the item's engine. */
export async function takeAct(
  step: ActStep,
  context: ActContext,
  causes: Causes,
): Promise<StepResult | undefined> {
  if (step.name === 'send') return send(step, context, causes);
  if (step.name === 'keep') return keep(step, context, causes);
  return undefined;
}

type Into = { host: string; root: string };

type SendArgs = Into & Pick<Arriving, 'from' | 'kind'>;

/** From the server's host straight to the repository's, with a key for this run alone; goes on where it was cut, and is compared on arrival. */
async function send(step: ActStep, context: ActContext, causes: Causes): Promise<StepResult> {
  const { host, root, from, kind } = step.args as SendArgs;
  const { item, run, access, results } = context;
  const { database } = item;
  const { sha256 = '', bytes = '' } = results[`${database}.digest`] as HostReportLines;
  const receiver = context.program(host);
  const moved = movementOf(Number(bytes), item.host, host);
  const dump = { run: `${database}.dump` };
  await access.program.grant(run, dump, await receiver.fetchKey(run), grantSeconds);
  await onHost(receiver, step, context, {
    causes,
    ...receiving({ from, kind, bytes, sha256 }, { root, path: partName(database, run) }),
    tell: (report) => {
      const arrived = Number(report.bytes ?? 0);
      context.progress(arrived / Math.max(1, Number(bytes)), moved(arrived));
    },
  });
  await access.program.revoke(run);
  return {};
}

type KeepArgs = Into & {
  environment: string;
  repository: string;
  engine: string;
  format: Backup['format'];
  ending: Dumping['ending'];
  request?: RequestId;
};

/** What the catalogue is told of a backup that was taken. */
export type TakenResult = Pick<Manifest, 'dataAt' | 'checksum' | 'engineVersion' | 'format' | 'engine'> & {
  repository: string;
  path: string;
  bytes: number;
  /** ISO 8601: when its newest file was written, as a scan sees it. */
  writtenAt: string;
  tables: number;
  rows: number;
};

/** Writes the manifest and renames the dump: from here on it is a backup, and a scan knows it as one. */
async function keep(step: ActStep, context: ActContext, causes: Causes): Promise<StepResult> {
  const args = step.args as KeepArgs;
  const { item, run, results } = context;
  const { database, databaseName } = item;
  const of = (step: string) => (results[`${database}.${step}`] ?? {}) as HostReportLines;
  const counted = of('tally');
  const dataAt = new Date(Number(of('dump').began));
  const manifest: Manifest = {
    freshet: 1,
    database,
    environment: args.environment,
    databaseName,
    engine: args.engine,
    engineVersion: String(of('check-take').engineVersion),
    format: args.format,
    dataAt: dataAt.toISOString(),
    checksum: String(of('digest').sha256),
    schema: String(counted.schema),
    tables: Number(counted.tables),
    rowsInAll: Number(counted.rows),
    ...(args.request === undefined ? {} : { request: args.request }),
    run,
  };
  const path = takenName({ environment: args.environment, database, dataAt }, run) + args.ending;
  const kept = await onHost(context.program(args.host), step, context, {
    causes,
    stdin: { text: manifestText(manifest) },
    pipe: [
      {
        tool: 'keep',
        args: [
          `--part=${partName(database, run)}`,
          '--rows',
          { run: `${database}.rows` },
          { root: args.root, path },
        ],
      },
    ],
    report: 'taken',
  });
  const { engine, engineVersion, format, checksum, tables, rowsInAll } = manifest;
  return {
    repository: args.repository,
    path,
    engine,
    engineVersion,
    format,
    checksum,
    dataAt: manifest.dataAt,
    bytes: Number(kept.bytes),
    writtenAt: new Date(Number(kept.modified) * 1000).toISOString(),
    tables,
    rows: rowsInAll,
  } satisfies TakenResult;
}

/**
 * A step on a host from within an act, followed to its end. What was begun is followed further by whoever comes next; after one that ended
 * badly or was lost, the next call begins another.
 */
async function onHost(
  program: HostProgram,
  act: ActStep,
  { item, run, fence, signal, access }: ActContext,
  {
    causes,
    tell,
    ...what
  }: Pick<HostStep, 'pipe' | 'report' | 'stdin'> & {
    causes: Causes;
    tell?: (report: HostReportLines) => void;
  },
): Promise<HostReportLines> {
  // The lock and the fence are on the server's host.
  const held = program.host === access.program.host ? { target: item.target } : {};
  const mark = createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 8);
  for (let round = 1; ; round += 1) {
    const step = `${act.id}-${mark}.${round}`;
    const before = await program.state(run, step);
    if (before.state === 'lost' || (before.state === 'ended' && before.exitCode !== 0)) continue;
    let state = await program.submit({ run, step, fence, ...held, ...what });
    while (state.state === 'running') {
      tell?.(state.report);
      state = await program.wait(run, step, { timeoutSeconds: 5, after: state, signal });
      signal.throwIfAborted();
    }
    if (state.state !== 'ended') {
      throw unavailable('step-lost', `Host "${program.host}" lost "${act.title}".`, 'It is begun anew.');
    }
    if (state.exitCode === 0) return state.report;
    throw new StepFailed(act, explainCause(state, { title: act.title, host: program.host }, causes), false);
  }
}

function required(item: ItemContext) {
  if (item.into !== undefined) return item.into;
  throw configError(
    'repository-missing',
    `Nothing says where a backup of "${item.placement.databaseName}" goes.`,
    '',
  );
}
