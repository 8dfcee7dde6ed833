import type { Script } from '../../src/domain/script.ts';
import type { ItemContext } from '../engine.ts';
import { backupPlace, compareAgain, fetchSteps } from '../fetch.ts';
import type { HostConnection } from '../host-program/step.ts';
import { neutraliseSteps, provenSteps } from '../neutralising/steps.ts';
import type { ExecStep, PlanItem, Step } from '../plan.ts';
import { actStep, checkStep, compareStep, execStep, keepSteps, swapStep, tidyStep } from '../steps.ts';
import { dialect } from './neutralise.ts';
import { recipesOf } from '../recipes.ts';
import { load, script } from './shell.ts';
import { dumping } from './take.ts';

/** The steps of one database, pure: what a dry run shows is what is done. */
export const stepsOf = recipesOf(refresh, dumping);

function refresh(item: ItemContext, names: PlanItem): Step[] {
  const { placement, server, source } = item;
  const backup = source?.backup;
  if (backup === undefined) return [];
  const { database } = placement;
  const seconds = loadSeconds(backup.bytes, backup.format === 'mysql-plain');
  const connection: HostConnection = {
    server: placement.server,
    identity: 'loader',
    database: names.newName,
  };
  const scripted = (name: string, one: Script): ExecStep => ({
    ...execStep(item, 'configure', name, `Run ${one.path}`, 0.5, { connection, ...script(one.text) }),
    // Definitions commit by themselves: whether a script that was lost had done half can't be told from outside.
    afresh: `${database}.create`,
  });
  const swap = swapStep(item);
  const jobs = placement.jobs > 1 ? ` over ${placement.jobs} sessions` : '';
  return [
    checkStep(item, backup),
    ...fetchSteps(item, backup.format === 'mydumper' ? 'folder' : 'file'),
    actStep(item, 'load', 'create', `Create "${names.newName}", closed to all others`, 0.5, {
      loader: server.loader.user,
    }),
    {
      ...execStep(item, 'load', 'load', `Load ${backup.id}${jobs}`, seconds, {
        connection,
        ...load(backup.format, backupPlace(item), placement.jobs),
      }),
      afresh: `${database}.create`,
    },
    ...placement.scripts.map((one, at) => scripted(`script-${at + 1}`, one)),
    ...keepSteps(item),
    ...neutraliseSteps(item, dialect, seconds, scripted),
    ...compareAgain(item),
    actStep(item, 'verify', 'verify', 'Verify foreign keys, counts and sentinels', 0.5 + seconds / 20, {
      minimumRows: placement.minimumRows,
      sentinels: placement.sentinels,
    }),
    ...provenSteps(item, dialect, seconds),
    // The live one may have got other definers and grants since.
    {
      ...actStep(item, 'verify', 'carry', 'Write down views, triggers, routines and events', 0.3),
      anew: true,
    },
    compareStep(item),
    { ...swap, args: { ...swap.args, events: placement.events ?? 'disabled' } },
    tidyStep(item),
  ];
}

/** Estimated: the client loads 20 MB of text in a second, and packed text is a fifth of it. */
function loadSeconds(bytes: number, plain: boolean): number {
  return 1 + bytes / (plain ? 20e6 : 4e6);
}
