import type { Destination, ItemContext } from '../../runners/engine.ts';
import type { Backup } from '../domain/backup.ts';
import { conflict } from '../domain/errors.ts';
import type { BackupId, RequestId, RunId } from '../domain/ids.ts';
import type { Inspection } from '../domain/impact.ts';
import { environmentNamed, whereabouts } from '../domain/lookup.ts';
import { workplaceOf } from '../domain/proving.ts';
import type { RequestItem, RequestKind } from '../domain/request.ts';
import { factsOf } from '../domain/request-kinds.ts';
import type { Swap } from '../domain/run.ts';
import type { Site } from '../domain/site.ts';
import type { ServiceDeps } from './deps.ts';

/** All that an engine needs to know about one item, from the site as it is now. */
export function itemContext(
  deps: ServiceDeps,
  item: Pick<RequestItem, 'database' | 'repository'>,
  facts: {
    kind: RequestKind;
    environment: string;
    run: RunId;
    backup?: Backup;
    undoes?: Swap;
    request?: RequestId;
  },
): ItemContext {
  const environment = environmentNamed(deps.site, facts.environment);
  const placement = workplaceOf(deps.site, facts.kind, environment, item.database);
  const { server, host } = whereabouts(deps.site, placement);
  const { backup, undoes } = facts;
  return {
    kind: facts.kind,
    run: facts.run,
    placement,
    server,
    host,
    drainSeconds: environment.drainSeconds,
    ...(backup === undefined ? {} : { source: { backup, ...sourceOf(deps.site, backup) } }),
    ...(undoes === undefined ? {} : { undoes }),
    ...(item.repository === undefined ? {} : { into: destinationOf(deps, item.repository, facts) }),
  };
}

/** Where a backup goes that is taken. */
function destinationOf(
  deps: ServiceDeps,
  name: string,
  { environment, request }: { environment: string; request?: RequestId },
): Destination {
  const { repository, host } = repositoryNamed(deps.site, name);
  const program = deps.program(host.name);
  return { environment, repository, host, program, ...(request === undefined ? {} : { request }) };
}

/** Looks at the target of an item: what a run would meet there, and what would have to be mended first. Changes nothing. */
export async function inspectItem(deps: ServiceDeps, item: ItemContext): Promise<Inspection> {
  const { server, database, keep = [] } = item.placement;
  const engine = deps.engine(server);
  if (item.kind === 'take' && engine.dumping === undefined) throw undumped(engine.site.title, database);
  const seen = await engine.inspect(deps.access(server), item);
  if (keep.length === 0 || engine.keepsRows === true || factsOf(item.kind).brings !== 'backup') return seen;
  const unkept = {
    code: 'keep-unsupported',
    message: `"keep" of "${database}" names rows to be kept, and ${engine.site.title} can't keep any.`,
    hint: 'Take "keep" out of the site file, or have a script of the environment make them.',
  };
  return { ...seen, problems: [...seen.problems, unkept] };
}

function undumped(title: string, database: string): Error {
  return conflict(
    'take-unsupported',
    `"${database}" is a database of ${title}, and Freshet can't take backups of those.`,
    "Have the vendor's own tools write backups into a repository; they are found there.",
    { database },
  );
}

/** Repository and host a backup lies on. */
export function sourceOf(site: Site, backup: Pick<Backup, 'id' | 'repository'>) {
  return repositoryNamed(site, backup.repository, backup.id);
}

/** A repository and its host; `backup`: what is looked for there. */
function repositoryNamed(site: Site, name: string, backup?: BackupId) {
  const repository = site.repositories[name];
  const host = repository === undefined ? undefined : site.hosts[repository.host];
  if (repository !== undefined && host !== undefined) return { repository, host };
  throw conflict(
    'repository-unknown',
    `Repository "${name}"${backup === undefined ? '' : ` of ${backup}`} is not configured any more.`,
    backup === undefined ? 'Ask again.' : 'Choose another backup.',
    { field: 'backup' },
  );
}
