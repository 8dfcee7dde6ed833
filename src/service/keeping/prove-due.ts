import { isFreshetError, type FreshetError } from '../../domain/errors.ts';
import type { Backup } from '../../domain/backup.ts';
import { dueForProof } from '../../domain/proving.ts';
import { personOf, theSite, type RepositorySite } from '../../domain/site.ts';
import { requestProve } from '../asking/requests.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';

/** What could not be asked for is tried again after so long, if not earlier. */
const againSeconds = 86_400;

/** Asks for a proof of each database of each repository whose file says how often, and whose time has come. */
export async function proveDue(deps: ServiceDeps): Promise<void> {
  for (const repository of Object.values(deps.site.repositories)) {
    if (repository.proveEverySeconds === undefined) continue;
    const all = await deps.store.backups.ofRepository(repository.name);
    for (const database of Object.keys(deps.site.databases)) {
      const backups = all.filter((backup) => backup.database === database);
      try {
        await proveOne(deps, repository, database, backups);
      } catch (error) {
        deps.log.warn(
          { err: error, repository: repository.name, database },
          'a proof could not be asked for; it is tried again',
        );
      }
    }
  }
}

async function proveOne(
  deps: ServiceDeps,
  { name, proveEverySeconds = 0 }: RepositorySite,
  database: string,
  backups: readonly Backup[],
): Promise<void> {
  const note = `proof ${name} ${database}`;
  const asked = await deps.store.note(note);
  const refusedAt = await deps.store.note(`${note} refused`);
  const due = dueForProof(backups, {
    everySeconds: proveEverySeconds,
    now: deps.now(),
    ...(typeof asked === 'string' ? { askedAt: new Date(asked) } : {}),
  });
  if (due === undefined || isRecent(deps, refusedAt)) return;
  const site = personOf(deps.site, theSite);
  if (site === undefined) throw new Error('the site is nobody');
  try {
    await requestProve(deps, { person: site, front: 'rule' }, { backup: due.id }, reason);
  } catch (error) {
    // A host will be back.
    if (!isFreshetError(error) || error.kind === 'Unavailable') throw error;
    // Somebody asked for exactly this, or another process has begun the same round.
    if (error.code !== 'request-duplicate') return refused(deps, `${note} refused`, due, error);
  }
  await deps.store.setNote(note, deps.now().toISOString());
}

const reason = 'By the site file, which says how often.';

function isRecent(deps: ServiceDeps, at: unknown): boolean {
  return typeof at === 'string' && deps.now().getTime() - new Date(at).getTime() < againSeconds * 1000;
}

/** Nobody asked, so nobody would hear of it. */
async function refused(
  deps: ServiceDeps,
  note: string,
  { id, database, repository }: Backup,
  { code, message: cause, hint }: FreshetError,
): Promise<void> {
  await deps.store.write(async (tx) => {
    if (!(await tx.notes.set(note, deps.now().toISOString()))) return;
    const what = `Proving ${id} of "${database}" in "${repository}"`;
    await record(tx, { type: 'upkeep-alert', what, code, cause, hint });
  });
}
