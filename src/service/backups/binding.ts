import {
  assertAcceptable,
  assertHostHolds,
  assertKindAccepted,
  assertRestorable,
} from '../../domain/acceptance.ts';
import { assertMayReadRaw } from '../../domain/access.ts';
import { figuresOf, tellsStill, type Alignment } from '../../domain/alignment.ts';
import type { Anonymisation, Backup } from '../../domain/backup.ts';
import { conflict, notFound } from '../../domain/errors.ts';
import { hooksBound, hooksOf } from '../../domain/hook.ts';
import { neutralisingBound } from '../../domain/neutralising.ts';
import { environmentNamed, takerOf, whereabouts } from '../../domain/lookup.ts';
import type { Person } from '../../domain/person.ts';
import {
  digestOf,
  rightToAsk,
  type Binding,
  type Request,
  type RequestItem,
  type RequestKind,
} from '../../domain/request.ts';
import { factsOf } from '../../domain/request-kinds.ts';
import { placeOf, provingPlaceOf, readPlaceOf, repositoryPlace } from '../../domain/place.ts';
import { termsOf } from '../../domain/policy/terms.ts';
import { workplaceOf } from '../../domain/proving.ts';
import type { RepositorySite, Site } from '../../domain/site.ts';
import type { Store } from '../../store/store.ts';
import { sourceOf } from '../item-context.ts';
import { alignmentWith, leftBy } from './staying.ts';
import type { Terms } from '../../domain/policy/policy.ts';

/** A request as it would be bound now: by the site and the catalogue of this moment. */
export type Bound = {
  items: RequestItem[];
  backups: Backup[];
  terms: Terms;
  digest: string;
  /** Of a refresh or an undo, how far apart the environment's data would be, as it is bound; absent where only one database lives there. */
  alignment?: Alignment;
  /** The same as it is now: what is bound may be what was shown, which tells enough. */
  alignmentNow?: Alignment;
};

type Wanted = Pick<RequestItem, 'database' | 'backup' | 'undoes'>;

/**
 * Binds items to exactly what they mean now: target, scripts, options, the backup with its checksum. Throws what forbids it. The digest of
 * this is what people approve; taken again at dispatch it tells whether anything changed since.
 */
