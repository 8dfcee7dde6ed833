import { configError } from '../src/domain/errors.ts';
import type { ActContext, ItemContext, StepResult } from './engine.ts';
import type { HostPath } from './host-program/step.ts';
import type { ActStep, ExecStep, Stage, Step } from './plan.ts';

/** How long the receiving host may read the backup: a day is more than any transfer, and ends what was forgotten. */
const grantSeconds = 86_400;

/** Where the steps that load find the backup: in place, or in the run's folder after it came from another host. */
export function backupPlace(item: ItemContext): HostPath {
  const { backup, repository, host } = required(item);
  return host.name === item.host.name
    ? { root: repository.root, path: backup.path }
    : { run: `${item.placement.database}.backup` };
}

/**
 * The `fetch` stage, the same for every engine. A backup on the server's own host is read in place, after its checksum
 * was compared with the approved one, and once more after the load (`compareAgain`). From another host it travels straight to the server's host by a key that can
 * do nothing else, resumes where it was cut, and is compared on arrival.
 */
export function fetchSteps(item: ItemContext): Step[] {
  const { backup, repository, host } = required(item);
  const { database, server, target } = item.placement;
  const folder = backup.format === 'pg-directory';
  const checksum = backup.checksum ?? '';
  const base = { stage: 'fetch' as const, database };
  if (host.name === item.host.name) {
    // What is read in place needs no turn to be fetched, and nothing of it is loaded before it was compared.
    const step = compare(item, 'load', 'digest', `Compare the checksum of ${backup.id}`);
    return [{ ...step, beside: `${database}.load` }];
  }
  const args = { from: host.name, root: repository.root, path: backup.path };
  return [
    {
      ...base,
      kind: 'act',
      id: `${database}.fetch-grant`,
      name: 'fetch-grant',
      title: `Let "${item.host.name}" read ${backup.id} on "${host.name}"`,
      weight: 1,
      server,
      args,
    },
    {
      ...base,
      kind: 'exec',
      id: `${database}.fetch`,
      title: `Fetch ${backup.id} from "${host.name}"`,
      weight: 1 + backup.bytes / 100e6,
      host: item.host.name,
      exec: {
        target,
        pipe: [
          {
            tool: 'receive',
            args: [
              `--address=${host.transfer.address}`,
              `--port=${host.transfer.port}`,
              `--user=${host.user}`,
              `--host-key=${host.hostKey}`,
              `--kind=${folder ? 'folder' : 'file'}`,
              `--bytes=${backup.bytes}`,
              `--sha256=${checksum}`,
              backupPlace(item),
            ],
          },
        ],
        report: 'bytes',
      },
    },
    {
      ...base,
      kind: 'act',
      id: `${database}.fetch-revoke`,
      name: 'fetch-revoke',
      title: `Take the leave to read on "${host.name}" back`,
      weight: 0.2,
      server,
      args,
    },
  ];
}

/**
 * What is read in place can be exchanged between the comparison and the load, by whoever may write there: it is compared
 * again once it was loaded, before anything is swapped. A fetched copy is out of others' reach.
 */
export function compareAgain(item: ItemContext): Step[] {
  const { backup, host } = required(item);
  if (host.name !== item.host.name) return [];
  const title = `See that ${backup.id} was not changed while it was loaded`;
  return [{ ...compare(item, 'verify', 'digest-again', title), beside: `${item.placement.database}.carry` }];
}

function compare(item: ItemContext, stage: Stage, name: string, title: string): ExecStep {
  const { backup, repository, host } = required(item);
  const { database, target } = item.placement;
  return {
    kind: 'exec',
    id: `${database}.${name}`,
    stage,
    database,
    title,
    weight: 0.2 + backup.bytes / 500e6,
    host: host.name,
    exec: {
      target,
      pipe: [{ tool: 'digest', args: [{ root: repository.root, path: backup.path }] }],
      report: 'digest',
    },
    expect: { sha256: backup.checksum ?? '' },
    otherwise: {
      code: 'backup-changed',
      cause: `${backup.id} is not any more what was approved: its checksum is another one.`,
      hint: 'Ask again with a backup that is whole.',
    },
  };
}

/** Performs the acts of `fetchSteps`; undefined for any other act. */
export async function fetchAct(step: ActStep, context: ActContext): Promise<StepResult | undefined> {
  if (step.name !== 'fetch-grant' && step.name !== 'fetch-revoke') return undefined;
  const { from, root, path } = step.args as { from: string; root: string; path: string };
  const sender = context.program(from);
  if (step.name === 'fetch-revoke') {
    await sender.revoke(context.run);
  } else {
    await sender.grant(
      context.run,
      { root, path },
      await context.access.program.fetchKey(context.run),
      grantSeconds,
    );
  }
  return {};
}

function required(item: ItemContext) {
  if (item.source !== undefined) return item.source;
  throw configError('source-missing', `Nothing says what goes into "${item.placement.databaseName}".`, '');
}
