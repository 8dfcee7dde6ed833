import { leftOf } from '../../../domain/alignment.ts';
import type { Backup } from '../../../domain/backup.ts';
import type { Event } from '../../../domain/event.ts';
import type { BackupId } from '../../../domain/ids.ts';
import type { RequestKind } from '../../../domain/request-kinds.ts';
import type { Request, RequestItem, RequestState } from '../../../domain/request.ts';
import { keepsCopy } from '../../../domain/run.ts';
import { onlyText } from '../../../domain/taken-apart.ts';
import type { RequestView } from '../../../service/views/view.ts';
import { code, cutText, moment, mrkdwn, type Markup } from './markup.ts';
import { bytesText, dataText, dataUtc, dotted, durationText, namesText, restoreText } from './wording.ts';

/** What a request, or a plan of one, is about. */
type Asked = Pick<Request, 'kind' | 'environment' | 'undoes' | 'alignment'> & {
  items: readonly { database: string; backup?: { id: BackupId } }[];
};

/** What the cards, the dialogs and the Home say of a kind of request. */
type KindWords = {
  /** `refresh orders on uat`, `undo orders of REQ-12 on uat`, of at most about `most` characters of names. */
  task(request: Asked, most: number): string;
  /** `refreshed`, of a target. */
  done: string;
  /** In brackets behind the number of a request in a list, where it is not the usual kind. */
  mark?: string;
  /** What a yes does, as the title of its dialog says: `Overwrite`. */
  deed: string;
  /** What a yes does, in sentences. `room`: how many characters a dialog has left beside so many others. */
  consent(view: RequestView, starts: string, room: (besides: number) => number): string;
  /** What becomes of one database; `onto` names it. */
  item(view: RequestView, item: RequestItem, onto: Markup): Markup;
  /** Whether what was there before is told of as kept. */
  tellsKept: boolean;
  /** What a plan says of one database before the rest: what comes, and where from. */
  planned(backup: Backup | undefined, now: Date): Markup;
  /** Between that and the name of the database in a plan. */
  onto: string;
  /** What the requester is told of one database when it has ended well. */
  outcome(view: RequestView, item: RequestItem): Markup;
};

export const kindWords: Readonly<Record<RequestKind, KindWords>> = {
  refresh: {
    task(request, most) {
      const names = request.items.map((item) => cutText(item.database, 60));
      return `refresh ${namesText(names, most)} on ${cutText(request.environment, 60)}`;
    },
    done: 'refreshed',
    deed: 'Overwrite',
    consent(view, starts, room) {
      const { request, environment, backups } = view;
      const [first] = request.items;
      // Before what may be cut off at its end; true also of a first refresh, before which nothing may be there.
      const kept = `${starts}What is there now, if anything, is kept for ${durationText(environment.keepOldSeconds)}.`;
      const backup = first === undefined ? undefined : backups[first.database];
      if (request.items.length === 1 && first !== undefined && backup !== undefined) {
        const from = `${backup.id} of ${cutText(backup.environment, 40)} (${dataUtc(backup)})`;
        return `${cutText(first.databaseName, 63)} on server ${cutText(first.server, 40)} is replaced by ${from}. ${kept}`;
      }
      const before = `Replaced on ${cutText(request.environment, 40)}: `;
      return `${before}${liveNames(request, room(before.length + kept.length + 12))}. ${kept}`;
    },
    item(view, item, onto) {
      const { request, backups } = view;
      const does = isFirst(view, item) ? 'was created from' : overwritten[request.state];
      const backup = backups[item.database];
      if (backup === undefined) return mrkdwn`${onto} ${does} *${item.backup?.id ?? 'a backup'}*`;
      // Counted to when it was asked for: a card that nobody edits must not grow wrong.
      const facts = dotted(
        mrkdwn`*${backup.id}* of ${backup.environment}, ${dataText(backup, request.createdAt)}`,
        mrkdwn`${bytesText(backup.bytes)}`,
        mrkdwn`${restoreText(backup)}`,
      );
      return mrkdwn`${onto} ${does} ${facts}`;
    },
    tellsKept: true,
    planned: (backup, now) =>
      backup === undefined
        ? mrkdwn`a backup`
        : mrkdwn`*${backup.id}* of ${backup.environment}, ${dataText(backup, now)}, ${bytesText(backup.bytes)}, ${restoreText(backup)}`,
    onto: 'onto',
    outcome(view, item) {
      const backup = view.backups[item.database];
      if (backup === undefined) return mrkdwn`${where(view, item)} is in place.`;
      const data = backup.dataAt === undefined ? undefined : mrkdwn`, data of ${moment(backup.dataAt)}`;
      return mrkdwn`${where(view, item)} now holds ${backup.id}${data}.`;
    },
  },
  undo: {
    task(request, most) {
      const names = request.items.map((item) => cutText(item.database, 60));
      const back = onlyText(request, namesText(names, most));
      return `undo ${back} of ${request.undoes ?? 'a refresh'} on ${cutText(request.environment, 60)}`;
    },
    done: 'swapped back',
    mark: 'undo',
    deed: 'Swap back',
    consent({ request }, _starts, room) {
      const left = leftOf(request.alignment);
      const torn =
        left.length === 0 ? '' : ` What came with it stays, and fits it no longer: ${namesText(left, 60)}.`;
      const before = `${request.id} swaps back to what ${request.undoes ?? 'the refresh'} replaced: `;
      return `${before}${liveNames(request, room(before.length + torn.length + 10))}.${torn}`;
    },
    item: ({ request }, _item, onto) =>
      mrkdwn`${onto} ${undone[request.state]} the copy that ${request.undoes ?? 'the refresh'} replaced`,
    tellsKept: false,
    planned: () => mrkdwn`the kept copy`,
    onto: 'onto',
    outcome: (view, item) =>
      mrkdwn`${where(view, item)} holds again what it held before ${view.request.undoes ?? ''}.`,
  },
  take: {
    task(request, most) {
      const names = request.items.map((item) => cutText(item.database, 60));
      return `take a backup of ${namesText(names, most)} on ${cutText(request.environment, 60)}`;
    },
    done: 'backed up',
    mark: 'take',
    deed: 'Back up',
    consent({ request }, starts, room) {
      const before = `${starts}Raw backups are taken into "${cutText(request.items[0]?.repository ?? '', 40)}", and nothing is changed: `;
      return `${before}${liveNames(request, room(before.length + 4))}.`;
    },
    item(view, item, onto) {
      const { request } = view;
      const into = mrkdwn`${onto} ${backedUp[request.state]} into repository ${code(item.repository ?? '')}`;
      const taken = view.events.findLast(
        (one) => one.type === 'item-taken' && one.database === item.database,
      );
      return taken?.type === 'item-taken' ? mrkdwn`${into}: ${takenText(taken)}` : into;
    },
    tellsKept: false,
    planned: () => mrkdwn`a raw, full backup`,
    onto: 'of',
    outcome(view, item) {
      const taken = view.events.findLast(
        (one) => one.type === 'item-taken' && one.database === item.database,
      );
      return taken?.type === 'item-taken'
        ? mrkdwn`${where(view, item)} is backed up: ${takenText(taken)}.`
        : mrkdwn`${where(view, item)} is backed up.`;
    },
  },
  prove: {
    task(request, most) {
      const [item] = request.items;
      const what = [item?.backup?.id, item && `of ${cutText(item.database, Math.max(20, most - 30))}`];
      return `prove ${what.filter((one) => one !== undefined).join(' ')}`;
    },
    done: 'proven',
    mark: 'proof',
    deed: 'Prove',
    consent: ({ request }, starts) =>
      `${starts}A backup is restored on server ${cutText(request.items[0]?.server ?? '', 40)} and dropped again; nobody's database is touched.`,
    item({ request, backups, events }, item) {
      const backup = backups[item.database];
      const what = mrkdwn`*${item.backup?.id ?? 'a backup'}*${backup === undefined ? '' : ` of ${backup.environment}`}`;
      const facts =
        backup === undefined
          ? undefined
          : dotted(dataText(backup, request.createdAt), mrkdwn`${bytesText(backup.bytes)}`);
      const bad = events.findLast(({ type }) => type === 'item-unproven') !== undefined;
      const does = bad && request.state === 'failed' ? 'could not be restored' : proven[request.state];
      return dotted(mrkdwn`${what} ${does} on server ${code(item.server)}`, facts);
    },
    tellsKept: false,
    planned: (backup, now) =>
      backup === undefined
        ? mrkdwn`a backup`
        : mrkdwn`*${backup.id}* of ${backup.environment}, ${dataText(backup, now)}, ${bytesText(backup.bytes)}, ${restoreText(backup)}`,
    onto: 'into a new database beside',
    outcome: (_view, item) =>
      mrkdwn`${item.backup?.id ?? 'The backup'} was restored and verified; what was made for that is gone again.`,
  },
};

