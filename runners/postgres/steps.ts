import type { ItemContext } from '../engine.ts';
import { backupPlace, compareAgain, fetchSteps } from '../fetch.ts';
import type { HostConnection } from '../host-program/step.ts';
import { type ActStep, copyNames, type ExecStep, type PlanItem, type Stage, type Step } from '../plan.ts';
import { contents, isArchive, listing, load, script, undoneBy } from './shell.ts';

/** The steps of one database, pure: what a dry run shows is what is done. */
export function stepsOf(item: ItemContext): { item: PlanItem; steps: Step[] } {
  const { placement, server } = item;
  const names = copyNames(placement.databaseName, item.run);
  const planItem: PlanItem = {
    database: placement.database,
    server: placement.server,
    host: server.host,
    target: placement.target,
    databaseName: placement.databaseName,
    newName: item.kind === 'undo' ? (item.undoes?.keptName ?? names.newName) : names.newName,
    oldName: names.oldName,
  };
  return { item: planItem, steps: item.kind === 'undo' ? undo(item) : refresh(item, planItem) };
}

function refresh(item: ItemContext, names: PlanItem): Step[] {
  const { placement, server, source } = item;
  const backup = source?.backup;
  if (backup === undefined) return [];
  const { database } = placement;
  const place = backupPlace(item);
  const list = { run: `${database}.list` };
  const seconds = loadSeconds(backup.bytes, isArchive(backup.format));
  const connection: HostConnection = {
    server: placement.server,
    identity: 'loader',
    database: names.newName,
  };
  const tools = { host: item.host.name, target: placement.target };
  const jobs = isArchive(backup.format)
    ? ` with ${placement.jobs} job${placement.jobs === 1 ? '' : 's'}`
    : '';
  return [
    act(item, 'check', 'check', `Check the rights and the space for "${placement.databaseName}"`, 1, {
      backup: {
        id: backup.id,
        bytes: backup.bytes,
        format: backup.format,
        engineVersion: backup.engineVersion,
      },
      fetched: source?.host.name !== item.host.name,
    }),
    ...fetchSteps(item),
    {
      ...exec(item, 'load', 'contents', `See what ${backup.id} needs`, 0.3, tools.host, {
        target: tools.target,
        ...contents(backup.format, place),
      }),
      // psql ends well with half of a dump that was cut inside of its data.
      expect: { complete: 'yes' },
      otherwise: {
        code: 'archive-truncated',
        cause: `${backup.id} is cut off: the line with which pg_dump ends a dump is missing.`,
        hint: 'Ask again with another backup.',
      },
    },
    ...(isArchive(backup.format)
      ? [
          exec(item, 'load', 'list', `List what is restored of ${backup.id}`, 0.2, tools.host, {
            target: tools.target,
            ...listing(place, list),
          }),
        ]
      : []),
    act(item, 'load', 'create', `Create "${names.newName}", closed to all others`, 0.5, {
      extensions: server.extensions,
      admin: server.admin.user,
      loader: server.loader.user,
    }),
    {
      ...exec(item, 'load', 'load', `Load ${backup.id}${jobs}`, seconds, tools.host, {
        target: tools.target,
        connection,
        ...load(backup.format, place, list, placement.jobs),
      }),
      afresh: `${database}.create`,
    },
    ...placement.scripts.map((one, at) => ({
      ...exec(item, 'configure', `script-${at + 1}`, `Run ${one.path}`, 0.5, tools.host, {
        target: tools.target,
        connection,
        ...script(one.text),
      }),
      undone: undoneBy(one.text),
      // Whether a script that was lost had committed can't be told from outside.
      afresh: `${database}.create`,
    })),
    ...compareAgain(item),
    act(item, 'verify', 'verify', 'Verify constraints, sequences, counts and sentinels', 0.5 + seconds / 20, {
      minimumRows: placement.minimumRows,
      sentinels: placement.sentinels,
      jobs: placement.jobs,
    }),
    // The live one may have got other owners and grants since.
    {
      ...act(item, 'verify', 'carry', `Carry owner and grants of "${placement.databaseName}" over`, 0.3),
      anew: true,
    },
    swap(item),
    act(item, 'tidy', 'tidy', 'Remove what the run left on the host', 0.3),
  ];
}

function undo(item: ItemContext): Step[] {
  const { placement, undoes } = item;
  const refs = { liveRef: undoes?.liveRef, keptRef: undoes?.keptRef, keptName: undoes?.keptName };
  return [
    act(item, 'check', 'check', `Check that "${placement.databaseName}" can be swapped back`, 1, {
      undoes: refs,
    }),
    swap(item),
    act(item, 'tidy', 'tidy', 'Remove what the run left on the host', 0.3),
  ];
}

function swap(item: ItemContext): ActStep {
  const title = `Swap "${item.placement.databaseName}"`;
  return act(item, 'swap', 'swap', title, 1, { drainSeconds: item.drainSeconds });
}

function act(
  item: ItemContext,
  stage: Stage,
  name: string,
  title: string,
  weight: number,
  args: ActStep['args'] = {},
): ActStep {
  const { database, server } = item.placement;
  return { kind: 'act', id: `${database}.${name}`, stage, database, title, weight, name, server, args };
}

function exec(
  item: ItemContext,
  stage: Stage,
  name: string,
  title: string,
  weight: number,
  host: string,
  what: ExecStep['exec'],
): ExecStep {
  const { database } = item.placement;
  return { kind: 'exec', id: `${database}.${name}`, stage, database, title, weight, host, exec: what };
}

/** Estimated: an archive of 100 MB took 10 s to restore with two jobs; text goes through one connection. */
function loadSeconds(bytes: number, archive: boolean): number {
  return 1 + bytes / (archive ? 10e6 : 7e6);
}
