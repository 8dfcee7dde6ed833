import type { RequestKind } from '../../domain/request-kinds.ts';
import type { RequestItem } from '../../domain/request.ts';
import { onlyText } from '../../domain/taken-apart.ts';
import type { RequestView } from '../../service/views/view.ts';
import { durationText, line, namesText, utc, bytesText, type Span } from './text.ts';
import type { Backup } from '../../domain/backup.ts';

/** What an issue says of a kind of request. */
type KindWords = {
  /** One line; what is too long is cut by the caller. */
  summary(view: RequestView): string;
  /** Above the table of databases. `place`: the title of the environment. */
  heading(place: string): string;
  head: readonly string[];
  row(view: RequestView, item: RequestItem): Span[];
  /** When its run begins, and when all its databases are ready for the step that others see. */
  started: string;
  ready: string;
  /** Of a database: `refreshed`; and of the whole: `refresh`. */
  did: string;
  noun: string;
  /** What becomes of what is there now. */
  afterwards(view: RequestView): string;
};

export const kindWords: Readonly<Record<RequestKind, KindWords>> = {
  refresh: {
    did: 'refreshed',
    noun: 'refresh',
    summary({ request }) {
      const backups = namesText(
        request.items.flatMap((item) => item.backup?.id ?? []),
        50,
      );
      return `Refresh ${databasesText(request.items)} on ${line(request.environment, 40)} from ${backups}`;
    },
    heading: (place) => `Overwritten on ${place}`,
    head: ['Overwritten', 'From', 'Data of', 'Size', 'Data'],
    row(view, item) {
      const backup = view.backups[item.database];
      return [
        targetText(item),
        backup === undefined ? (item.backup?.id ?? '') : `${backup.id} of ${line(backup.environment, 40)}`,
        backup === undefined ? '' : dataText(backup),
        backup === undefined ? '' : bytesText(backup.bytes),
        backup === undefined ? '' : natureText(backup),
      ];
    },
    started: 'Started. The live database stays as it is until the swap.',
    ready: 'restored and verified; the swap comes next.',
    // True also of a first refresh, before which nothing may be there.
    afterwards: ({ environment }) =>
      `What is there now, if anything, is kept for ${durationText(environment.keepOldSeconds)}, for an undo.`,
  },
  take: {
    did: 'backed up',
    noun: 'backup',
    summary: ({ request }) =>
      `Take a backup of ${databasesText(request.items)} on ${line(request.environment, 40)}`,
    heading: (place) => `Backed up on ${place}`,
    head: ['Backed up', 'Into repository', 'Data'],
    row: (_view, item) => [targetText(item), line(item.repository ?? '', 60), 'raw'],
    started: 'Started. The live database stays as it is, and can be used all the time.',
    ready: 'dumped and read to the end; the backup gets its name next.',
    afterwards: () =>
      'Nothing is changed there: the database is read under an account that can write nothing.',
  },
  prove: {
    did: 'proven',
    noun: 'proof',
    summary: ({ request }) =>
      `Prove ${request.items[0]?.backup?.id ?? 'a backup'} of ${databasesText(request.items)} from ${line(request.environment, 40)}`,
    heading: (place) => `Proven, of ${place}`,
    head: ['Backup', 'Restored on', 'Data of', 'Size', 'Data'],
    row(view, item) {
      const backup = view.backups[item.database];
      return [
        `${item.backup?.id ?? ''} of ${line(item.database, 60)}`,
        `server ${line(item.server, 40)}`,
        ...(backup === undefined
          ? ['', '', '']
          : [dataText(backup), bytesText(backup.bytes), natureText(backup)]),
      ];
    },
    started: "Started. Nobody's database is touched.",
    ready: 'restored and verified; what was made for that is dropped next.',
    afterwards: () =>
      'It is restored into a new database that nobody else can enter, verified, and dropped again.',
  },
  undo: {
    did: 'swapped back',
    noun: 'undo',
    summary({ request }) {
      const back = onlyText(request, databasesText(request.items));
      return `Undo ${back} of ${request.undoes ?? 'a refresh'} on ${line(request.environment, 40)}`;
    },
    heading: (place) => `Swapped back on ${place}`,
    head: ['Swapped back', 'To'],
    started: 'Started. The live database stays as it is until the swap.',
    ready: 'checked; the swap back comes next.',
    row: ({ request }, item) => [targetText(item), `what ${request.undoes ?? 'the refresh'} replaced`],
    afterwards: ({ environment }) =>
      `What is there now is kept for ${durationText(environment.keepOldSeconds)}, for an undo.`,
  },
};

function databasesText(items: readonly RequestItem[]): string {
  return namesText(
    items.map((item) => line(item.database, 60)),
    120,
  );
}

function targetText(item: RequestItem): string {
  return `${line(item.databaseName, 63)} on server ${line(item.server, 40)}`;
}

function dataText(backup: Backup): string {
  return backup.dataAt === undefined ? `unknown; file of ${utc(backup.takenAt)}` : utc(backup.dataAt);
}

function natureText(backup: Backup): string {
  const data = backup.anonymisation === 'raw' ? 'raw' : `anonymised (${backup.anonymisation})`;
  const cut = backup.scope === 'subset' ? ', cut down' : '';
  return `${data}${cut}${backup.unprovenAt === undefined ? '' : ', failed its proof'}`;
}
