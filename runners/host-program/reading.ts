import { conflict } from '../../src/domain/errors.ts';
import { garbled } from './codec.ts';
import type { HostEntry, HostFacts } from './step.ts';

const maxEntries = 100_000;

const manyKeys = ['target', 'source', 'root', 'takes', 'server', 'hook'] as const;

function isMany(key: string): key is (typeof manyKeys)[number] {
  return manyKeys.some((one) => one === key);
}

/** Reads the lines of the `facts` verb: a key, then its value to the end of the line. */
export function readFacts(lines: readonly string[]): HostFacts {
  const one = new Map<string, string>();
  const many: Record<(typeof manyKeys)[number], string[]> = {
    target: [],
    source: [],
    root: [],
    takes: [],
    server: [],
    hook: [],
  };
  const tools: Record<string, string | undefined> = {};
  for (const line of lines) {
    const [key, value] = splitOnce(line);
    if (key === 'tool') {
      const [name, version] = splitOnce(value);
      tools[name] = version === '' ? undefined : version;
    } else if (isMany(key)) {
      many[key].push(value);
    } else {
      one.set(key, value);
    }
  }
  const version = one.get('version');
  const now = Number(one.get('now'));
  if (version === undefined || !Number.isFinite(now)) throw garbled();
  return {
    version,
    bootId: one.get('boot') ?? '',
    now: new Date(now),
    utcOffset: one.get('offset') ?? '+0000',
    tools,
    targets: many.target,
    sources: many.source,
    roots: many.root,
    takes: many.takes,
    servers: many.server,
    hooks: many.hook,
  };
}

/**
 * Reads the lines of the `list` verb (`BYTES SECONDS ./path`) and folds folder-format backups, known by their
 * `toc.dat` or by the metadata of mydumper beside its schemas, into one entry. Names that are not UTF-8 are left out: they could
 * not be asked for again.
 */
export function readEntries(root: string, lines: readonly string[]): HostEntry[] {
  const files: HostEntry[] = [];
  for (const line of lines) {
    const match = /^(\d+) (-?\d+) \.\/(.+)$/.exec(line);
    if (match === null) continue;
    const raw = Buffer.from(match[3]!, 'latin1');
    const path = raw.toString('utf8');
    if (!Buffer.from(path, 'utf8').equals(raw)) continue;
    files.push({
      path,
      kind: 'file',
      bytes: Number(match[1]),
      modifiedAt: new Date(Number(match[2]) * 1000),
    });
  }
  const folders = new Map<string, HostEntry>();
  for (const path of backupFolders(files.map((file) => file.path))) {
    folders.set(path, { path, kind: 'folder', bytes: 0, modifiedAt: new Date(0) });
  }
  const entries: HostEntry[] = [...folders.values()];
  for (const file of files) {
    const folder = folders.get(folderOf(file.path));
    if (folder === undefined) {
      entries.push(file);
      continue;
    }
    folder.bytes += file.bytes;
    if (file.modifiedAt > folder.modifiedAt) folder.modifiedAt = file.modifiedAt;
  }
  if (entries.length > maxEntries) {
    throw conflict(
      'root-too-large',
      `Root "${root}" holds more than ${maxEntries} files.`,
      'Point the root at a folder that holds backups only.',
    );
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Any file may be called `metadata`; only beside schemas is it mydumper's, finished or not. */
function backupFolders(paths: readonly string[]): Set<string> {
  const named = (name: RegExp) => paths.filter((path) => name.test(path)).map(folderOf);
  const withSchemas = new Set(named(/\/[^/]+-schema\.sql(?:\.\w+)?$/));
  return new Set([
    ...named(/\/toc\.dat$/),
    ...named(/\/metadata(?:\.partial)?$/).filter((path) => withSchemas.has(path)),
  ]);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** A moment in whole seconds, by the host's clock. */
export function readSeconds(word = ''): Date {
  if (!/^\d{1,12}$/.test(word)) throw garbled();
  return new Date(Number(word) * 1000);
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(' ');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
