import { inputError, nearest } from '../src/domain/errors.ts';
import { cut } from '../src/domain/lookup.ts';
import type { Command, Option } from './command.ts';

/** A line that was understood: which command, and its checked input. */
export type Spoken = { command: Command; input: unknown };

/**
 * Understands what somebody typed behind a slash command. `group` is its name without the slash. Throws `Input` with what was
 * not understood, what is allowed, and the usage. Typographic quotes and dashes, as phones and Slack put them, count as plain ones.
 */
export function understand(commands: readonly Command[], group: string, line: string): Spoken {
  const words = split(line);
  const command = commandFor(commands, group, words);
  const rest = words.slice(command.words.length - 1);
  // Names stand where a verb does: what was mistyped in one of these may be the other.
  const [first] = words;
  const near =
    command.words.length > 1 || first === undefined || first.quoted
      ? undefined
      : nearest(first.text, verbsOf(commands, group));
  const hint = `${near === undefined ? '' : `did you mean "/${group} ${near}"? `}Usage: ${command.usage}`;
  return { command, input: checked(command, arrange(command, rest, hint), hint) };
}

/** Checks an input, wherever it came from, and says what is wrong in a sentence. */
export function check(command: Command, raw: unknown): unknown {
  return checked(command, raw, `Usage: ${command.usage}`);
}

function checked(command: Command, raw: unknown, hint: string): unknown {
  const parsed = command.input.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = issue.path.map(String).join('.');
  throw inputError('input-invalid', `${refusedIn(command, raw, issue)}${issue.message}.`, hint, { field });
}

/** What was refused, as people wrote it, before what is said of it: an option with its dashes and its value, and what is not there as missing. */
function refusedIn(
  command: Command,
  raw: unknown,
  { path, message }: { path: readonly PropertyKey[]; message: string },
): string {
  const [top] = path;
  if (top === undefined) return 'The input was refused: ';
  const name = String(top);
  const given = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>)[name] : undefined;
  const words = [given].flat().filter((word) => typeof word === 'string' && word !== '');
  const value = cut(words.join(' '));
  // Some fields say the value themselves.
  const shown = value === '' || message.includes(`"${value}"`) ? undefined : value;
  if (command.options.some((option) => option.name === name))
    return `"--${name}${shown === undefined ? '' : ` ${shown}`}" ${value === '' ? 'is missing' : 'was refused'}: `;
  if (value === '') return 'Something is missing: ';
  return shown === undefined ? '' : `"${shown}" was refused: `;
}

type Word = { text: string; quoted: boolean };

