import { forbidden, isFreshetError, oneOf } from '../../../domain/errors.ts';
import { rolesThatMay } from '../../../domain/policy/rules.ts';
import { parseBackupId } from '../../../domain/ids.ts';
import { parseTicketKey } from '../../../domain/ticket.ts';
import type { Actor } from '../../../domain/person.ts';
import type { RefreshWish } from '../../../service/asking/previews.ts';
import type { Prospect } from '../../../service/asking/prospect.ts';
import type { Front } from '../deps.ts';
import type { Chosen } from './chosen.ts';
import type { Meta } from './names.ts';
import type { Form } from './view.ts';
import { within } from './within.ts';

export const storeAway =
  "Freshet's own database does not answer, so nothing can be said about backups now. You may ask all the same: without a backup the newest one that fits is taken.";

/**
 * The form for what is chosen so far, with what asking would mean if the store tells it in time. Throws `Forbidden` (code
 * `request-not-allowed`) for somebody who may ask for nothing.
 */
export async function formOf(
  front: Front,
  actor: Actor,
  meta: Meta,
  chosen: Chosen,
  how: { withinMs: number; notice?: string },
): Promise<Form> {
  const { service, site } = front;
  const environments = service.targetsFor(actor);
  if (environments.length === 0) throw nowhere(front, actor);
  const only = environments.length === 1 ? environments[0] : undefined;
  const environment = environments.find(({ name }) => name === chosen.environment) ?? only;
  const living = Object.keys(environment?.databases ?? {});
  const kept = chosen.databases.filter((database) => living.includes(database));
  const databases = kept.length === 0 && !chosen.settled && living.length === 1 ? living : kept;
  const form: Form = {
    meta,
    site,
    environments,
    databases,
    picked: chosen.picked,
    glances: 'asked',
    now: service.now(),
    ...(environment === undefined ? {} : { environment }),
    ...(how.notice === undefined ? {} : { notice: how.notice }),
    ...(chosen.when === undefined ? {} : { startAt: startOf(chosen.when) }),
  };
  if (environment === undefined) return form;
  // What was only proposed is proposed anew: it depends on what else is chosen.
  const own = chosen.picked.flatMap((name) => {
    const value = chosen.backups[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const wish = wishOf({
    ...chosen,
    environment: environment.name,
    databases,
    backups: Object.fromEntries(own),
  });
  const prospect = await within(asked(front, actor, wish), how.withinMs);
  return prospect === undefined ? { ...form, notice: how.notice ?? storeAway } : { ...form, prospect };
}

/** Undefined where the store can't tell: the form goes without. */
async function asked(front: Front, actor: Actor, wish: RefreshWish): Promise<Prospect | undefined> {
  try {
    return await front.service.prospect(actor, wish);
  } catch (error) {
    if (!isFreshetError(error, 'Unavailable')) throw error;
    front.log.warn({ err: error }, 'the form goes without what the store knows');
    return undefined;
  }
}

/** What would be asked for; a choice that is no backup counts as none. */
export function wishOf(chosen: Chosen & { environment: string }): RefreshWish {
  const ticket = parseTicketKey(chosen.ticket);
  return {
    environment: chosen.environment,
    databases: chosen.databases.map((database) => {
      const backup = parseBackupId(chosen.backups[database] ?? '');
      return backup === undefined ? { database } : { database, backup };
    }),
    reason: chosen.reason.trim(),
    ...(chosen.when === undefined ? {} : { startAt: startOf(chosen.when) }),
    ...(ticket === undefined ? {} : { ticket }),
  };
}

export function startOf(seconds: number): Date {
  return new Date(seconds * 1000);
}

function nowhere({ site }: Front, { person }: Actor) {
  const roles = new Set(
    Object.values(site.environments).flatMap((one) => {
      const may = one.production ? [] : rolesThatMay(site, 'request', one.name);
      return may === 'everybody' ? [] : may;
    }),
  );
  return forbidden(
    'request-not-allowed',
    roles.size === 0
      ? 'The site file has no environment that anybody could ask for.'
      : `${person.name} may not ask for any environment; it takes the role ${oneOf(roles)}.`,
    roles.size === 0 ? 'Ask an administrator.' : 'Ask somebody who holds that role.',
    { field: 'environment' },
  );
}
