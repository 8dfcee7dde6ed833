import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLError,
} from 'yaml';
import { shownKey, type Fault } from './faults.ts';

/** A YAML file as values, with the line of each. */
export type ParsedDocument = {
  /** Plain values; undefined when the faults leave nothing to look at. */
  value: unknown;
  /** Faults of the form. With only duplicate keys the rest can still be judged. */
  faults: Fault[];
  /** Line of a value's key, or of the nearest place around it that exists. From 1. */
  lineOf: (path: readonly PropertyKey[]) => number;
};

/** Sentences of our own: the parser's may quote the source, and with it a secret. */
const sentences: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'A tab stands where spaces are needed; YAML is indented with spaces only.',
  BAD_INDENT: 'The indentation does not fit, or a bracket is not closed.',
  MISSING_CHAR: 'A quote, a colon or a bracket is missing.',
  BLOCK_AS_IMPLICIT_KEY: 'A mapping begins in the middle of a line; a value with ": " in it needs quotes.',
  MULTILINE_IMPLICIT_KEY: 'A key has no value behind it; is the space after its colon missing?',
  BAD_SCALAR_START: 'A value that begins with @, ` or % needs quotes.',
  BAD_DQ_ESCAPE: 'A backslash in double quotes begins an unknown sequence; use single quotes.',
  MULTIPLE_DOCS: 'The file holds more than one YAML document; only one is read.',
  NON_STRING_KEY: 'A key must be text.',
  KEY_OVER_1024_CHARS: 'A key is longer than 1024 characters.',
  TAG_RESOLVE_FAILED:
    'Tags (words that begin with "!") are not known here; a value that begins with "!" needs quotes.',
  BAD_ALIAS:
    'An alias (a word that begins with "*") has no anchor; a value that begins with "*" needs quotes.',
};

/** Reads YAML 1.2. Never throws for what the text holds. */
export function readDocument(text: string): ParsedDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const line = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const faults = worthTelling(document.errors, document.warnings).map((error) => faultOf(error, text, line));
  const usable = document.errors.every((error) => error.code === 'DUPLICATE_KEY');
  let value: unknown;
  if (usable) {
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch {
      // Unknown anchors, and aliases that multiply beyond reason, are found only when they are followed.
      faults.push({ path: '', line: 1, message: sentences.BAD_ALIAS!, hint: '' });
    }
  }
  return { value, faults, lineOf: (path) => lineOf(document, path, line) };
}

/** After a fault of form the parser stumbles, and what it says misleads: tabs, or else the first fault, are told. */
function worthTelling(errors: readonly YAMLError[], warnings: readonly YAMLError[]): readonly YAMLError[] {
  const tabs = errors.filter((error) => error.code === 'TAB_AS_INDENT');
  if (tabs.length > 0) return tabs;
  const broken = errors.filter((error) => error.code !== 'DUPLICATE_KEY');
  return broken.length > 0 ? broken.slice(0, 1) : [...errors, ...warnings];
}

function faultOf(error: YAMLError, text: string, line: (offset: number) => number): Fault {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^(["']?)([^\s:"']+)\1\s*:/.exec(text.slice(error.pos[0], error.pos[0] + 60))?.[2] ?? '';
    const message = `${shownKey(key)} stands twice in the same mapping; each key may stand once.`;
    return { path: '', line: line(error.pos[0]), message, hint: 'Remove one, or merge the two.' };
  }
  const message = sentences[error.code] ?? 'This is not valid YAML.';
  // An unclosed quote is noticed at the end of the file; where it began would only be a guess.
  const hint = error.code === 'MISSING_CHAR' ? 'Look at this line and above it.' : '';
  return { path: '', line: line(error.pos[0]), message, hint };
}

function lineOf(document: Document, path: readonly PropertyKey[], line: (offset: number) => number): number {
  let node: unknown = document.contents;
  let found = offsetOf(node) ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) break;
      found = offsetOf(pair.key) ?? found;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      if (node === undefined) break;
      found = offsetOf(node) ?? found;
    } else break;
  }
  return line(found);
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
