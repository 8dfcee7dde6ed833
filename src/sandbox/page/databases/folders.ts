import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backup } from '../../../domain/backup.ts';
import type { Store } from '../../../store/store.ts';
import { REPOSITORIES } from '../../hosts/production.ts';
import type { Sandbox } from '../../sandbox.ts';
import { takenInto } from '../../taking.ts';
import type { Folder, Stored } from './state.ts';

const mostShown = 40;

/** The folders of backups as they lie on the hosts, with what Freshet's catalogue says of each file: what jobs leave, and what Freshet takes. */
export async function readFolders(sandbox: Sandbox, store: Store | undefined): Promise<Folder[]> {
  const { 'prod-db': production, 'test-db': test } = sandbox.hosts.hosts;
  const places = [
    ...REPOSITORIES.map((repository) => ({
      repository,
      host: production,
      folder: production.files.backups[repository],
    })),
    ...(existsSync(test.files.taken)
      ? [{ repository: takenInto, host: test, folder: test.files.taken }]
      : []),
  ];
  return Promise.all(
    places.map(async ({ repository, host, folder }) => {
      const known = (await store?.backups.ofRepository(repository)) ?? [];
      const files = await filesIn(folder);
      const listed = files.map((file) =>
        stored(
          file,
          known.find(({ path }) => path === file.file),
        ),
      );
      const gone = known.filter(({ path }) => !files.some(({ file }) => file === path)).map(goneFrom);
      return {
        repository,
        host: host.name,
        anonymisation: repository === 'anonymised' ? 'declared' : 'raw',
        backups: [...listed, ...gone].sort((a, b) => b.takenAt - a.takenAt).slice(0, mostShown),
      };
    }),
  );
}

type File = { file: string; bytes: number; takenAt: number };

async function filesIn(folder: string): Promise<File[]> {
  // A backup's manifest lies beside it, and what is being taken under a hidden name.
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.') && !name.endsWith('.json'));
  const files = await Promise.all(names.slice(0, 200).map((name) => fileAt(folder, name)));
  return files.filter((file) => file !== undefined);
}

async function fileAt(folder: string, name: string): Promise<File | undefined> {
  const path = join(folder, name);
  try {
    const found = await stat(path);
    const parts = found.isDirectory() ? await readdir(path) : [];
    const sizes = await Promise.all(parts.map(async (part) => (await stat(join(path, part))).size));
    const bytes = found.isDirectory() ? sizes.reduce((sum, size) => sum + size, 0) : found.size;
    return { file: name, bytes, takenAt: found.mtimeMs };
  } catch {
    // It went away between the two looks; the catalogue tells of it.
    return undefined;
  }
}

function stored({ file, bytes, takenAt }: File, backup: Backup | undefined): Stored {
  return {
    file,
    bytes,
    takenAt,
    id: backup?.id,
    state: backup?.state ?? 'unread',
    why: backup?.stateReason,
  };
}

function goneFrom({ id, path, bytes, takenAt, stateReason }: Backup): Stored {
  return { file: path, bytes, takenAt: takenAt.getTime(), id, state: 'missing', why: stateReason };
}
