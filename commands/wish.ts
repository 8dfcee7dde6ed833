import { z } from 'zod';
import { asOfFrom } from '../src/domain/as-of.ts';
import { inputError, nearest } from '../src/domain/errors.ts';
import type { BackupId } from '../src/domain/ids.ts';
import { cut, environmentNamed } from '../src/domain/lookup.ts';
import { startSaid, type Start } from '../src/domain/start.ts';
import type { RefreshWish } from '../src/service/asking/previews.ts';
import type { Service } from '../src/service/service.ts';
import type { Option, Positional } from './command.ts';
import {
  asOfField,
  atField,
  backupField,
  databaseField,
  environmentField,
  glassField,
  reasonField,
  ticketField,
} from './fields.ts';

/** What `/refresh uat orders` and `/refresh plan uat orders` have in common. */
export const wishInput = z.strictObject({
  environment: environmentField,
  databases: z
    .array(databaseField, 'name at least one database')
    .min(1, 'name at least one database')
    .max(50, 'name at most 50 databases'),
  backup: z.array(backupField).default([]),
  reason: reasonField,
  at: atField,
  'break-glass': glassField,
  'as-of': asOfField,
  for: ticketField,
});

/** Past approvers and holders, for whoever may; a switch. */
export const glassOption: Option = {
  name: 'break-glass',
  summary: 'without approval and past holds, if you may; needs a reason, and everybody is told',
};

export const wishPositionals: readonly Positional[] = [
  { name: 'environment' },
  { name: 'databases', many: true },
];

export const asOfOption: Option = {
  name: 'as-of',
  value: '"monday 03:00"',
  summary: 'data of then or before: "03:00", "yesterday 03:00", "monday 03:00", "2026-11-24 22:00"',
};

export const atOption: Option = {
  name: 'at',
  value: '"22:00"',
  summary:
    'start then, once approved: "22:00", "tomorrow 03:00", "2026-11-24 22:00"; "22:00-05:00": only between',
};

export const wishOptions: readonly Option[] = [
  {
    name: 'backup',
    value: 'BKP-12',
    many: true,
    summary: 'the backup to use; otherwise the newest acceptable set that lies close together',
  },
  { name: 'reason', value: '"..."', summary: 'why, for those who approve' },
  atOption,
  glassOption,
  asOfOption,
  { name: 'for', value: 'SHOP-123', summary: 'the deployment or test ticket in Jira that it is for' },
];

/** Each backup goes to the database it is of; one that is of none of the named databases is refused. */
export async function wishFrom(service: Service, input: z.output<typeof wishInput>): Promise<RefreshWish> {
  refuseLooseWords(service, input);
  // First, so that a second word of it that is not in quotes is not taken for a database.
  const start = startOf(service, input.environment, input.at);
  const asOf = asOfIn(service, input.environment, input['as-of']);
  const chosen = new Map<string, BackupId>();
  for (const id of input.backup) {
    const backup = await service.showBackup(id);
    if (!input.databases.includes(backup.database)) {
      throw inputError(
        'backup-other-database',
        `Backup ${id} is of "${backup.database}"; asked for was "${input.databases.join('", "')}".`,
        `/backups ${input.databases[0]} lists what fits.`,
        { field: 'backup' },
      );
    }
    if (chosen.has(backup.database)) {
      throw inputError(
        'backup-twice',
        `Backups ${chosen.get(backup.database)} and ${id} are both of "${backup.database}"; one for each database is allowed.`,
        'Name one of them.',
        { field: 'backup' },
      );
    }
    chosen.set(backup.database, id);
  }
  return {
    environment: input.environment,
    databases: input.databases.map((database) => {
      const backup = chosen.get(database);
      return backup === undefined ? { database } : { database, backup };
    }),
    reason: input.reason,
    ...start,
    ...(input['break-glass'] === true ? { breakGlass: true } : {}),
    ...(asOf === undefined ? {} : { asOf }),
    ...(input.for === undefined ? {} : { ticket: input.for }),
  };
}

/** Of a reason without quotes only the first word is one: the others would be refused as databases. */
function refuseLooseWords(
  { site }: Service,
  { environment, databases, reason }: z.output<typeof wishInput>,
): void {
  const there = Object.keys(site.environments[environment]?.databases ?? {});
  const loose = databases.findIndex((name) => !there.includes(name) && nearest(name, there) === undefined);
  if (there.length === 0 || loose < 1 || reason === '' || /\s/.test(reason)) return;
  throw inputError(
    'word-unexpected',
    `"${cut(databases[loose]!)}" was not expected; a reason of several words goes into quotes.`,
    `--reason "${cut([reason, ...databases.slice(loose)].join(' '))}"`,
    { field: 'reason' },
  );
}

/** The moment that is meant by `--as-of`, in the zone of the environment; undefined where nothing was said. */
export function asOfIn(service: Service, environment: string, said: string | undefined): Date | undefined {
  if (said === undefined) return undefined;
  const { timeZone } = environmentNamed(service.site, environment);
  return asOfFrom(said, { now: service.now(), timeZone });
}

/** When it shall start, by what `--at` says, in the zone of the environment. */
export function startOf(service: Service, environment: string, at: string | undefined): Start {
  if (at === undefined) return {};
  const { timeZone } = environmentNamed(service.site, environment);
  return startSaid(at, { now: service.now(), timeZone });
}
