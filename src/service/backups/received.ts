import type { Backup } from '../../domain/backup.ts';
import { idNumber, type BackupId } from '../../domain/ids.ts';
import type { Received } from '../../store/store.ts';
import { showBackup } from './catalogue.ts';
import type { ServiceDeps } from '../deps.ts';

export type { Received } from '../../store/store.ts';

/** Who received a backup, where and when, the newest first, at most `limit`; `more`: there are earlier ones. `NotFound` as `showBackup`. */
export async function received(
  deps: ServiceDeps,
  id: BackupId,
  limit: number,
): Promise<{ backup: Backup; received: Received[]; more: boolean }> {
  const backup = await showBackup(deps, id);
  const found = await deps.store.seals.received({ backup: idNumber(id) }, limit + 1);
  return { backup, received: found.slice(0, limit), more: found.length > limit };
}
