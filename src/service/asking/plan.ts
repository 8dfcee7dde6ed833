import { runIdFrom } from '../../domain/ids.ts';
import type { Actor } from '../../domain/person.ts';
import type { Outlines, ServiceDeps } from '../deps.ts';
import { itemContext } from '../item-context.ts';
import { impactOf } from './impact.ts';
import { previewRefresh, type Preview, type RefreshWish } from './previews.ts';

/** Somebody waits for it. */
const outlineMs = 8000;

/** What a refresh would do and what it would cost others. Touches nothing; refuses what could not be asked for either. */
export async function planRefresh(
  deps: ServiceDeps,
  outlines: Outlines,
  actor: Actor,
  wish: RefreshWish,
): Promise<Preview> {
  const preview = await previewRefresh(deps, actor, wish);
  const run = runIdFrom(deps.random(5));
  const items = await Promise.all(
    preview.items.map(async (item) => {
      const { backup } = item;
      const facts = { kind: preview.kind, environment: preview.environment.name, run };
      const context = itemContext(deps, item, { ...facts, ...(backup === undefined ? {} : { backup }) });
      const impact = await impactOf(deps, context, item.inspection, { outlines, withinMs: outlineMs });
      return { ...item, impact };
    }),
  );
  return { ...preview, items };
}