/** `refresh orders on uat`, `undo orders of REQ-12 on uat`. */
export function taskText(request: Asked, most = 80): string {
  return kindWords[request.kind].task(request, most);
}

/** `BKP-12, 1.2 GB, 100200 rows`. */
export function takenText({ backup, bytes, rows }: Extract<Event, { type: 'item-taken' }>): Markup {
  return mrkdwn`*${backup}*, ${bytesText(bytes)}, ${rows} ${rows === 1 ? 'row' : 'rows'}`;
}

function where({ request }: RequestView, item: RequestItem): Markup {
  return mrkdwn`${code(item.databaseName)} on ${request.environment}`;
}

function liveNames(request: Request, room: number): string {
  return namesText(
    request.items.map((item) => item.databaseName),
    room,
  );
}

/** Nothing was there before, and so nothing was overwritten. */
function isFirst(view: RequestView, item: RequestItem): boolean {
  if (view.request.state !== 'succeeded') return false;
  const swap = view.swaps.find((one) => one.database === item.database);
  return swap !== undefined && !keepsCopy(swap);
}

const overwritten: Record<RequestState, string> = {
  pending: 'will be overwritten by',
  approved: 'will be overwritten by',
  running: 'is being overwritten by',
  succeeded: 'was overwritten by',
  failed: 'was to be overwritten by',
  fenced: 'was to be overwritten by',
  rejected: 'would have been overwritten by',
  expired: 'would have been overwritten by',
  cancelled: 'would have been overwritten by',
};

const proven: Record<RequestState, string> = {
  pending: 'will be proven',
  approved: 'will be proven',
  running: 'is being proven',
  succeeded: 'was proven: restored, verified and dropped again',
  failed: 'was to be proven',
  fenced: 'was to be proven',
  rejected: 'would have been proven',
  expired: 'would have been proven',
  cancelled: 'would have been proven',
};

const undone: Record<RequestState, string> = {
  pending: 'will go back to',
  approved: 'will go back to',
  running: 'goes back to',
  succeeded: 'went back to',
  failed: 'was to go back to',
  fenced: 'was to go back to',
  rejected: 'would have gone back to',
  expired: 'would have gone back to',
  cancelled: 'would have gone back to',
};

const backedUp: Record<RequestState, string> = {
  pending: 'will be backed up',
  approved: 'will be backed up',
  running: 'is being backed up',
  succeeded: 'was backed up',
  failed: 'was to be backed up',
  fenced: 'was to be backed up',
  rejected: 'would have been backed up',
  expired: 'would have been backed up',
  cancelled: 'would have been backed up',
};
