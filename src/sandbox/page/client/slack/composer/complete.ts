import type { Sentence, Words } from '../../../slack/state.ts';

/** Something that can be put where the caret is. */
export type Offer = { text: string; about: string };

export type Completion = {
  /** Where the word that is being typed begins in the line. */
  from: number;
  offers: Offer[];
  /** The word is already one that is offered: Enter sends rather than chooses. */
  exact: boolean;
  /** How the command goes on, for whoever types it. */
  usage?: string;
};

/** Ids that the reader has before their eyes, newest first. */
export type InSight = { requests: readonly string[]; backups: readonly string[] };

const mostOffers = 12;

/** The words before the caret and the one that it stands in; a quote that is open makes no word. */
function split(line: string): { before: string[]; current: string; from: number; quoted: boolean } {
  const before: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\' && quoted) at++;
    else if (line[at] === '"') quoted = !quoted;
    else if (!quoted && /\s/.test(line[at]!)) {
      if (at > from) before.push(line.slice(from, at));
      from = at + 1;
    }
  }
  return { before, current: line.slice(from), from, quoted };
}

function sentenceFor(sentences: readonly Sentence[], verb: string | undefined): Sentence | undefined {
  const named = sentences.find(({ words }) => words[1] !== undefined && words[1] === verb?.toLowerCase());
  return named ?? sentences.find(({ words }) => words.length === 1);
}

/** What has been said so far behind the verb, as the grammar arranges it. */
function said(sentence: Sentence, args: readonly string[]) {
  const positionals: string[] = [];
  const used = new Set<string>();
  let open: Sentence['options'][number] | undefined;
  for (const word of args) {
    if (open) open = undefined;
    else if (word.startsWith('--')) {
      const option = sentence.options.find(({ name }) => `--${name}` === word.toLowerCase());
      if (option) used.add(option.name);
      open = option?.value === undefined ? undefined : option;
    } else positionals.push(word);
  }
  return { positionals, used, open };
}

function offersFor(name: string, group: string, about: string, words: Words, ids: InSight): Offer[] {
  const environments = words.environments
    // Production is never a target.
    .filter((one) => group !== 'refresh' || !one.production)
    .map((one) => ({ text: one.name, about: one.title }));
  const requests = ids.requests.map((text) => ({ text, about: 'request' }));
  if (name === 'environment') return environments;
  if (name === 'database' || name === 'databases')
    return words.databases.map((one) => ({ text: one.name, about: one.title }));
  if (name === 'request') return requests;
  if (name === 'backup') return ids.backups.map((text) => ({ text, about: 'backup' }));
  if (name === 'of') return [...requests, ...environments];
  // A summary such as "present, missing, corrupt" is the list of what is allowed.
  const allowed = /^\w+(?:, \w+)+$/.test(about) ? about.split(', ') : [];
  return allowed.map((text) => ({ text, about: name }));
}

function optionOffers(sentence: Sentence, used: ReadonlySet<string>): Offer[] {
  return sentence.options
    .filter(({ name, many }) => many || !used.has(name))
    .map(({ name, value, summary }) => ({
      text: value?.startsWith('"') ? `--${name} ""` : `--${name}`,
      about: summary,
    }));
}

/** What could follow in a line up to its caret, by Freshet's own grammar; undefined where it is no command. */
export function complete(line: string, words: Words, ids: InSight): Completion | undefined {
  if (!line.startsWith('/')) return undefined;
  const { before, current, from, quoted } = split(line);
  const [command, verb, ...further] = before;
  if (command === undefined) {
    const offers = words.commands.map((text) => ({
      text,
      about:
        words.sentences.find((one) => one.words.length === 1 && `/${one.words[0]}` === text)?.summary ?? '',
    }));
    return fitting({ from, current, offers });
  }
  if (!words.commands.includes(command)) return undefined;
  const group = command.slice(1);
  const sentences = words.sentences.filter((one) => one.words[0] === group);
  const sentence = sentenceFor(sentences, verb);
  if (!sentence) return undefined;
  const args = sentence.words.length > 1 || verb === undefined ? further : [verb, ...further];
  const { positionals, used, open } = said(sentence, args);
  const { usage } = sentence;
  if (quoted) return { from, offers: [], exact: true, usage };
  if (open) {
    const offers = offersFor(open.name, 'any', open.summary, words, ids);
    return { ...fitting({ from, current, offers }), usage };
  }
  const offers: Offer[] = [];
  if (verb === undefined)
    for (const one of sentences)
      if (one.words[1] !== undefined && one.words.length === 2)
        offers.push({ text: one.words[1], about: one.summary });
  const next = sentence.positionals[positionals.length] ?? sentence.positionals.findLast(({ many }) => many);
  if (next && !current.startsWith('-'))
    offers.unshift(
      ...offersFor(next.name, group, '', words, ids).filter(({ text }) => !positionals.includes(text)),
    );
  if (verb !== undefined || current.startsWith('-')) offers.push(...optionOffers(sentence, used));
  return { ...fitting({ from, current, offers }), usage };
}

function fitting({ from, current, offers }: { from: number; current: string; offers: Offer[] }): Completion {
  const typed = current.toLowerCase();
  const found = offers.filter(({ text }) => {
    const offered = text.toLowerCase();
    // `12` finds REQ-12.
    return offered.startsWith(typed) || (/^\d+$/.test(typed) && offered.includes(`-${typed}`));
  });
  const exact = typed === '' || found.some(({ text }) => text.toLowerCase() === typed);
  // Nothing is offered for a word that is complete and can't become another one.
  const rest = found.length === 1 && exact && typed !== '' ? [] : found;
  return { from, offers: rest.slice(0, mostOffers), exact };
}

/** The line with the offer put in, and where the caret goes: into the quotes of `--reason ""`, else behind a space. */
export function accept(
  text: string,
  caret: number,
  from: number,
  offer: Offer,
): { text: string; caret: number } {
  const inQuotes = offer.text.endsWith('""');
  const rest = text.slice(caret);
  const put = inQuotes || rest.startsWith(' ') ? offer.text : `${offer.text} `;
  const line = text.slice(0, from) + put + rest;
  const end = from + put.length + (rest.startsWith(' ') ? 1 : 0);
  return { text: line, caret: inQuotes ? from + put.length - 1 : end };
}
