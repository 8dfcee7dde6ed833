import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  packNames,
  type Neutralising,
  type PackName,
  type PackParameters,
} from '../src/domain/neutralising.ts';
import type { Script } from '../src/domain/script.ts';
import type { SiteFile } from './schema.ts';

/** The ready-made packs by `pack/engine`: `config/packs/PACK/ENGINE.sql` says what a pack means on an engine. */
export type Packs = ReadonlyMap<string, Script>;

const folder = new URL('packs/', import.meta.url);

let known: Promise<Packs> | undefined;

/** Every dialect of every pack; they come with the program, and are read once. */
export function readPacks(): Promise<Packs> {
  known ??= readAll();
  return known;
}

async function readAll(): Promise<Packs> {
  const packs = new Map<string, Script>();
  for (const name of packNames) {
    for (const file of (await readdir(fileURLToPath(new URL(`${name}/`, folder)))).sort()) {
      const path = `packs/${name}/${file}`;
      const text = await readFile(fileURLToPath(new URL(`${name}/${file}`, folder)), 'utf8');
      const sha256 = createHash('sha256').update(text).digest('hex');
      packs.set(`${name}/${file.replace(/\.sql$/, '')}`, { path, sha256, text });
    }
  }
  return packs;
}

type NeutraliseFile = NonNullable<SiteFile['environments'][string]['databases'][string]['neutralise']>;

/** What a database's `neutralise` comes to: the packs in their own order, then the files in that of the site file. */
export function toNeutralising(
  { files = [], ...told }: NeutraliseFile,
  engine: string,
  around: {
    packs: Packs;
    scripts: ReadonlyMap<string, Script>;
    /** Of the whole site. */
    productionHosts?: readonly string[];
  },
): Neutralising[] {
  const packs = packNames.flatMap((name): Neutralising[] => {
    const script = around.packs.get(`${name}/${engine}`);
    const parameters = parametersOf(name, told, around.productionHosts ?? []);
    return script === undefined || parameters === undefined
      ? []
      : [{ kind: 'pack', name, script, parameters }];
  });
  const own = files.map(({ sql, assert }): Neutralising => ({
    kind: 'file',
    name: sql ?? assert,
    ...(sql === undefined ? {} : { script: around.scripts.get(sql)! }),
    assertion: around.scripts.get(assert)!,
  }));
  return [...packs, ...own];
}

/** How long looking through a database may take where nobody said. */
const usualWithinSeconds = 30 * 60;

function parametersOf(
  name: PackName,
  told: Omit<NeutraliseFile, 'files'>,
  productionHosts: readonly string[],
): PackParameters | undefined {
  if (name !== 'urls') return told[name];
  if (told.urls === undefined) return undefined;
  const { within = usualWithinSeconds, hosts = [], ...rest } = told.urls;
  const all = [...new Set([...productionHosts, ...hosts])];
  return { ...rest, ...(all.length === 0 ? {} : { hosts: all }), withinSeconds: within };
}
