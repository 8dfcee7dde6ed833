import type { ActContext } from '../engine.ts';
import type { Step } from '../plan.ts';
import { asAdmin, tablesIn } from './records.ts';

/** 0..1 of a load, by the size that the new schema has reached, and of a dump, by its own; undefined for other steps. Never 1: only its end says that it is done. */
export async function progressOf(step: Step, context: ActContext): Promise<number | undefined> {
  if (step.kind === 'exec' && step.exec.report === 'mysql-dump-progress') {
    const live = Number(context.results[`${context.item.database}.check-take`]?.liveBytes ?? 0);
    // Packed text is a seventh of what its tables take.
    return Math.min(0.98, (7 * Number(context.report?.bytes ?? 0)) / Math.max(1, live));
  }
  if (step.kind !== 'exec' || step.stage !== 'load' || step.exec.connection === undefined) return undefined;
  const { access, item, signal, results } = context;
  const tables = await asAdmin(access, signal, (session) => tablesIn(session, item.newName));
  const bytes = tables.reduce((sum, one) => sum + one.bytes, 0);
  const live = Number(results[`${item.database}.check`]?.liveBytes ?? 0);
  return Math.min(0.98, bytes / Math.max(1, live > 20e6 ? live : step.weight * 20e6));
}
