import { assertMayAsk } from '../../domain/access.ts';
import type { BackupId } from '../../domain/ids.ts';
import { environmentNamed } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import { ownWindow } from '../../domain/calendar/hindrances.ts';
import { assertStart } from '../../domain/start.ts';
import { needsYes } from '../../domain/request-kinds.ts';
import { showBackup } from '../backups/catalogue.ts';
import { bind } from '../backups/binding.ts';
import type { ServiceDeps } from '../deps.ts';
import { later } from '../lapse.ts';
import { assertOnce, preview, type Preview, type RefreshWish } from './previews.ts';
import { assertTicket } from './tickets.ts';

// What leaves its environment as it is. Neither holds nor freeze windows are asked, nor when the environment lets things start: nothing is changed there.

/** Of which databases backups shall be taken. */
export type TakeWish = Pick<RefreshWish, 'environment' | 'ticket' | 'startAt' | 'startWithin'> & {
  databases: readonly string[];
};

/** Which backup shall be proven. */
export type ProveWish = { backup: BackupId };

/** Works out what taking backups would do. Touches nothing. */
export async function previewTake(deps: ServiceDeps, actor: Actor, wish: TakeWish): Promise<Preview> {
  const environment = environmentNamed(deps.site, wish.environment);
  assertMayAsk(deps.site, environment, actor.person, { kind: 'take' });
  assertOnce(wish.databases);
  const { ticket, startAt, startWithin } = wish;
  const start = {
    ...(startAt === undefined ? {} : { startAt }),
    ...(startWithin === undefined ? {} : { startWithin }),
  };
  if (startAt !== undefined) assertStart(startAt, { now: deps.now(), timeZone: environment.timeZone });
  const bound = await bind(deps.site, deps.store, {
    kind: 'take',
    environment: environment.name,
    requester: actor.person,
    items: wish.databases.map((database) => ({ database })),
    ...start,
  });
  const waits = ownWindow(environment, startWithin, later(deps.now(), startAt));
  const way = { needsApproval: needsYes('take', environment), breakGlass: false, waits };
  const [shown, seen] = await Promise.all([
    preview(deps, 'take', environment, bound, [], way),
    ticket === undefined ? false : assertTicket(deps, ticket),
  ]);
  return { ...shown, ...start, ...(ticket === undefined ? {} : { ticket: { key: ticket, seen } }) };
}

/** Works out what proving a backup would do. Touches nothing. It is asked for in the environment that the backup came from. */
export async function previewProve(deps: ServiceDeps, actor: Actor, wish: ProveWish): Promise<Preview> {
  const { id, database, ...backup } = await showBackup(deps, wish.backup);
  const environment = environmentNamed(deps.site, backup.environment);
  assertMayAsk(deps.site, environment, actor.person, { kind: 'prove' });
  const bound = await bind(deps.site, deps.store, {
    kind: 'prove',
    environment: environment.name,
    requester: actor.person,
    items: [{ database, backup: { id, checksum: '' } }],
  });
  const way = { needsApproval: needsYes('prove', environment), breakGlass: false, waits: [] };
  return preview(deps, 'prove', environment, bound, [], way);
}
