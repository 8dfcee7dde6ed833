import { type Causes, causes } from '../../runners/causes.ts';
import { engines } from '../../runners/index.ts';
import { filesBelow, isSource, textOf } from './tree.ts';

/** What throws, or makes, something that people read with a code. */
const makers = [
  'inputError',
  'notFound',
  'forbidden',
  'conflict',
  'unavailable',
  'configError',
  'commandError',
  'fencedError',
  'SiteInvalid',
];
/** Sandbox and tests have nobody but ourselves to tell. */
const outside = /^src\/sandbox\//;

/** Calls whose code is no text of theirs: they pass on one that is written elsewhere. */
const passedOn = ['problem.code', 'told.code'];

export type Codes = {
  /** Code -> the files that can throw it. */
  found: Map<string, string[]>;
  /** Calls of makers whose code can't be read from the source. */
  unreadable: string[];
};

/** Every code that people can meet: of errors, of what check and plan find, of steps that fail, of freshet-host. */
export function codesOfTheSource(): Codes {
  const found = new Map<string, string[]>();
  const unreadable: string[] = [];
  const note = (code: string, path: string) => {
    const files = found.get(code) ?? [];
    if (!files.includes(path)) found.set(code, [...files, path]);
  };
  const sources = ['src', 'config', 'runners', 'commands']
    .flatMap((room) => filesBelow(room))
    .filter((path) => isSource(path) && !outside.test(path));
  for (const path of sources) {
    const read = codesIn(textOf(path));
    for (const code of read.codes) note(code, path);
    unreadable.push(...read.unreadable.map((call) => `${path}: ${call}`));
  }
  for (const code of codesOfCauses(causes)) note(code, 'runners/causes.ts');
  for (const { name, causes: own } of Object.values(engines)) {
    for (const code of codesOfCauses(own)) note(code, `runners/${name}/causes.ts`);
  }
  const program = 'runners/host-program/freshet-host';
  for (const code of codesOfProgram(textOf(program))) note(code, program);
  return { found, unreadable };
}

/** The codes that people meet: what a sentence has in place of the host's own goes before it. */
function codesOfCauses(table: Causes): string[] {
  return Object.entries(table).map(([code, [, , instead]]) => instead ?? code);
}

/** Codes in one file: the first argument of makers and of helpers that take one, and `code:` of what is shown to people. */
export function codesIn(source: string): { codes: string[]; unreadable: string[] } {
  const codes: string[] = [];
  const unreadable: string[] = [];
  const call = new RegExp(`(?<!function )\\b(?:${[...makers, 'right'].join('|')})\\(`, 'g');
  for (const match of source.matchAll(call)) {
    const argument = expressionAt(source, match.index + match[0].length);
    const literals = kebabs(argument);
    if (literals.length > 0) codes.push(...literals);
    else if (!passedOn.includes(argument)) unreadable.push(`${match[0]}${argument}`);
  }
  for (const match of source.matchAll(/\bcode: /g)) {
    codes.push(...kebabs(expressionAt(source, match.index + match[0].length)));
  }
  return { codes, unreadable };
}

/** `refuse KIND CODE` of the program, and the answer that it writes out itself. */
export function codesOfProgram(program: string): string[] {
  return [...program.matchAll(/(?:\brefuse|%s no) [A-Z]\w+ ([a-z]+(?:-[a-z]+)+)\b/g)].map(
    (match) => match[1]!,
  );
}

/** An expression from `from` to the comma or bracket that ends it. */
function expressionAt(source: string, from: number): string {
  let depth = 0;
  let quote = '';
  for (let at = from; at < source.length; at++) {
    const char = source[at]!;
    if (quote !== '') {
      if (char === '\\') at++;
      else if (char === quote) quote = '';
    } else if (`'"\``.includes(char)) quote = char;
    else if ('([{'.includes(char)) depth++;
    else if (')]};'.includes(char) || (char === ',' && depth === 0)) {
      if (depth === 0 || char === ';') return source.slice(from, at).trim();
      depth--;
    }
  }
  return source.slice(from).trim();
}

/** Codes have at least two words. */
function kebabs(expression: string): string[] {
  return [...expression.matchAll(/'([a-z]+(?:-[a-z]+)+)'/g)].map((match) => match[1]!);
}
