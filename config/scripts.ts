import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Script } from '../src/domain/script.ts';
import { shown } from './faults.ts';
import { each, type Report } from './check/report.ts';

const maxBytes = 1024 * 1024;

/** Reads every SQL file that the site file names; those that can't be read are faults. Keys are paths as written. */
export async function readScripts(report: Report, folder: string): Promise<Map<string, Script>> {
  const scripts = new Map<string, Script>();
  async function take(at: readonly PropertyKey[], path: string | undefined): Promise<void> {
    if (path === undefined) return;
    const script = scripts.get(path) ?? (await read(path, folder));
    if (typeof script === 'string') report.fault(at, script, `Paths start at ${folder}.`);
    else scripts.set(path, script);
  }
  for (const [environment, { databases }] of each(report.file.environments)) {
    for (const [database, placement] of each(databases)) {
      const place = ['environments', environment, 'databases', database];
      for (const [index, path] of (placement.scripts ?? []).entries()) {
        const at = [...place, 'scripts', index];
        if ((placement.scripts ?? []).indexOf(path) < index)
          report.fault(at, `${shown(path)} stands in this list twice.`, 'Remove one.');
        else await take(at, path);
      }
      for (const [index, { sql, assert }] of (placement.neutralise?.files ?? []).entries()) {
        const at = [...place, 'neutralise', 'files', index];
        await take([...at, 'sql'], sql);
        await take([...at, 'assert'], assert);
      }
    }
  }
  return scripts;
}

async function read(path: string, folder: string): Promise<Script | string> {
  const full = resolve(folder, path);
  try {
    const facts = await stat(full);
    if (!facts.isFile()) return `${shown(path)} is not a file; expected a file of SQL statements.`;
    if (facts.size > maxBytes) return `${shown(path)} has ${facts.size} bytes; expected at most ${maxBytes}.`;
    const bytes = await readFile(full);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.trim() === '') return `${shown(path)} is empty; expected SQL statements.`;
    return { path, sha256: createHash('sha256').update(bytes).digest('hex'), text };
  } catch (error) {
    if (error instanceof TypeError)
      return `${shown(path)} is not UTF-8; expected SQL statements as UTF-8 text.`;
    return `${shown(path)} can't be read (${reason(error)}); expected a file of SQL statements.`;
  }
}

/** The system's word for why a file could not be read: `ENOENT`. */
export function reason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
