import type { Script } from '../../src/domain/script.ts';
import type { ItemContext } from '../engine.ts';
import { backupPlace, compareAgain, fetchSteps } from '../fetch.ts';
import type { HostConnection } from '../host-program/step.ts';
import { neutraliseSteps, provenSteps } from '../neutralising/steps.ts';
import type { ExecStep, PlanItem, Step } from '../plan.ts';
import { actStep, checkStep, compareStep, execStep, keepSteps, swapStep, tidyStep } from '../steps.ts';
import { dialect } from './neutralise.ts';
import { recipesOf } from '../recipes.ts';
import { contents, isArchive, listing, load, script, undoneBy } from './shell.ts';
import { dumping } from './take.ts';

/** The steps of one database, pure: what a dry run shows is what is done. */
export const stepsOf = recipesOf(refresh, dumping);

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
  const scripted = (name: string, one: Script) => scriptStep(item, connection, name, one);
  const jobs = isArchive(backup.format)
    ? ` with ${placement.jobs} job${placement.jobs === 1 ? '' : 's'}`
    : '';
  return [
    checkStep(item, backup),
    ...fetchSteps(item, backup.format === 'pg-directory' ? 'folder' : 'file'),
    {
      ...execStep(
        item,
        'load',
        'contents',
        `See what ${backup.id} needs`,
        0.3,
        contents(backup.format, place),
      ),
      // psql ends well with half of a dump that was cut inside of its data.
      expect: { complete: 'yes' },
      otherwise: {
        code: 'archive-truncated',
        cause: `${backup.id} is cut off: the line with which pg_dump ends a dump is missing.`,
        hint: 'Ask again with another backup.',
      },
    },
    ...(isArchive(backup.format)
      ? [execStep(item, 'load', 'list', `List what is restored of ${backup.id}`, 0.2, listing(place, list))]
      : []),
    actStep(item, 'load', 'create', `Create "${names.newName}", closed to all others`, 0.5, {
      extensions: server.extensions,
      admin: server.admin.user,
      loader: server.loader.user,
    }),
    {
      ...execStep(item, 'load', 'load', `Load ${backup.id}${jobs}`, seconds, {
        connection,
        ...load(backup.format, place, list, placement.jobs),
      }),
      afresh: `${database}.create`,
    },
    ...placement.scripts.map((one, at) => scripted(`script-${at + 1}`, one)),
    ...keepSteps(item),
    ...neutraliseSteps(item, dialect, seconds, scripted),
    ...compareAgain(item),
    actStep(
      item,
      'verify',
      'verify',
      'Verify constraints, sequences, counts and sentinels',
      0.5 + seconds / 20,
      {
        minimumRows: placement.minimumRows,
        sentinels: placement.sentinels,
        jobs: placement.jobs,
      },
    ),
    ...provenSteps(item, dialect, seconds),
    // The live one may have got other owners and grants since.
    {
      ...actStep(item, 'verify', 'carry', `Carry owner and grants of "${placement.databaseName}" over`, 0.3),
      anew: true,
    },
    compareStep(item),
    {
      ...actStep(item, 'verify', 'shut', `Close "${names.newName}" to everybody until its swap`, 0.1),
      anew: true,
    },
    swapStep(item),
    tidyStep(item),
  ];
}

function scriptStep(item: ItemContext, connection: HostConnection, name: string, one: Script): ExecStep {
  const { placement } = item;
  return {
    ...execStep(item, 'configure', name, `Run ${one.path}`, 0.5, { connection, ...script(one.text) }),
    undone: undoneBy(one.text),
    // Whether a script that was lost had committed can't be told from outside.
    afresh: `${placement.database}.create`,
  };
}

/** Estimated: an archive of 100 MB took 10 s to restore with two jobs; text goes through one connection. */
function loadSeconds(bytes: number, archive: boolean): number {
  return 1 + bytes / (archive ? 10e6 : 7e6);
}
