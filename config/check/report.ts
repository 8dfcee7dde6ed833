import type { Fault } from '../faults.ts';
import { shownKey, shownPath } from '../faults.ts';
import type { SiteFile } from '../schema.ts';
import type { Loose } from '../salvage.ts';
import { valueAt, type LineOf } from '../structure.ts';

/** What the checks look at and write to. */
export type Report = {
  /** The file as far as it can be used: anything may be missing. */
  file: Loose<SiteFile>;
  /** Names of a section's entries, also of those with faults of their own. */
  names(section: 'hosts' | 'servers' | 'databases' | 'environments'): string[];
  /**
   * Whether a mapping has no faults of its own; else nothing is said about what it lacks, as a
   * misspelt key may be the reason.
   */
  whole(path: readonly PropertyKey[]): boolean;
  /** Must be mended. */
  fault(path: readonly PropertyKey[], message: string, hint?: string): void;
  /** May be meant; told at the start and by `check`. */
  warn(path: readonly PropertyKey[], message: string, hint?: string): void;
};

export type Findings = { faults: Fault[]; warnings: Fault[] };

/** `flawed`: places (as `JSON.stringify(path)`) of mappings with faults of their own. */
export function createReport(
  file: Loose<SiteFile>,
  raw: unknown,
  flawed: ReadonlySet<string>,
  lineOf: LineOf,
): { report: Report; findings: Findings } {
  const findings: Findings = { faults: [], warnings: [] };
  const entry = (path: readonly PropertyKey[], message: string, hint = ''): Fault => ({
    path: shownPath(path),
    line: lineOf(path),
    message,
    hint,
  });
  const report: Report = {
    file,
    names: (section) => {
      const entries = valueAt(raw, [section]);
      if (entries === null || typeof entries !== 'object' || Array.isArray(entries)) return [];
      return Object.keys(entries).filter((name) => shownKey(name).startsWith('"'));
    },
    whole: (path) => !flawed.has(JSON.stringify(path)),
    fault: (path, message, hint) => findings.faults.push(entry(path, message, hint)),
    warn: (path, message, hint) => findings.warnings.push(entry(path, message, hint)),
  };
  return { report, findings };
}

/** Entries of a mapping that may be missing. */
export function each<T>(mapping: { readonly [name: string]: T | undefined } | undefined): [string, T][] {
  return Object.entries(mapping ?? {}).filter((pair): pair is [string, T] => pair[1] !== undefined);
}
