import type { ServiceDeps } from '../deps.ts';
import { lead } from '../lead.ts';
import { withPeople } from '../people/people.ts';
import { proveDue } from './prove-due.ts';
import { applyRetention } from './retention.ts';

/** Each round reads the catalogue, and nothing here is urgent. */
const everySeconds = 300;

/** Until `signal`: looks after the backups that are there, in one process among all. */
export async function keepBackupsForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  const leading = { name: 'backups', everySeconds, leaseSeconds: everySeconds * 2 };
  await lead(deps, leading, () => keepBackups(deps), signal);
}

/** One round of it. */
export async function keepBackups(deps: ServiceDeps): Promise<void> {
  const now = await withPeople(deps);
  await applyRetention(now);
  await proveDue(now);
}
