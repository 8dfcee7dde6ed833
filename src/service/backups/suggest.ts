import { assertMayRequest, mayTarget } from '../../domain/access.ts';
import type { Backup } from '../../domain/backup.ts';
import { parseBackupId } from '../../domain/ids.ts';
import { environmentNamed } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import type { EnvironmentSite } from '../../domain/site.ts';
import type { ServiceDeps } from '../deps.ts';
import { placed, type Unfit } from './fit.ts';

/** How many words of a search count, and how much of each. */
const most = { words: 8, letters: 60, unfit: 20 };

/** The environments that somebody may ask for, in the order of the site file. */
export function targetsFor(deps: ServiceDeps, actor: Actor): EnvironmentSite[] {
  const { site } = deps;
  return Object.values(site.environments).filter((one) => mayTarget(site, 'request', one, actor.person));
}

/** The one of this name, if they may ask for it. */
export function targetNamed(deps: ServiceDeps, actor: Actor, name: string): EnvironmentSite | undefined {
  const { environments } = deps.site;
  const environment = Object.hasOwn(environments, name) ? environments[name] : undefined;
  if (environment === undefined) return undefined;
  return mayTarget(deps.site, 'request', environment, actor.person) ? environment : undefined;
}

/**
 * What somebody asked for last, as the beginning of what they ask for next: an environment (the one of this name) and its databases. What
 * their schedules asked for is none of it.
 */
export async function lastWish(
  deps: ServiceDeps,
  actor: Actor,
  environment?: string,
): Promise<{ environment: string; databases: string[] } | undefined> {
  const own = { requestedBy: actor.person.id, inPerson: true, kind: 'refresh' } as const;
  const filter = { ...own, ...(environment === undefined ? {} : { environment }) };
  const { requests } = await deps.store.requests.list(filter, { limit: 1, offset: 0 });
  const [last] = requests;
  return last && { environment: last.environment, databases: last.items.map(({ database }) => database) };
}

/**
 * Backups that could go into a database of an environment, for somebody who types into a search: those that fit, an exact
 * number first, then newest first, those that failed their proof last; behind them, where something was typed, those that were found and do not fit. At most
 * `limit` in all. Throws where they may not ask for the environment, or the database does not live there.
 */
export async function suggestBackups(
  deps: ServiceDeps,
  actor: Actor,
  what: { environment: string; database: string; text: string },
  limit: number,
): Promise<{ fit: Backup[]; unfit: Unfit[] }> {
  const environment = environmentNamed(deps.site, what.environment);
  assertMayRequest(deps.site, environment, actor.person);
  const place = placed(deps, environment, what.database, actor.person);
  const words = wordsOf(what.text);
  const { database } = what;
  const { backups } = deps.store;
  const whatever = () => backups.search({ database, words }, limit);
  // Where something was typed, what does not fit is wanted as well: people wait for one of the two only.
  const [exact, fitting, beside] = await Promise.all([
    exactly(deps, database, words),
    backups.search({ database, words, accepts: place.kinds }, limit),
    words.length === 0 ? undefined : whatever(),
  ]);
  // What failed its proof is offered last, if nobody typed its number.
  const rank = ({ id, unprovenAt }: Backup) => (id === exact[0]?.id ? 0 : unprovenAt === undefined ? 1 : 2);
  const found = [...exact, ...fitting.filter((backup) => backup.id !== exact[0]?.id)];
  const fit = found
    .filter((backup) => place.refuses(backup) === undefined)
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, limit);
  if (fit.length > 0 && words.length === 0) return { fit, unfit: [] };
  const others = beside ?? (await whatever());
  const unfit = [...exact, ...others.filter((backup) => backup.id !== exact[0]?.id)].flatMap((backup) => {
    const why = backup.state === 'missing' ? undefined : place.refuses(backup);
    return why === undefined ? [] : [{ backup, why }];
  });
  return { fit, unfit: unfit.slice(0, Math.min(most.unfit, limit - fit.length)) };
}

/** What somebody typed into a search, word by word; the dot of what a menu shows is none. */
export function wordsOf(text: string): string[] {
  return text
    .split(/[\s,·]+/)
    .filter((word) => word !== '')
    .slice(0, most.words)
    .map((word) => word.slice(0, most.letters));
}

/** What was typed as a whole may be a number: its backup comes before those whose numbers only begin so. */
async function exactly(deps: ServiceDeps, database: string, words: readonly string[]): Promise<Backup[]> {
  const id = words.length === 1 ? parseBackupId(words[0]!) : undefined;
  const backup = id === undefined ? undefined : await deps.store.backups.get(id);
  return backup?.database === database ? [backup] : [];
}
