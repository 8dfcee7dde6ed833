import type { Neutralising, PackParameters } from '../../src/domain/neutralising.ts';
import type { Script } from '../../src/domain/script.ts';

/**
 * How an engine writes what a pack is told into its SQL; made of `quote.ts` alone. `pattern`: a regular expression that finds hosts
 * whatever their case; `likes`: what may hold one, for LIKE.
 */
export type PackDialect = {
  /** Of `schema.table` as people write it. */
  table(name: string): string;
  identifier(name: string): string;
  literal(text: string): string;
  /** A list of texts, as the packs of this engine look for something in it. */
  list(texts: readonly string[]): string;
};

/** One thing that a pack does, or looks at, or both; data of the plan. `{{name}}` in its SQL stands for what `values` or a row of `rows` has of that name. */
export type PackPart = {
  values: Readonly<Record<string, string>>;
  /** What the site file names here: it must be there. */
  named?: { table: string; column?: string };
  /** A query that answers whether there is anything of the kind; without it there is. */
  there?: string;
  /** A query: the part is done for each row that it answers, whose values the server itself has quoted. */
  rows?: string;
  does?: string;
  /** A query that answers what is not so: `what` it is, and how often (`n`). */
  holds?: string;
};

type Part = Pick<PackPart, 'there' | 'rows' | 'does' | 'holds'> & { each: Each };
const eaches = ['once', 'table', 'column', 'replacement'] as const;
type Each = (typeof eaches)[number];

/** What a pack does with these parameters, in the order of its text. */
export function partsOf(pack: Extract<Neutralising, { kind: 'pack' }>, dialect: PackDialect): PackPart[] {
  return parsed(pack.script).flatMap(({ each, ...part }) =>
    told(each, pack.parameters, dialect).map((one) => ({ ...part, ...one })),
  );
}

/** SQL with its values in their places, in one go: what stands in a value is never looked at again. */
export function filled(sql: string, values: Readonly<Record<string, string>>): string {
  return sql.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`a pack names {{${name}}}, which nothing gives it`);
    return value;
  });
}

/**
 * The parts of a pack's text. Each begins with `-- @each once|table|column|replacement`; then follow, where it has them, `-- @there`, `-- @rows`,
 * `-- @do` and `-- @holds`, each with one statement.
 */
function parsed({ path, text }: Script): Part[] {
  const parts: Part[] = [];
  let key: 'there' | 'rows' | 'does' | 'holds' | undefined;
  for (const line of text.split('\n')) {
    const [, word = '', rest = ''] = /^-- @(\w+)\s*(.*)$/.exec(line) ?? [];
    const part = parts.at(-1);
    if (word === 'each' && eaches.includes(rest as Each)) {
      parts.push({ each: rest as Each });
      key = undefined;
    } else if (word !== '' && part !== undefined && rest === '' && word in sections) {
      key = sections[word as keyof typeof sections];
      part[key] = '';
    } else if (word !== '') {
      throw new Error(`${path}: "${line}" is no mark of a pack`);
    } else if (key !== undefined && part !== undefined && !line.startsWith('--')) {
      part[key] = `${part[key]}${line}\n`.trimStart();
    }
  }
  return parts.map((part) => {
    const { does, there, rows, holds } = part;
    const texts = Object.entries({ does, there, rows, holds }).filter(([, sql]) => sql !== undefined);
    return {
      each: part.each,
      ...Object.fromEntries(texts.map(([name, sql]) => [name, sql!.trim().replace(/;$/, '')])),
    };
  });
}

const sections = { there: 'there', rows: 'rows', do: 'does', holds: 'holds' } as const;

function told(
  each: Each,
  parameters: PackParameters,
  dialect: PackDialect,
): Pick<PackPart, 'values' | 'named'>[] {
  const { tables = [], columns = [], replace = {}, hosts = [] } = parameters;
  const common = {
    keep: dialect.list(parameters.keep ?? []),
    allowed: dialect.list(parameters.allowed ?? []),
    except: dialect.list(parameters.except ?? []),
    to: standsThen(parameters.to, dialect),
    replaces: String(Object.keys(replace).length > 0),
    ...found([...hosts, ...Object.keys(replace)], dialect),
  };
  if (each === 'table') {
    return tables.map((name) => ({
      named: { table: name },
      values: { ...common, table: dialect.table(name), name: dialect.literal(name) },
    }));
  }
  if (each === 'column') {
    return columns.map((name) => {
      const at = name.lastIndexOf('.');
      const [table, column] = [name.slice(0, at), name.slice(at + 1)];
      const quoted = { table: dialect.table(table), column: dialect.identifier(column) };
      return { named: { table, column }, values: { ...common, ...quoted, name: dialect.literal(name) } };
    });
  }
  if (each === 'replacement') {
    // The longest first: what lies below another host is replaced by its own.
    const pairs = Object.entries(replace).sort(([a], [b]) => b.length - a.length);
    return pairs.map(([host, by]) => ({
      values: { ...common, ...found([host], dialect), by: dialect.literal(by) },
    }));
  }
  return [{ values: common }];
}

/**
 * Hosts as they stand in text: with what is below them (`api.` before it), and not as the end or the beginning of another name.
 * The expression is one that PostgreSQL, MySQL 8 and MariaDB read alike.
 */
function found(hosts: readonly string[], dialect: PackDialect): Record<string, string> {
  const names = hosts.map((host) => host.toLowerCase());
  const escaped = names.map((name) => name.replaceAll('.', '[.]')).join('|');
  const likes = names.map((name) => `%${name}%`);
  return {
    pattern: dialect.literal(`(?<![a-z0-9-])(?:${escaped})(?![a-z0-9-]|[.][a-z0-9])`),
    like: dialect.literal(likes[0] ?? ''),
    likes: dialect.list(likes),
  };
}

/** `customer-{id}@example.org`: text, with columns of the same row in it. */
function standsThen(to: string | undefined, dialect: PackDialect): string {
  if (to === undefined) return 'NULL';
  const pieces = to.split(/(\{[^{}]+\})/).filter((piece) => piece !== '');
  const isColumn = (piece: string) => /^\{[^{}]+\}$/.test(piece);
  if (!pieces.some(isColumn)) return dialect.literal(to);
  const sql = pieces.map((piece) =>
    isColumn(piece) ? dialect.identifier(piece.slice(1, -1)) : dialect.literal(piece),
  );
  return `concat(${sql.join(', ')})`;
}