/** Splits at spaces; quotes keep words together. `\"` inside quotes is a quote. */
function split(line: string): Word[] {
  const plain = line
    .replaceAll(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"')
    .replaceAll(/(^|\s)[\u2013\u2014](?=[a-z])/g, '$1--');
  const words: Word[] = [];
  const pattern = /"((?:[^"\\]|\\.)*)"|(\S+?)="((?:[^"\\]|\\.)*)"|(\S+)/gs;
  for (const match of plain.matchAll(pattern)) {
    const [, quoted, name, value, bare] = match;
    if (quoted !== undefined) words.push({ text: unescaped(quoted), quoted: true });
    else if (name !== undefined)
      words.push({ text: name, quoted: false }, { text: unescaped(value!), quoted: true });
    else if (bare?.startsWith('"') === true) {
      throw inputError(
        'quote-open',
        `The quote before "${cut(bare.slice(1), 30)}" is not closed; a quoted text ends with a quote.`,
        'Close it, or leave it out.',
      );
    } else if (bare !== undefined && /^--[a-z-]+=/.test(bare)) {
      const at = bare.indexOf('=');
      words.push({ text: bare.slice(0, at), quoted: false }, { text: bare.slice(at + 1), quoted: true });
    } else if (bare !== undefined) words.push({ text: bare, quoted: false });
  }
  return words;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gs, '$1');
}

/** The longest match of words, so `/refresh status x` is `status` and `/refresh uat x` is the request itself. */
function commandFor(commands: readonly Command[], group: string, words: readonly Word[]): Command {
  const ofGroup = commands.filter((command) => command.words[0] === group);
  const first = words[0];
  if (first === undefined) {
    const help = ofGroup.find((command) => command.words[1] === 'help');
    if (help !== undefined) return help;
  }
  const said = (at: number) => {
    const word = words[at]?.quoted === false ? words[at].text.toLowerCase() : undefined;
    // As people ask other programs.
    return at === 0 && (word === '--help' || word === '-h') ? 'help' : word;
  };
  const [plain] = ofGroup
    .filter((command) => command.words.slice(1).every((word, at) => word === said(at)))
    .toSorted((a, b) => b.words.length - a.words.length);
  if (plain !== undefined) return plain;
  const verbs = verbsOf(commands, group);
  throw inputError(
    'command-unknown',
    `"/${group} ${cut(first?.text ?? '')}" is not a command; expected /${group} followed by ${verbs.join(', ')}.`,
    hintFor(first?.text ?? '', verbs, `/${group} help`),
  );
}

function verbsOf(commands: readonly Command[], group: string): string[] {
  const verbs = commands.filter(({ words }) => words[0] === group).map(({ words }) => words[1]);
  return [...new Set(verbs.filter((verb) => verb !== undefined))];
}

/** Puts words and options under their names. `hint`: for a word too many. */
function arrange(command: Command, words: readonly Word[], hint: string): Record<string, unknown> {
  const raw: Record<string, unknown> = {};
  const positionals: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word.quoted || !word.text.startsWith('--')) {
      positionals.push(word.text);
      continue;
    }
    const option = optionNamed(command, word.text);
    if (option.value === undefined) {
      raw[option.name] = true;
      continue;
    }
    const value = words[++i];
    if (value === undefined || (!value.quoted && value.text.startsWith('--'))) {
      throw inputError(
        'option-value-missing',
        `Option "--${option.name}" was given without its value; expected --${option.name} ${option.value}.`,
        `Usage: ${command.usage}`,
        { field: option.name },
      );
    }
    if (option.many === true)
      raw[option.name] = [...((raw[option.name] as string[] | undefined) ?? []), value.text];
    else if (raw[option.name] === undefined) raw[option.name] = value.text;
    else {
      throw inputError(
        'option-twice',
        `Option "--${option.name}" was given twice; it may be given once.`,
        `Usage: ${command.usage}`,
        { field: option.name },
      );
    }
  }
  for (const positional of command.positionals) {
    if (positional.many === true) {
      if (positionals.length > 0) raw[positional.name] = positionals.splice(0);
    } else {
      const word = positionals.shift();
      if (word !== undefined) raw[positional.name] = word;
    }
  }
  if (positionals.length > 0) {
    throw inputError(
      'word-unexpected',
      `"${cut(positionals[0]!)}" was not expected; a reason or other text goes into quotes behind its option.`,
      hint,
    );
  }
  return raw;
}

function optionNamed(command: Command, text: string): Option {
  const name = text.slice(2).toLowerCase();
  const option = command.options.find((candidate) => candidate.name === name);
  if (option !== undefined) return option;
  const names = command.options.map((candidate) => `--${candidate.name}`);
  throw inputError(
    'option-unknown',
    names.length === 0
      ? `Option "${cut(text)}" is not known; "${command.words.join(' ')}" takes no options.`
      : `Option "${cut(text)}" is not known; expected ${names.join(', ')}.`,
    hintFor(text, names, command.usage),
  );
}

function hintFor(value: string, allowed: readonly string[], usage: string): string {
  const near = nearest(value, allowed);
  return near === undefined ? `Usage: ${usage}` : `did you mean "${near}"?`;
}
