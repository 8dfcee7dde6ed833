import type { Event } from '../../domain/event.ts';
import { runIdFrom } from '../../domain/ids.ts';
import { withinEvent, type Impact } from '../../domain/impact.ts';
import { isReading } from '../../domain/request-kinds.ts';
import type { Request, RequestItem } from '../../domain/request.ts';
import { stillRead } from '../backups/outlines.ts';
import type { Outlines, ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';
import { feed, RetryAfter, type Deliver } from '../feed.ts';
import { inspectItem, itemContext } from '../item-context.ts';
import { unknownBy } from '../unknown.ts';
import { impactOf } from './impact.ts';

/** An effect is leased for a minute; what takes longer is told with the next attempt. */
const patience = { outlineMs: 20_000, againSeconds: 20 };
/** How many databases are looked at at once: they share SSH connections. */
const atOnce = 4;

/** Until `signal`: looks at what requests that wait for an approval cost others, once their card is there, and writes it down for it. */
export function assessForEver(deps: ServiceDeps, outlines: Outlines, signal: AbortSignal): Promise<void> {
  return feed(deps, 'impact', assess(deps, outlines), signal, { concurrency: 2 });
}

/**
 * Looks at one request. What can't be known is said to be unknown; only for a backup that is still being looked into it comes again, and
 * writes down then what it has found.
 */
export function assess(deps: ServiceDeps, outlines: Outlines): Deliver {
  return async ({ request: id }) => {
    const request = id === undefined ? undefined : await deps.store.requests.get(id);
    // It has begun or is over, or it leaves everything to others as it is.
    if (request === undefined || !isAhead(request) || isReading(request.kind)) return;
    const told = await deps.store.events.ofRequest(request.id, ['impact-seen']);
    // What was approved by rule was looked at when it was asked for.
    const last = told.at(-1);
    if (request.state === 'approved' && last !== undefined && !isUnfinished(last)) return;
    const items = await impactsOf(deps, outlines, request);
    const isStillRead = items.some(waitsForBackup);
    const isNews = !isStillRead || told.length === 0;
    if (isNews)
      await deps.store.write(async (tx) => {
        const now = await tx.requests.lock(request.id);
        if (now === undefined || !isAhead(now) || now.digest !== request.digest) return;
        await record(tx, { type: 'impact-seen', items: withinEvent(items), request: request.id });
      });
    if (isStillRead) throw new RetryAfter(patience.againSeconds, 'A backup is still being looked into.');
  };
}

/** Nothing of it was done yet. */
function isAhead({ state }: Request): boolean {
  return state === 'pending' || state === 'approved';
}

function isUnfinished(event: Event): boolean {
  return event.type === 'impact-seen' && event.items.some(waitsForBackup);
}

function waitsForBackup({ schema }: Impact): boolean {
  return schema !== undefined && 'unknown' in schema && schema.unknown === stillRead.unknown;
}

async function impactsOf(deps: ServiceDeps, outlines: Outlines, request: Request): Promise<Impact[]> {
  const found = new Map<string, Impact>();
  const left = [...request.items];
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift())
      found.set(item.database, await impactOfItem(deps, outlines, request, item));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, left.length) }, lane));
  return request.items.flatMap(({ database }) => found.get(database) ?? []);
}

async function impactOfItem(
  deps: ServiceDeps,
  outlines: Outlines,
  request: Request,
  item: RequestItem,
): Promise<Impact> {
  const backup = item.backup === undefined ? undefined : await deps.store.backups.get(item.backup.id);
  const swaps = item.undoes === undefined ? [] : await deps.store.swaps.ofRun(item.undoes);
  const undoes = swaps.find(({ database }) => database === item.database);
  const why = (error: unknown) =>
    unknownBy(deps, error, 'the look at it failed by a fault of ours', { database: item.database });
  try {
    const context = itemContext(deps, item, {
      kind: request.kind,
      environment: request.environment,
      run: runIdFrom(deps.random(5)),
      ...(backup === undefined ? {} : { backup }),
      ...(undoes === undefined ? {} : { undoes }),
    });
    const inspection = await inspectItem(deps, context).catch(why);
    return await impactOf(deps, context, inspection, { outlines, withinMs: patience.outlineMs });
  } catch (error) {
    // It left the site file since.
    return { database: item.database, sessions: why(error) };
  }
}
