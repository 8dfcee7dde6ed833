import type { Script } from './script.ts';

// What keeps a copy from acting on the world: ready-made packs and SQL files of one's own. All of it is done in the new
// database before anybody can reach it, and each has an assertion that must hold there before the swap.

/** The ready-made packs, in the order in which they are done: what fires triggers comes before the queues that these may fill. */
export const packNames = [
  'addresses',
  'webhooks',
  'keys',
  'urls',
  'jobs',
  'mail-queue',
  'subscriptions',
  'foreign-servers',
] as const;
export type PackName = (typeof packNames)[number];

/** What a pack is told; which of them it takes, the site file's schema says. Tables and columns as people write them: `shop.mail_queue`, `customers.email`. */
export type PackParameters = {
  tables?: readonly string[];
  columns?: readonly string[];
  /** What stands in the columns afterwards; `{id}` in it is that column of the same row. Absent: nothing (NULL). */
  to?: string;
  /** Addresses of these domains stay as they are. */
  keep?: readonly string[];
  /** What may be there all the same, by its name. */
  allowed?: readonly string[];
  /** Host names of production that must stand nowhere. */
  hosts?: readonly string[];
  /** Host names of production, each with what stands in its place afterwards. */
  replace?: Readonly<Record<string, string>>;
  /** Tables and columns that are not looked through. */
  except?: readonly string[];
  /** How long the pack may take for each of its two parts. */
  withinSeconds?: number;
};

/** One of the things that are done to keep a copy from acting on the world. */
export type Neutralising =
  | {
      kind: 'pack';
      name: PackName;
      /** The pack in the dialect of the database's engine. */
      script: Script;
      parameters: PackParameters;
    }
  | {
      kind: 'file';
      /** The path of what is run, or of the assertion where nothing is. */
      name: string;
      script?: Script;
      /** A query: it holds where it answers no row, or a single `true`. */
      assertion: Script;
    };

/** What of a placement's is bound to an approval: everything that says what will be done. Without any it is as if the word did not exist. */
export function neutralisingBound({ neutralise = [] }: { neutralise?: readonly Neutralising[] }): {
  neutralise?: Readonly<Record<string, unknown>>[];
} {
  if (neutralise.length === 0) return {};
  const bound = neutralise.map((one) =>
    one.kind === 'pack'
      ? { pack: one.name, sha256: one.script.sha256, parameters: one.parameters }
      : {
          ...(one.script === undefined ? {} : { path: one.script.path, sha256: one.script.sha256 }),
          assertion: { path: one.assertion.path, sha256: one.assertion.sha256 },
        },
  );
  return { neutralise: bound };
}

/** What one of them did and that it held, for people. Counts only. */
export type Neutralised = {
  name: string;
  /** Rows that were changed or removed; absent where that is not counted. */
  rows?: number;
  /** There was nothing of its kind. */
  nothing?: true;
};

/** `mail-queue (1204 rows), subscriptions (nothing there), sql/uat/own.sql` */
export function neutralisedText(all: readonly Neutralised[]): string {
  return all.map(({ name, rows, nothing }) => `${name}${outcome(rows, nothing)}`).join(', ');
}

function outcome(rows: number | undefined, nothing: true | undefined): string {
  if (nothing === true) return ' (nothing there)';
  if (rows === undefined) return '';
  return ` (${rows === 1 ? '1 row' : `${rows} rows`})`;
}

/** What of a step's result says so; undefined where it says nothing of the kind. */
export function neutralisedIn(result: unknown): Neutralised[] | undefined {
  const held = (result as { neutralised?: unknown } | undefined)?.neutralised;
  return Array.isArray(held) ? (held as Neutralised[]) : undefined;
}

/**
 * What keeps the copies of a request from acting on the world, by database: what was proven in them, with counts, or else what will be done.
 * Undefined where nothing is. `events`: those of the request, the newest last.
 */
export function keptFromTheWorld(
  databases: readonly string[],
  placements: Readonly<Record<string, { neutralise?: readonly Neutralising[] }>>,
  events: readonly { type: string; database?: string; held?: Neutralised[] }[],
): { text: string; proven: boolean } | undefined {
  const parts = databases.flatMap((database) => {
    // Of an earlier attempt too: what one proved stands for the next that goes on from it.
    const proven = events.findLast(
      (event) => event.type === 'item-neutralised' && event.database === database,
    )?.held;
    const all = proven ?? placements[database]?.neutralise?.map(({ name }) => ({ name })) ?? [];
    return all.length === 0
      ? []
      : [{ text: `${database}: ${neutralisedText(all)}`, proven: proven !== undefined }];
  });
  if (parts.length === 0) return undefined;
  return { text: parts.map(({ text }) => text).join('; '), proven: parts.every(({ proven }) => proven) };
}
