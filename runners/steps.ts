import type { Backup } from '../src/domain/backup.ts';
import type { ItemContext } from './engine.ts';
import { type ActStep, copyNames, type ExecStep, type PlanItem, type Stage, type Step } from './plan.ts';

// What the steps of every engine are made of. Pure.

/** An item as it stands in the plan: of an undo, the kept copy is what goes live. */
export function planItemOf(item: ItemContext): PlanItem {
  const { placement, server } = item;
  const names = copyNames(placement.databaseName, item.run);
  return {
    database: placement.database,
    server: placement.server,
    host: server.host,
    target: placement.target,
    databaseName: placement.databaseName,
    newName: item.undoes?.keptName ?? names.newName,
    oldName: names.oldName,
    ...(item.into === undefined ? {} : { reads: true as const }),
  };
}

/** `name` is what `Engine.act` performs it by. */
export function actStep(
  item: ItemContext,
  stage: Stage,
  name: string,
  title: string,
  weight: number,
  args: ActStep['args'] = {},
  /** Where an item has several of the name. */
  id = name,
): ActStep {
  const { database, server } = item.placement;
  return { kind: 'act', id: `${database}.${id}`, stage, database, title, weight, name, server, args };
}

/** On the host of the item's server, for its target. */
export function execStep(
  item: ItemContext,
  stage: Stage,
  name: string,
  title: string,
  weight: number,
  what: Omit<ExecStep['exec'], 'target'>,
): ExecStep {
  const { database, target } = item.placement;
  const host = item.host.name;
  return {
    kind: 'exec',
    id: `${database}.${name}`,
    stage,
    database,
    title,
    weight,
    host,
    exec: { target, ...what },
  };
}

export function swapStep(item: ItemContext): ActStep {
  const title = `Swap "${item.placement.databaseName}"`;
  return actStep(item, 'swap', 'swap', title, 1, { drainSeconds: item.drainSeconds });
}

/** Before anything is done: what was seen before anybody was asked must still be so. `lookedBy` reads its arguments. */
export function checkStep(
  item: ItemContext,
  { id, bytes, format, engineVersion }: Pick<Backup, 'id' | 'bytes' | 'format' | 'engineVersion'>,
): ActStep {
  const { keep, databaseName } = item.placement;
  return actStep(item, 'check', 'check', `Check the rights and the space for "${databaseName}"`, 1, {
    backup: { id, bytes, format, engineVersion },
    fetched: item.source?.host.name !== item.host.name,
    ...(keep === undefined ? {} : { keep }),
  });
}

/** After the scripts, so that what these make is there, and before anything that takes the teeth out of what came in. */
export function keepSteps(item: ItemContext): Step[] {
  const { keep = [], databaseName } = item.placement;
  if (keep.length === 0) return [];
  const names = keep.map(({ table, where }) => (where === undefined ? table : `rows of ${table}`));
  const shown =
    names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  return [actStep(item, 'configure', 'keep-rows', `Keep ${shown} of "${databaseName}"`, 0.5, { keep })];
}

/** Both are open for the last time, and nobody writes to the new one. */
export function compareStep(item: ItemContext): ActStep {
  const title = `Compare the schema with that of "${item.placement.databaseName}"`;
  return { ...actStep(item, 'verify', 'compare', title, 0.3), anew: true };
}

export function tidyStep(item: ItemContext): ActStep {
  return actStep(item, 'tidy', 'tidy', 'Remove what the run left on the host', 0.3);
}

/** An undo is the same for each engine: its acts `check` and `swap` know the way back by what the swap recorded. */
export function undoSteps(item: ItemContext): Step[] {
  const { placement, undoes } = item;
  const refs = { liveRef: undoes?.liveRef, keptRef: undoes?.keptRef, keptName: undoes?.keptName };
  const title = `Check that "${placement.databaseName}" can be swapped back`;
  return [actStep(item, 'check', 'check', title, 1, { undoes: refs }), swapStep(item), tidyStep(item)];
}
