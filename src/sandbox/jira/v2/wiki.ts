/** What Jira makes of wiki text. */
export interface WikiReading {
  /** As a person would read it aloud: lines, lists with dashes, links with their address. */
  readonly plain: string;
  /** What became more than text, in order: `link http://...`, `mention quinn`, `image x.png`, `macro code`, `emoticon :)`, `issue HR-1`,
   *  `strong ...`. Tables, headings, lists, panels and anchors are not told. */
  readonly active: readonly string[];
}

/** What a backslash makes plain. */
const escapable = '-#*_+?^~|%{}[]()!@';
const quiet = new Set(['anchor', 'panel']);
const phrases: Readonly<Record<string, string>> = {
  '*': 'strong',
  _: 'emphasis',
  '-': 'deleted',
  '+': 'inserted',
  '^': 'superscript',
  '~': 'subscript',
};
const emoticons = /^(?::-?[)(DPp]|;-?\)|\((?:[yni/x!+?*-]|on|off|\*[rgby])\))/;

/**
 * Reads wiki text as Jira's own renderer does, as far as its notation guide says: more often markup than Jira rather than less, so that what stays
 * text here stays text there.
 */
export function readWiki(source: string): WikiReading {
  const active: string[] = [];
  const lines = source.split(/\r\n?|\n/).flatMap((line) => lineOf(line, active));
  const plain = lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  return { plain, active };
}

function lineOf(line: string, active: string[]): string[] {
  if (/^\s*-{4,}\s*$/.test(line)) return ['----'];
  const heading = /^\s*h[1-6]\.\s*(.*)$/.exec(line);
  if (heading) return ['', inline(heading[1] ?? '', active)];
  const quote = /^\s*bq\.\s*(.*)$/.exec(line);
  if (quote) {
    active.push('quotation');
    return [inline(quote[1] ?? '', active)];
  }
  const list = /^\s*([*#-]+)\s+(.*)$/.exec(line);
  if (list) return [`- ${inline(list[2] ?? '', active)}`];
  if (/^\s*\|/.test(line)) {
    const cells = splitCells(line.trim());
    return [cells.map((cell) => inline(cell, active).trim()).join(' | ')];
  }
  const text = inline(line, active);
  // A line of macros alone is no line.
  return text === '' && line.trim() !== '' ? [] : text.split('\n');
}

/** At bars, but for escaped ones and those inside of links. */
function splitCells(line: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let inLink = false;
  for (let at = 0; at < line.length; at++) {
    const sign = line[at] ?? '';
    if (sign === '\\') {
      cell += sign + (line[++at] ?? '');
      continue;
    }
    if (sign === '[') inLink = true;
    if (sign === ']') inLink = false;
    if (sign !== '|' || inLink) {
      cell += sign;
      continue;
    }
    if (line[at + 1] === '|') at++;
    cells.push(cell);
    cell = '';
  }
  return [...cells.slice(1), ...(cell === '' ? [] : [cell])];
}

function inline(text: string, active: string[]): string {
  let out = '';
  for (let at = 0; at < text.length;) {
    const found = special(text.slice(at), text[at - 1] ?? '', active);
    out += found ? found.shown : text[at];
    at += found?.length ?? 1;
  }
  return out;
}

interface Found {
  readonly length: number;
  readonly shown: string;
}

function special(rest: string, before: string, active: string[]): Found | undefined {
  const sign = rest[0] ?? '';
  switch (sign) {
    case '\\': {
      const next = rest[1] ?? '';
      if (next === '\\') return { length: 2, shown: '\n' };
      return next !== '' && escapable.includes(next) ? { length: 2, shown: next } : undefined;
    }
    case '&':
      return entity(rest);
    case '{':
      return code(rest, active) ?? macro(rest, active);
    case '[':
      return link(rest, active);
    case '!': {
      const image = /^!([^!\s|]+)(?:\|[^!]*)?!/.exec(rest);
      return image ? told(active, `image ${image[1]}`, image[0].length, '') : undefined;
    }
    case ':':
    case ';':
    case '(': {
      const face = emoticons.exec(rest)?.[0];
      return face === undefined ? undefined : told(active, `emoticon ${face}`, face.length, face);
    }
    case '?': {
      const cited = /^\?\?(\S(?:.*?\S)?)\?\?/.exec(rest);
      return cited
        ? told(active, `citation ${cited[1]}`, cited[0].length, inline(cited[1] ?? '', active))
        : undefined;
    }
    default:
      return phrases[sign] === undefined ? address(rest, before, active) : phrase(rest, before, sign, active);
  }
}

function told(active: string[], what: string, length: number, shown: string): Found {
  active.push(what);
  return { length, shown };
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0' };

function entity(rest: string): Found | undefined {
  const match = /^&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|([a-z]+));/i.exec(rest);
  if (!match) return undefined;
  const [all, decimal, hex, name] = match;
  if (name !== undefined) {
    const shown = entities[name];
    return shown === undefined ? undefined : { length: all.length, shown };
  }
  return {
    length: all.length,
    shown: String.fromCodePoint(decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal)),
  };
}

function code(rest: string, active: string[]): Found | undefined {
  const match = /^\{\{(.+?)\}\}/.exec(rest);
  return match ? { length: match[0].length, shown: inline(match[1] ?? '', active) } : undefined;
}

function macro(rest: string, active: string[]): Found | undefined {
  const match = /^\{([A-Za-z][\w-]*)(?::[^}]*)?\}/.exec(rest);
  if (!match) return undefined;
  const name = match[1] ?? '';
  if (!quiet.has(name)) active.push(`macro ${name}`);
  return { length: match[0].length, shown: '' };
}

function link(rest: string, active: string[]): Found | undefined {
  const match = /^\[((?:\\.|[^\]\\])+)\]/.exec(rest);
  if (!match) return undefined;
  const inside = match[1] ?? '';
  if (inside.startsWith('~'))
    return told(active, `mention ${inside.slice(1)}`, match[0].length, `@${inside.slice(1)}`);
  const bar = inside.search(/(?<!\\)\|/);
  const target = bar < 0 ? inside : inside.slice(bar + 1);
  const shown = bar < 0 ? target : inline(inside.slice(0, bar), []);
  return told(active, `link ${target}`, match[0].length, bar < 0 ? target : `${shown} <${target}>`);
}

function phrase(rest: string, before: string, sign: string, active: string[]): Found | undefined {
  // Inside of a word it is no markup.
  if (/[\p{L}\p{N}\\]/u.test(before)) return undefined;
  for (let at = 2; at < rest.length; at++) {
    if (rest[at] !== sign || rest[at - 1] === '\\' || /[\p{L}\p{N}]/u.test(rest[at + 1] ?? '')) continue;
    const inside = rest.slice(1, at);
    if (/^\s|\s$/.test(inside)) return undefined;
    return told(active, `${phrases[sign]} ${inside}`, at + 1, inline(inside, active));
  }
  return undefined;
}

function address(rest: string, before: string, active: string[]): Found | undefined {
  if (/[\p{L}\p{N}]/u.test(before)) return undefined;
  const url = /^(?:(?:https?|ftp|file|irc):\/\/|mailto:)[^\s|\]]+/i.exec(rest)?.[0];
  if (url !== undefined) return told(active, `link ${url}`, url.length, url);
  const key = /^[A-Z][A-Z0-9_]+-\d+(?![\p{L}\p{N}])/u.exec(rest)?.[0];
  return key === undefined ? undefined : told(active, `issue ${key}`, key.length, key);
}
