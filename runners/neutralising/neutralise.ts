import { commandError, nearest } from '../../src/domain/errors.ts';
import type { Neutralising, PackName } from '../../src/domain/neutralising.ts';
import type { ActContext, StepResult } from '../engine.ts';
import { filled, partsOf, type PackDialect, type PackPart } from './packs.ts';
import type { ActStep } from '../plan.ts';

/** A pack as the plan has it: what it is told is in its values, quoted. */
export type PackArgs = { pack: PackName; parts: readonly PackPart[]; withinSeconds?: number };

export function packArgs(pack: Extract<Neutralising, { kind: 'pack' }>, dialect: PackDialect): PackArgs {
  const { withinSeconds } = pack.parameters;
  return {
    pack: pack.name,
    parts: partsOf(pack, dialect),
    ...(withinSeconds === undefined ? {} : { withinSeconds }),
  };
}

/** A session of the loader in the new database, in the words of no vendor. */
export type InCopy = {
  rows<T extends object>(sql: string): Promise<T[]>;
  /** Answers how many rows it has changed. */
  changed(sql: string): Promise<number>;
  transaction<T>(work: () => Promise<T>): Promise<T>;
  /** `work` where nothing can be written. */
  readOnly<T>(work: () => Promise<T>): Promise<T>;
  /** The next statement may take so long. */
  within(milliseconds: number): Promise<void>;
  /** Columns of a table that the site file names; undefined where there is no such table. */
  columnsOf(part: PackPart & { named: { table: string } }): Promise<readonly string[] | undefined>;
  /** All tables as people write them. */
  tables(): Promise<readonly string[]>;
  /** How many rows a query answers, and whether all of them say yes; asked so that no row of it leaves the server. */
  asked(query: string): Promise<{ rows: number; yes: boolean }>;
  /** What the server refused, in words; `too-long`, or undefined for what is told as everywhere else. */
  refusal(error: unknown): 'too-long' | { words: string } | undefined;
};

/** How an engine opens it. */
export type OpenCopy = <T>(context: ActContext, work: (copy: InCopy) => Promise<T>) => Promise<T>;

/**
 * The act that does in the new database what a pack says, as the loader, in one transaction. Throws Command: `pack-table-missing`,
 * `pack-column-missing` (the site file names what the backup does not have), `pack-refused` (the server refused a statement), `pack-too-long`.
 */
export function neutralising(open: OpenCopy) {
  return (step: ActStep, context: ActContext): Promise<StepResult> => {
    const args = step.args as PackArgs;
    return open(context, (copy) =>
      copy.transaction(async () => {
        const deadline = deadlineOf(args);
        let rows = 0;
        let seen = false;
        for (const [at, part] of args.parts.entries()) {
          await assertNamed(copy, args.pack, part);
          await eachRow(copy, args, part, deadline, async (values) => {
            if (part.does === undefined) seen ||= part.there !== undefined;
            else rows += await copy.changed(filled(part.does, values));
          });
          context.progress((at + 1) / args.parts.length);
        }
        return { rows, ...(rows === 0 && !seen ? { nothing: true } : {}) };
      }),
    );
  };
}

export function deadlineOf({ withinSeconds }: Pick<PackArgs, 'withinSeconds'>): number {
  return Date.now() + (withinSeconds ?? Infinity) * 1000;
}

/**
 * `work` with the values of each thing that a part is about; nothing where there is none of its kind. Within a transaction. What the server
 * refuses is told by the pack.
 */
export async function eachRow(
  copy: InCopy,
  { pack, withinSeconds }: PackArgs,
  part: PackPart,
  deadline: number,
  work: (values: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const { table, column } = part.named ?? {};
  let about = table === undefined ? '' : ` to "${table}${column === undefined ? '' : `.${column}`}"`;
  const ask = async <T>(asked: () => Promise<T>): Promise<T> => {
    await copy.within(Math.ceil(Math.max(1, Math.min(deadline - Date.now(), 2_000_000_000))));
    return asked();
  };
  try {
    if (part.there !== undefined) {
      const [answer] = await ask(() => copy.rows<object>(filled(part.there!, part.values)));
      if (!isYes(Object.values(answer ?? {})[0])) return;
    }
    const rows =
      part.rows === undefined
        ? [{}]
        : await ask(() => copy.rows<Record<string, string>>(filled(part.rows!, part.values)));
    for (const row of rows) {
      if ('table' in row) about = ` to ${row.table}`;
      await ask(() => work({ ...part.values, ...row }));
    }
  } catch (error) {
    const refusal = copy.refusal(error);
    if (refusal === undefined) throw error;
    if (refusal === 'too-long') {
      throw commandError(
        'pack-too-long',
        `The pack "${pack}" took longer than the ${withinSeconds ?? 0} seconds that it may.`,
        'Leave tables out of it by `except`, or raise `within`, in the site file.',
      );
    }
    throw commandError(
      'pack-refused',
      `The pack "${pack}" can't be applied${about}: ${refusal.words}.`,
      'Correct what `neutralise` of the site file tells the pack; docs/neutralising.md says what each does.',
    );
  }
}

/** Not every vendor has a word for it. */
function isYes(answer: unknown): boolean {
  return answer === true || answer === 1;
}

/** Refuses what the site file names and the backup does not have: nothing would be neutralised. */
async function assertNamed(copy: InCopy, pack: PackName, part: PackPart): Promise<void> {
  const { named } = part;
  if (named === undefined) return;
  const columns = await copy.columnsOf({ ...part, named });
  if (columns === undefined) {
    throw commandError(
      'pack-table-missing',
      `The pack "${pack}" names the table "${named.table}", and the backup has no such table.`,
      remedy(nearest(named.table, await copy.tables())),
    );
  }
  if (named.column === undefined || columns.includes(named.column)) return;
  throw commandError(
    'pack-column-missing',
    `The pack "${pack}" names the column "${named.column}", and the table "${named.table}" of the backup has no such column.`,
    remedy(nearest(named.column, columns)),
  );
}

function remedy(near: string | undefined): string {
  const correct = 'Correct `neutralise` of the site file.';
  return near === undefined ? correct : `Did you mean "${near}"? ${correct}`;
}
