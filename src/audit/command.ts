import { Option, type Command } from 'commander';
import { inputError } from '../domain/errors.ts';
import { parseBackupId } from '../domain/ids.ts';
import type { ExportOptions, ReceivedOptions, VerifyOptions, Where } from './work.ts';

const work = () => import('./work.ts');

/** Adds `audit` to the command line: what auditors ask of the store. */
export function addAudit(freshet: Command, embedded: () => Option): void {
  const audit = freshet
    .command('audit')
    .description('the log of events: is it whole, what is in it, who received what');
  audit
    .command('verify')
    .description(
      'walks the chain of seals and the events it holds; exit code 1 at the first that does not fit',
    )
    .addOption(embedded())
    .option('--from <seal>', 'number of the first seal; the hash before it is believed', numbered)
    .option('--to <seal>', 'number of the last seal', numbered)
    .option('--head <hash>', 'a hash that was told of: the chain must hold it', hash)
    .action(async (options: VerifyOptions) => (await work()).verifyLog(options));
  audit
    .command('export')
    .description('writes the events, oldest first')
    .addOption(embedded())
    .addOption(
      new Option('--format <format>', 'JSON Lines or CSV').choices(['jsonl', 'csv']).default('jsonl'),
    )
    .option('--since <moment>', 'not older, such as 2026-11-01 or 2026-11-01T08:00Z', moment)
    .option('--until <moment>', 'older than this', moment)
    .option('--output <file>', 'a new file instead of the terminal')
    .action(async (options: ExportOptions) => (await work()).exportEvents(options));
  audit
    .command('received')
    .description('who received which data when: each time that a database went live, the newest first')
    .addOption(embedded())
    .option('--person <key>', 'who asked for it, as the site file has them')
    .option('--backup <id>', 'BKP-7', backup)
    .option('--environment <name>', 'where it went')
    .option('--since <moment>', 'not older', moment)
    .action(async (options: ReceivedOptions) => (await work()).received(options));
  audit
    .command('prune')
    .description(
      'removes events that are older than audit.keep of the site file, as the owner of the store (MIGRATE_DATABASE_URL)',
    )
    .addOption(embedded())
    .action(async (options: Where) => (await work()).pruneEvents(options));
}

function numbered(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw refused(text, 'the number of a seal, from 1');
}

function hash(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw refused(text, 'a hash of 64 hexadecimal digits');
}

function backup(text: string): number {
  const id = parseBackupId(text);
  if (id !== undefined) return Number(id.slice(4));
  throw refused(text, 'a backup such as BKP-7');
}

/** A day is its beginning in UTC. */
function moment(text: string): Date {
  const at = new Date(text);
  if (
    /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text) &&
    !Number.isNaN(at.getTime())
  ) {
    return at;
  }
  throw refused(text, 'a day such as 2026-11-01, or a moment with its zone such as 2026-11-01T08:00Z');
}

function refused(text: string, allowed: string) {
  return inputError(
    'option-malformed',
    `"${text.slice(0, 80)}" is not allowed; expected ${allowed}.`,
    'npx freshet audit help lists the options.',
  );
}
