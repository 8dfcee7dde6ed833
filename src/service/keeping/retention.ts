import type { Repository } from '../../../runners/repository/repository.ts';
import { isUsable, type Backup } from '../../domain/backup.ts';
import { isFreshetError, notFound, oneOf } from '../../domain/errors.ts';
import { cut, meant } from '../../domain/lookup.ts';
import { judged, type Retention, type Verdict } from '../../domain/retention.ts';
import type { RepositorySite } from '../../domain/site.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';

/** What the retention of a repository would do now. */
export type RetentionView = { repository: RepositorySite & { retention: Retention }; verdicts: Verdict[] };

/** How many go in one round at most: a rule that was mistyped is noticed before all is gone. */
const mostAtOnce = 20;
/** After a failure nothing goes from that repository for so long. */
const restSeconds = 3600;

/** What would go, and what stays and why, by the catalogue of this moment. Throws `NotFound` (code `retention-none`). */
export async function retentionOf(deps: ServiceDeps, name?: string): Promise<RetentionView[]> {
  const ruled = Object.values(deps.site.repositories).filter(hasRetention);
  const wanted = name === undefined ? ruled : ruled.filter((repository) => repository.name === name);
  if (wanted.length > 0) return Promise.all(wanted.map((repository) => viewOf(deps, repository)));
  const names = ruled.map((repository) => repository.name);
  const isNone = names.length === 0;
  throw notFound(
    'retention-none',
    name === undefined
      ? 'No repository has a retention; nothing is ever removed.'
      : `Repository "${cut(name)}" has no retention${isNone ? ', nor has any other' : `; expected ${oneOf(names)}`}.`,
    isNone || name === undefined ? 'Set `retention` of one that takes in the site file.' : meant(name, names),
    { field: 'repository' },
  );
}

function hasRetention(repository: RepositorySite): repository is RetentionView['repository'] {
  return repository.retention !== undefined && repository.takes === true;
}

async function viewOf(deps: ServiceDeps, repository: RetentionView['repository']): Promise<RetentionView> {
  const backups = await deps.store.backups.ofRepository(repository.name);
  const now = deps.now();
  const own = backups.filter(({ takenBy }) => takenBy !== undefined).map(({ id }) => id);
  const needed = new Set(await deps.store.backups.needed(own, now));
  const databases = [...new Set(backups.map(({ database }) => database))].sort();
  const verdicts = databases.flatMap((database) =>
    judged(
      backups.filter((backup) => backup.database === database),
      repository.retention,
      { now, needed },
    ),
  );
  return { repository, verdicts };
}

/** Removes what goes, in every repository that has a rule. Backups that Freshet did not take are never touched. */
export async function applyRetention(deps: ServiceDeps): Promise<void> {
  for (const site of Object.values(deps.site.repositories).filter(hasRetention)) {
    const repository = deps.repositories[site.name];
    if (repository === undefined || (await rests(deps, site.name))) continue;
    try {
      const { verdicts } = await viewOf(deps, site);
      for (const { backup, why } of verdicts.filter(({ stays }) => !stays).slice(0, mostAtOnce)) {
        if (!isUsable(backup) || (await remove(deps, repository, backup, why))) continue;
        break;
      }
    } catch (error) {
      deps.log.warn({ err: error, repository: site.name }, 'retention failed; it comes again');
    }
  }
}

const note = (repository: string) => `retention ${repository} failed`;

async function rests(deps: ServiceDeps, repository: string): Promise<boolean> {
  const at = await deps.store.note(note(repository));
  return typeof at === 'string' && deps.now().getTime() - new Date(at).getTime() < restSeconds * 1000;
}

/**
 * First nobody can ask for it any more, then it goes, and then that is told. False where it did not go: it is as it was, and the
 * operators are told why.
 */
async function remove(
  deps: ServiceDeps,
  repository: Repository,
  { id, path, checksum }: Backup & { checksum: string },
  why: string,
): Promise<boolean> {
  const reason = `removed by the retention of its repository: ${why}`;
  const free = await deps.store.write((tx) => tx.backups.giveUp(id, reason, deps.now()));
  // Somebody asked for it meanwhile, or another process was here.
  if (!free) return true;
  try {
    await repository.remove({ path, checksum });
  } catch (error) {
    await deps.store.write(async (tx) => {
      await tx.backups.update(id, { state: 'present', stateReason: undefined });
      const isNew = await tx.notes.set(note(repository.site.name), deps.now().toISOString());
      // A host that is away is told of by itself, and comes back.
      if (!isNew || !isFreshetError(error) || error.kind === 'Unavailable') return;
      const what = `Removing ${id} from "${repository.site.name}"`;
      const { code, message: cause, hint } = error;
      await record(tx, { type: 'upkeep-alert', what, code, cause, hint });
    });
    deps.log.warn({ err: error, backup: id }, 'a backup could not be removed; it is tried again');
    return false;
  }
  await deps.store.write((tx) => record(tx, { type: 'backup-removed', backup: id, why }));
  return true;
}
