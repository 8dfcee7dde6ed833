import { runIdFrom } from '../../domain/ids.ts';
import { sessionCount, sessionNames, withinEvent, type Impact } from '../../domain/impact.ts';
import { isReading } from '../../domain/request-kinds.ts';
import type { Outlines, ServiceDeps } from '../deps.ts';
import { itemContext } from '../item-context.ts';
import { impactOf } from './impact.ts';
import type { Preview } from './previews.ts';

/** An undo in an emergency waits for nobody: what is not known by then is said to be unknown. */
const patience = { outlineMs: 1500, itemMs: 3000 };

/**
 * What a request that nobody is asked about costs others, as an approver would have been shown it: it is written down with its approval by
 * rule. Undefined where it leaves everything to others as it is. Never throws for a server or a host.
 */
export async function seenByNobody(
  deps: ServiceDeps,
  preview: Preview,
): Promise<readonly Impact[] | undefined> {
  const { outlines } = deps;
  if (outlines === undefined || isReading(preview.kind)) return undefined;
  return withinEvent(await Promise.all(preview.items.map((item) => seen(deps, outlines, preview, item))));
}

async function seen(
  deps: ServiceDeps,
  outlines: Outlines,
  { kind, environment }: Preview,
  item: Preview['items'][number],
): Promise<Impact> {
  const { backup, inspection } = item;
  const facts = { kind, environment: environment.name, run: runIdFrom(deps.random(5)) };
  const context = itemContext(deps, item, { ...facts, ...(backup === undefined ? {} : { backup }) });
  const looked = impactOf(deps, context, inspection, { outlines, withinMs: patience.outlineMs });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Impact>((resolve) => {
    const { sessions } = inspection;
    const known = {
      database: item.database,
      sessions: { count: sessionCount(sessions), names: sessionNames(sessions) },
      schema: { unknown: 'the look at it took too long' },
    };
    timer = setTimeout(() => resolve(known), patience.itemMs);
  });
  return Promise.race([looked, late]).finally(() => clearTimeout(timer));
}
