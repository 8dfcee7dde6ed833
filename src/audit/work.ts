import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { readEnvironment, secretsOf } from '../../config/environment.ts';
import { loadSite } from '../../config/load.ts';
import { openSecrets } from '../../config/secrets.ts';
import { engineSites } from '../../runners/index.ts';
import { database, runtimeUrl, type Database } from '../database.ts';
import { configError } from '../domain/errors.ts';
import type { SealedEvent } from '../domain/seal.ts';
import { createLogger } from '../log.ts';
import { verify, type Verdict } from '../service/audit/verify.ts';
import { openStore } from '../store/database.ts';
import { prune } from '../store/prune.ts';
import type { Received, Store } from '../store/store.ts';
import { columns, csvLine, csvRecord, jsonLine } from './lines.ts';

export type Where = { embedded?: string };
const page = 500;

/** Opens the database that the variables or `--embedded` name, and lets go of it at the end. */
async function there<T>({ embedded }: Where, work: (database: Database) => Promise<T>): Promise<T> {
  const environment = readEnvironment();
  const secrets = openSecrets(process.env);
  for (const secret of secretsOf(environment)) secrets.know(secret);
  const log = createLogger({ level: 'silent', secrets: () => secrets.known() });
  const found = await database(environment, embedded, { log, secrets }, 'find');
  try {
    return await work(found);
  } finally {
    await found.stop();
  }
}

function withStore(where: Where, work: (store: Store) => Promise<void>): Promise<void> {
  return there(where, async (found) => {
    const store = await openStore({ connectionString: runtimeUrl(found), maxConnections: 2 });
    try {
      await work(store);
    } finally {
      await store.close();
    }
  });
}

export type VerifyOptions = Where & { from?: number; to?: number; head?: string };

export function verifyLog(options: VerifyOptions): Promise<void> {
  return withStore(options, async (store) => {
    // Whoever has the database alone can verify, too.
    const keepSeconds = await configuredKeep().catch(() => undefined);
    const verdict = await verify(store, {
      ...options,
      ...(keepSeconds === undefined ? {} : { keepSeconds }),
    });
    console.log(verdictText(verdict));
    if (verdict.misfit !== undefined) process.exitCode = 1;
  });
}

/** In a few lines: what fits, and what does not. */
export function verdictText({ misfit, seals, events, head, pruned, unsealed, remarks }: Verdict): string {
  const walked = `${seals} seals, ${events} events`;
  const removed = pruned === 0 ? '' : `; the events of ${pruned} seals were removed as configured`;
  const last =
    head === undefined
      ? ''
      : `\nhead: seal ${head.number}, ${head.hash}, ${head.at.toISOString()}, up to event ${head.through}`;
  if (misfit !== undefined) return `FAIL  ${misfit.says}. Before it ${walked} fit${removed}.${last}`;
  const rest = unsealed ? '; newer events are not sealed yet' : '';
  const notes = remarks.map((remark) => `\nnote  ${remark}.`).join('');
  return `ok    ${walked}${removed}${rest}.${last}${notes}`;
}

export type ExportOptions = Where & { format: 'jsonl' | 'csv'; since?: Date; until?: Date; output?: string };

export function exportEvents({ format, since, until, output, ...where }: ExportOptions): Promise<void> {
  return withStore(where, async (store) => {
    // An earlier export is never overwritten; nobody else reads this one.
    const file = output === undefined ? undefined : createWriteStream(output, { flags: 'wx', mode: 0o600 });
    if (file !== undefined) await once(file, 'open');
    const out: Writable = file ?? process.stdout;
    if (format === 'csv') await put(out, csvRecord(columns));
    const line = format === 'csv' ? csvLine : jsonLine;
    for await (const events of pages(store)) {
      const wanted = events.filter(({ at }) => !(at < (since ?? at)) && (until === undefined || at < until));
      if (wanted.length > 0) await put(out, wanted.map(line).join(''));
    }
    if (file !== undefined) {
      file.end();
      await once(file, 'close');
    }
  });
}

/** All events there are, a page at a time. */
async function* pages({ seals }: Store): AsyncGenerator<SealedEvent[]> {
  for (let after = 0; ;) {
    const events = await seals.events({ after, through: Number.MAX_SAFE_INTEGER }, page);
    if (events.length > 0) yield events;
    if (events.length < page) return;
    after = events.at(-1)!.id;
  }
}

/** As slowly as it is taken. */
async function put(out: Writable, text: string): Promise<void> {
  if (!out.write(text)) await once(out, 'drain');
}

export type ReceivedOptions = Where & {
  person?: string;
  backup?: number;
  environment?: string;
  since?: Date;
};

export function received({ embedded, ...filter }: ReceivedOptions): Promise<void> {
  return withStore(embedded === undefined ? {} : { embedded }, async (store) => {
    for (let before: number | undefined; ;) {
      const some = await store.seals.received(
        { ...filter, ...(before === undefined ? {} : { before }) },
        page,
      );
      if (some.length > 0) await put(process.stdout, some.map((one) => `${receivedText(one)}\n`).join(''));
      else if (before === undefined) console.log('Nothing went live that fits this.');
      if (some.length < page) return;
      before = some.at(-1)!.number;
    }
  });
}

/** In a line: what, where, for whom, by whose yes, from when until when. */
export function receivedText(one: Received): string {
  const data =
    one.backup === undefined
      ? 'what was there before Freshet'
      : `${one.backup} of ${one.source} (SHA-256 ${one.checksum?.slice(0, 12)}), ${one.anonymisation}, data of ${one.dataAt?.toISOString() ?? 'an unknown moment'}`;
  const approved = one.approvals.map(({ by, front, stage }) =>
    by === undefined ? 'by rule' : `by ${by} (${front}${stage === undefined ? '' : `, ${stage}`})`,
  );
  return [
    `${one.environment} ${one.database}: ${data}`,
    `${one.request} (${one.kind}) of ${one.requestedBy} (${one.front})`,
    approved.length === 0 ? 'approved by nobody' : `approved ${approved.join(', ')}`,
    `in from ${one.at.toISOString()} ${one.until === undefined ? 'until now' : `until ${one.until.toISOString()}`}${one.putBack ? ', when its own run put it back' : ''}`,
  ].join('; ');
}

/** How long the site file has events kept; undefined: for ever. */
async function configuredKeep(): Promise<number | undefined> {
  const { sitePath, jiraBaseUrl } = readEnvironment();
  const { site } = await loadSite({
    path: sitePath,
    engines: engineSites,
    ...(jiraBaseUrl === undefined ? {} : { jiraBaseUrl }),
  });
  return site.audit.keepSeconds;
}

export async function pruneEvents(options: Where): Promise<void> {
  const keepSeconds = await configuredKeep();
  if (keepSeconds === undefined) {
    throw configError(
      'audit-keep-unset',
      '"audit.keep" is not in the site file, so events are kept for ever; expected a number of years such as "3y".',
      'Say there how long they must be kept, then prune.',
    );
  }
  await there(options, async ({ ownerUrl, url }) => {
    const removed = await prune(ownerUrl ?? url!, keepSeconds);
    console.log(
      removed.events === 0
        ? 'Nothing is old enough, or what is belongs to a request that is not over.'
        : `Removed ${removed.events} events, up to seal ${removed.seal}. The seals stay.`,
    );
  });
}
