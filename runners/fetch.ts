import { configError } from '../src/domain/errors.ts';
import type { HostSite } from '../src/domain/site.ts';
import type { ActContext, Candidate, ItemContext, StepResult } from './engine.ts';
import type { HostPath, HostPiece } from './host-program/step.ts';
import type { ActStep, ExecStep, Stage, Step } from './plan.ts';
import { digestOf } from './reading.ts';
import { actStep, execStep } from './steps.ts';

/** Acts of this stage, by which the host that holds a backup lets another one read it. */
const grant = 'fetch-grant';
const revoke = 'fetch-revoke';

/** How long the receiving host may read a backup: a day is more than any transfer, and ends what was forgotten. */
export const grantSeconds = 86_400;

/** A backup that another host sends, as the receiving one must know it. */
export type Arriving = {
  from: { address: string; port: number; user: string; hostKey: string };
  kind: Candidate['kind'];
  bytes: number | string;
  sha256: string;
};

export function wayTo({ transfer, user, hostKey }: HostSite): Arriving['from'] {
  return { ...transfer, user, hostKey };
}

/** What receives it: it goes on where it was cut, and is compared on arrival. */
export function receiving({ from, kind, bytes, sha256 }: Arriving, place: HostPath): HostPiece {
  const told = [
    `--address=${from.address}`,
    `--port=${from.port}`,
    `--user=${from.user}`,
    `--host-key=${from.hostKey}`,
    `--kind=${kind}`,
    `--bytes=${bytes}`,
    `--sha256=${sha256}`,
  ];
  return { pipe: [{ tool: 'receive', args: [...told, place] }], report: 'bytes' };
}

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
 * do nothing else, resumes where it was cut, and is compared on arrival. `kind`: what backups of its format are.
 */
export function fetchSteps(item: ItemContext, kind: Candidate['kind']): Step[] {
  const { backup, repository, host } = required(item);
  const { database } = item.placement;
  const checksum = backup.checksum ?? '';
  if (host.name === item.host.name) {
    // What is read in place needs no turn to be fetched, and nothing of it is loaded before it was compared.
    const step = compare(item, 'load', 'digest', `Compare the checksum of ${backup.id}`);
    return [{ ...step, beside: `${database}.load` }];
  }
  const args = { from: host.name, root: repository.root, path: backup.path };
  return [
    actStep(item, 'fetch', grant, `Let "${item.host.name}" read ${backup.id} on "${host.name}"`, 1, args),
    execStep(
      item,
      'fetch',
      'fetch',
      `Fetch ${backup.id} from "${host.name}"`,
      1 + backup.bytes / 100e6,
      receiving({ from: wayTo(host), kind, bytes: backup.bytes, sha256: checksum }, backupPlace(item)),
    ),
    actStep(item, 'fetch', revoke, `Take the leave to read on "${host.name}" back`, 0.2, args),
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
  const { backup, repository } = required(item);
  return {
    ...execStep(
      item,
      stage,
      name,
      title,
      0.2 + backup.bytes / 500e6,
      digestOf({ root: repository.root, path: backup.path }),
    ),
    expect: { sha256: backup.checksum ?? '' },
    otherwise: {
      code: 'backup-changed',
      cause: `${backup.id} is not any more what was approved: its checksum is another one.`,
      hint: 'Ask again with a backup that is whole.',
    },
  };
}

/** The host that this step lets a run read a backup of; undefined for any other step. */
export function grantedBy(step: Step): string | undefined {
  return step.kind === 'act' && step.name === grant ? String(step.args.from) : undefined;
}

/** Performs the acts of `fetchSteps`; undefined for any other act. */
export async function fetchAct(step: ActStep, context: ActContext): Promise<StepResult | undefined> {
  if (step.name !== grant && step.name !== revoke) return undefined;
  const { from, root, path } = step.args as { from: string; root: string; path: string };
  const sender = context.program(from);
  if (step.name === revoke) {
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
