import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isMap, parseDocument, type Document } from 'yaml';
import { engineSites } from '../../runners/index.ts';
import { SiteInvalid } from '../../config/faults.ts';
import { parseSite, type LoadedSite } from '../../config/load.ts';

export const examplePath = fileURLToPath(new URL('../../config/example/site.yaml', import.meta.url));

export const exampleText = await readFile(examplePath, 'utf8');

/** The example after `change`, as text. */
export function changed(change: (document: Document) => void): string {
  const document = parseDocument(exampleText);
  change(document);
  return document.toString({ lineWidth: 0 });
}

/** The example with the value at `path` (with dots) replaced; undefined removes it. */
export function withValue(path: string, value: unknown): string {
  return changed((document) => {
    const at = path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    if (value === undefined) document.deleteIn(at);
    else document.setIn(at, document.createNode(value));
  });
}

/** The example with a key renamed. */
export function withKey(path: string, key: string): string {
  return changed((document) => {
    const at = path.split('.');
    const parent = document.getIn(at.slice(0, -1), true);
    if (!isMap(parent)) throw new Error(`${path} is not in the example`);
    const value = parent.get(at.at(-1), true);
    parent.delete(at.at(-1));
    parent.set(key, value);
  });
}

export async function parse(text: string): Promise<LoadedSite> {
  return parseSite(text, { path: examplePath, engines: engineSites });
}

/** What is wrong with a text; fails where nothing is. */
export async function invalid(text: string): Promise<SiteInvalid> {
  try {
    await parse(text);
  } catch (error) {
    if (error instanceof SiteInvalid) return error;
    throw error;
  }
  throw new Error('the text was taken without a fault');
}

/** The faults as `path: message hint`, in their order. */
export async function faultsOf(text: string): Promise<string[]> {
  const { faults } = await invalid(text);
  return faults.map(({ path, message, hint }) => `${path}: ${message}${hint === '' ? '' : ` ${hint}`}`);
}