export async function bind(
  site: Site,
  store: Store,
  request: {
    kind: RequestKind;
    environment: string;
    requester: Person;
    startAt?: Date;
    startWithin?: string;
    breakGlass?: boolean;
    items: readonly Wanted[];
    /** The request that there is already: what it showed of its alignment is bound for as long as it tells enough. */
    asked?: Pick<Request, 'alignment' | 'needsApproval'>;
  },
): Promise<Bound> {
  const environment = environmentNamed(site, request.environment);
  const facts = factsOf(request.kind);
  const isProof = facts.works === 'proof';
  const taker = facts.works === 'source' ? takerOf(site, environment.name) : undefined;
  const items: RequestItem[] = [];
  const backups: Backup[] = [];
  const binding: Binding['items'][number][] = [];
  const rawFrom: string[] = [];
  const comesBack: { database: string; dataAt?: Date }[] = [];
  const named = request.items.flatMap((wanted) => wanted.backup?.id ?? []);
  const found = named.length === 0 ? [] : await store.backups.several(named);
  const known = new Map(found.map((backup) => [backup.id, backup]));
  for (const wanted of request.items) {
    const placement = workplaceOf(site, request.kind, environment, wanted.database);
    const { server, host } = whereabouts(site, placement);
    const target = {
      database: wanted.database,
      server: server.name,
      databaseName: placement.databaseName,
      target: placement.target,
    };
    if (taker !== undefined) {
      items.push({ ...target, repository: taker.name, state: 'waiting' });
      const into = `${taker.name} ${repositoryPlace(site, taker)}`;
      binding.push({ ...target, into, scripts: [], options: readPlaceOf(site, placement) });
      continue;
    }
    const options = isProof ? provingPlaceOf(site, placement) : placeOf(site, environment, placement);
    if (facts.brings === 'kept-copy') {
      const undoes = wanted.undoes;
      if (undoes === undefined) throw new Error(`an undo of "${wanted.database}" names no run`);
      const latest = await store.swaps.latest(server.name, placement.databaseName);
      if (latest?.run !== undoes) {
        throw conflict(
          'undo-superseded',
          `"${wanted.database}" on "${environment.name}" was refreshed or undone since${latest === undefined ? '' : ` (${latest.request})`}; only the newest swap can be undone.`,
          latest === undefined ? 'Ask for a refresh instead.' : `/refresh undo ${latest.request}`,
        );
      }
      if (latest.droppedAt !== undefined) {
        throw conflict(
          'undo-too-late',
          `The replaced copy of "${wanted.database}" on "${environment.name}" was dropped at ${latest.droppedAt.toISOString()}; there is nothing to go back to.`,
          'Ask for a refresh from an older backup instead.',
        );
      }
      const held = latest.keptContents;
      const kept = held === undefined ? undefined : asDeclaredNow(site, held);
      if (kept !== undefined) {
        assertKindAccepted(environment, host, kept, kept.environment === environment.name);
        assertMayReadRaw(site, kept, request.requester);
      }
      if (kept?.anonymisation === 'raw') rawFrom.push(kept.environment);
      comesBack.push({
        database: wanted.database,
        ...(held?.dataAt === undefined ? {} : { dataAt: held.dataAt }),
      });
      items.push({ ...target, undoes, state: 'waiting' });
      binding.push({ ...target, undoes, scripts: [], options });
      continue;
    }
    const id = wanted.backup?.id;
    const kept = id === undefined ? undefined : known.get(id);
    const backup = kept === undefined ? undefined : asDeclaredNow(site, kept);
    if (backup === undefined) {
      throw notFound(
        'backup-unknown',
        `Backup "${id ?? ''}" is not in the catalogue; expected a number that /backups lists.`,
        `/backups ${wanted.database}`,
        { field: 'backup' },
      );
    }
    if (isProof) {
      // Nobody gets to read it: it is closed to all but us, and gone when it is proven.
      assertRestorable(wanted.database, backup);
      assertHostHolds(host, backup, 'that proves');
    } else {
      assertAcceptable(environment, host, wanted.database, backup);
      assertMayReadRaw(site, backup, request.requester);
      if (backup.anonymisation === 'raw') rawFrom.push(backup.environment);
    }
    backups.push(backup);
    items.push({ ...target, backup: { id: backup.id, checksum: backup.checksum }, state: 'waiting' });
    binding.push({
      ...target,
      backup: {
        id: backup.id,
        checksum: backup.checksum,
        anonymisation: backup.anonymisation,
        scope: backup.scope,
        format: backup.format,
        lies: liesAt(site, backup),
      },
      scripts: placement.scripts.map(({ path, sha256 }) => ({ path, sha256 })),
      ...neutralisingBound(placement),
      options,
    });
  }
  const { kind } = request;
  const glass = request.breakGlass === true ? { breakGlass: true as const } : {};
  const terms = termsOf(site, environment, rightToAsk({ kind, ...glass }), rawFrom);
  const alignmentNow =
    facts.aligns === 'no'
      ? undefined
      : await alignmentWith(store, environment, [...backups, ...comesBack], await leftBy(store, items));
  const alignment = alignmentShown(request.asked, alignmentNow);
  const digest = digestOf({
    kind,
    environment: environment.name,
    ...glass,
    requestedBy: request.requester.id,
    ...(request.startAt === undefined ? {} : { startAt: request.startAt.toISOString() }),
    ...(request.startWithin === undefined ? {} : { startWithin: request.startWithin }),
    terms,
    ...hooksBound(hooksOf(environment, { kind, databases: items.map(({ database }) => database) })),
    ...(alignment === undefined ? {} : { alignment: figuresOf(alignment) }),
    items: binding,
  });
  return {
    items,
    backups,
    terms,
    digest,
    ...(alignment === undefined ? {} : { alignment }),
    ...(alignmentNow === undefined ? {} : { alignmentNow }),
  };
}

/** What a request showed stands where it tells enough, or where nobody was asked who could have been told. */
function alignmentShown(
  asked: Pick<Request, 'alignment' | 'needsApproval'> | undefined,
  now: Alignment | undefined,
): Alignment | undefined {
  if (asked === undefined) return now;
  return !asked.needsApproval || tellsStill(asked.alignment, now) ? asked.alignment : now;
}

/** Where a backup is read from. */
function liesAt(site: Site, backup: Backup): string {
  return `${repositoryPlace(site, sourceOf(site, backup).repository)} ${backup.path}`;
}

/**
 * What a repository declares counts as it is now and as it was when the backup was found: the weaker of both. Only a proof
 * is the backup's own.
 */
export function asDeclaredNow<Kept extends Pick<Backup, 'id' | 'repository' | 'anonymisation'>>(
  site: Site,
  backup: Kept,
): Kept {
  const { repository } = sourceOf(site, backup);
  return { ...backup, anonymisation: declaredKind(repository, backup.anonymisation) };
}

/** What a kind of data that the catalogue has counts as now, for a backup of this repository. */
export function declaredKind(repository: RepositorySite, kept: Anonymisation): Anonymisation {
  return kept !== 'proven' && repository.anonymisation === 'raw' ? 'raw' : kept;
}
