import { assertMayRequest } from '../../domain/access.ts';
import { isFreshetError } from '../../domain/errors.ts';
import type { BackupId } from '../../domain/ids.ts';
import { runIdFrom } from '../../domain/ids.ts';
import type { Impact, Inspection } from '../../domain/impact.ts';
import { environmentNamed, placementOf } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import type { Outlines, ServiceDeps } from '../deps.ts';
import { inspectItem, itemContext } from '../item-context.ts';
import { impactOf } from './impact.ts';

/** What a server said of a target; or why it could not be asked, in a sentence. */
export type Glance = { inspection: Inspection; impact: Impact } | { unknown: string };

/** How long what a server said counts: somebody who fills in a form asks for the same again and again. */
const goodForMs = 15_000;
/** How long a backup is looked into for it; what takes longer the card tells. */
const outlineMs = 1200;
/** How many are asked at once: they share SSH connections. */
const atOnce = 6;

/**
 * Looks at targets while somebody fills in a form: who is connected, and what would stand in the way. Answers within
 * `withinMs` whatever the servers do; those that have not answered by then are unknown. Never throws for a server, only for people
 * who may not ask.
 */
export function glancer(deps: ServiceDeps, outlines: Outlines) {
  const kept = new Map<string, { at: number; glance: Promise<Glance> }>();

  function glance(environment: string, database: string, backup: BackupId | undefined): Promise<Glance> {
    const now = Date.now();
    for (const [key, one] of kept) if (now - one.at > goodForMs) kept.delete(key);
    const key = [environment, database, backup ?? ''].join(' ');
    const known = kept.get(key);
    if (known !== undefined) return known.glance;
    const asked = ask(environment, database, backup).then(
      (seen): Glance => seen,
      (error: unknown): Glance => {
        // It may be there again in a moment.
        kept.delete(key);
        if (isFreshetError(error)) return { unknown: error.message };
        deps.log.warn({ err: error, environment, database }, 'a target could not be looked at');
        return { unknown: 'The look at it failed by a fault of ours.' };
      },
    );
    kept.set(key, { at: now, glance: asked });
    return asked;
  }

  async function ask(name: string, database: string, id: BackupId | undefined): Promise<Glance> {
    const environment = environmentNamed(deps.site, name);
    const placement = placementOf(environment, database);
    const backup = id === undefined ? undefined : await deps.store.backups.get(id);
    const context = itemContext(deps, placement, {
      kind: 'refresh',
      environment: name,
      run: runIdFrom(deps.random(5)),
      ...(backup === undefined ? {} : { backup }),
    });
    const inspection = await inspectItem(deps, context);
    return {
      inspection,
      impact: await impactOf(deps, context, inspection, { outlines, withinMs: outlineMs }),
    };
  }

  return async function glances(
    actor: Actor,
    what: { environment: string; items: readonly { database: string; backup?: BackupId }[] },
    withinMs: number,
  ): Promise<Readonly<Record<string, Glance>>> {
    assertMayRequest(deps.site, environmentNamed(deps.site, what.environment), actor.person);
    const found: Record<string, Glance> = {};
    for (const { database } of what.items) {
      found[database] = { unknown: 'It did not answer in time.' };
    }
    const left = [...what.items];
    const lane = async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        found[one.database] = await glance(what.environment, one.database, one.backup);
      }
    };
    const lanes = Promise.all(Array.from({ length: Math.min(atOnce, left.length) }, lane));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([lanes, late]);
    clearTimeout(timer);
    // Nobody waits for the rest any more.
    left.length = 0;
    return { ...found };
  };
}
