import { posix } from 'node:path';

/** What a module names in its imports and re-exports, types included: paths from the root for files of the
 *  repository (`src/domain/ids.ts`), names for packages (`@slack/bolt`) and Node's modules (`node:fs`). */
export function importsOf(path: string, text: string): string[] {
  return specifiers(text).map((specifier) => {
    if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(path), specifier));
    if (specifier.startsWith('node:')) return specifier;
    const [scope = '', name = ''] = specifier.split('/');
    return scope.startsWith('@') ? `${scope}/${name}` : scope;
  });
}

/** The module specifiers of a source text, in order, each once. Statements are told from text by scanning past
 *  comments, strings, templates and regular expressions; no parser for TypeScript is at hand that keeps types. */
export function specifiers(text: string): string[] {
  const found = new Set<string>();
  const { code, strings } = scan(text);
  // In `code` each string stands as `"<index>"`, so a pattern can't match inside of one.
  const statements = [
    /(?<![\w$.])(?:import|export)\s+(?:type\s+)?(?:[\w$*\s,{}]|"\d+"(?=\s*(?:as|[,}])))*?\bfrom\s*"(\d+)"/g,
    /(?<![\w$.])import\s*"(\d+)"/g,
    /(?<![\w$.])import\s*\(\s*"(\d+)"/g,
    /(?<![\w$.])(?:require|resolve)\s*\(\s*"(\d+)"/g,
  ];
  for (const pattern of statements) {
    for (const match of code.matchAll(pattern)) found.add(strings[Number(match[1])] ?? '');
  }
  return [...found];
}

/** Source text without its comments, and with each string replaced by a placeholder. */
export function scan(text: string): { code: string; strings: string[] } {
  const strings: string[] = [];
  let code = '';
  let at = 0;
  // Depth of braces at each open `${`, so that its `}` leads back into the template.
  const templates: number[] = [];
  let depth = 0;

  while (at < text.length) {
    const here = text[at] ?? '';
    const next = text[at + 1];
    if (here === '/' && next === '/') {
      at = indexOr(text, '\n', at);
    } else if (here === '/' && next === '*') {
      at = indexOr(text, '*/', at) + 2;
      code += ' ';
    } else if (here === "'" || here === '"') {
      const end = endOfString(text, at, here);
      code += `"${strings.push(text.slice(at + 1, end)) - 1}"`;
      at = end + 1;
    } else if (here === '`' || (here === '}' && templates.at(-1) === depth)) {
      if (here === '}') templates.pop();
      const end = endOfTemplate(text, at + 1);
      code += ' "template" ';
      if (text[end] === '$') {
        templates.push(depth);
        at = end + 2;
      } else at = end + 1;
    } else if (here === '/' && startsRegExp(code)) {
      at = endOfRegExp(text, at);
      code += ' "regexp" ';
    } else {
      if (here === '{') depth += 1;
      if (here === '}') depth -= 1;
      code += here;
      at += 1;
    }
  }
  return { code, strings };
}

function indexOr(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at;
}

function endOfString(text: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** The position of the closing backtick, or of the `$` of the next `${`. */
function endOfTemplate(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== '`' && !(text[at] === '$' && text[at + 1] === '{')) {
    at += text[at] === '\\' ? 2 : 1;
  }
  return at;
}

// A slash divides after a value, and begins a regular expression elsewhere.
function startsRegExp(code: string): boolean {
  const before = code.trimEnd();
  if (/(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|throw|await|yield)$/.test(before)) return true;
  return !/[\w$)\]"}]$/.test(before) || before === '';
}

function endOfRegExp(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length; at += 1) {
    const here = text[at];
    if (here === '\\') at += 1;
    else if (here === '[') inClass = true;
    else if (here === ']') inClass = false;
    else if (here === '/' && !inClass) return at + 1;
    else if (here === '\n') return at;
  }
  return text.length;
}
