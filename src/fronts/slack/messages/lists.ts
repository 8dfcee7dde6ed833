import type { Output } from '../../../../commands/command.ts';
import type { Backup, DataAtOrigin } from '../../../domain/backup.ts';
import type { Request } from '../../../domain/request.ts';
import { actions, button, context, message, section, sections, type Block, type Message } from './blocks.ts';
import { proveButton } from './buttons.ts';
import { code, cutText, mrkdwn, moment, type Markup } from './markup.ts';
import { proofText } from '../../../domain/proving.ts';
import { taskText } from './kind-words.ts';
import { bytesText, dotted, natureText, who, type Surroundings } from './wording.ts';

/** Backups of a database, a row each, newest first. */
export function backupList(list: Extract<Output, { kind: 'backups' }>, now: Date): Message {
  const { backups, total, page, pageSize } = list;
  const database = list.filter.database ?? 'every database';
  if (backups.length === 0) return nothingFound(list);
  const first = (page - 1) * pageSize + 1;
  const count = `${first} to ${first + backups.length - 1} of ${total}`;
  return message(
    mrkdwn`Backups of ${database}, ${count}, newest first: ${backups.map((one) => one.id).join(', ')}`,
    [
      section(mrkdwn`:floppy_disk: *Backups* of ${code(database)} · ${count}, newest first`),
      ...sections(backups.map((backup) => backupRow(backup, now, list.unreadable[backup.id]))),
      context(
        mrkdwn`Asked as ${code(cutText(list.again, 300))} · More of one: ${code(`/backups show ${backups[0]!.id}`)}`,
      ),
      pages(list.again, page, first + backups.length - 1 < total),
    ],
  );
}

function nothingFound({ filter, total, again, page }: Extract<Output, { kind: 'backups' }>): Message {
  const sentence =
    total > 0
      ? `There is no page ${page}; ${total} ${total === 1 ? 'backup fits' : 'backups fit'}.`
      : `No backup of "${filter.database ?? ''}" fits.`;
  const hint = total > 0 ? again : `/backups ${filter.database ?? ''}`.trim();
  return message(mrkdwn`${sentence} Hint: ${hint}`, [section(mrkdwn`${sentence}\n*Hint:* ${code(hint)}`)]);
}

function backupRow(backup: Backup, now: Date, unreadable: string | undefined): Markup {
  return dotted(
    mrkdwn`*${backup.id}* of ${backup.environment}`,
    backup.dataAt === undefined
      ? mrkdwn`moment of the data unknown, written ${moment(backup.takenAt)}`
      : mrkdwn`data of ${moment(backup.dataAt)} (${origins[backup.dataAtOrigin]})`,
    mrkdwn`${bytesText(backup.bytes)}`,
    mrkdwn`${backup.format}`,
    mrkdwn`${natureText(backup)}`,
    state(backup),
    proofFact(backup, now),
    unreadable === undefined ? undefined : mrkdwn`:lock: not for you: ${cutText(unreadable, 100)}`,
  );
}

const origins: Record<DataAtOrigin, string> = {
  manifest: 'by its manifest',
  'archive-header': 'by its archive',
  'name-pattern': 'by its name',
  unknown: 'unknown',
};

/** Nothing for what is there and whole. */
function state(backup: Backup): Markup | undefined {
  if (backup.state === 'corrupt') return mrkdwn`:x: corrupt`;
  if (backup.state === 'missing') return mrkdwn`:warning: gone from its repository`;
  if (backup.checksum === undefined) return mrkdwn`:hourglass: not read to its end yet`;
  return undefined;
}

/** Whether it was restored to see that it can be; nothing where nobody has tried. */
function proofFact(backup: Backup, now: Date): Markup | undefined {
  const text = proofText(backup, now);
  return text === undefined
    ? undefined
    : mrkdwn`${{ markup: backup.unprovenAt === undefined ? ':heavy_check_mark:' : ':x:' }} ${text}`;
}

/** Everything known about one backup. */
export function backupDetail(
  { backup, provable, unreadable }: Extract<Output, { kind: 'backup' }>,
  now: Date,
): Message {
  const stands =
    backup.state === 'corrupt'
      ? mrkdwn`corrupt: ${cutText(backup.stateReason ?? 'it could not be read to its end', 600)}`
      : backup.state === 'missing'
        ? mrkdwn`gone from its repository${backup.stateReason === undefined ? ' since the last scan' : `: ${cutText(backup.stateReason, 300)}`}`
        : backup.checksum === undefined
          ? mrkdwn`present, not read to its end yet`
          : mrkdwn`present and whole`;
  const facts: [string, Markup | undefined][] = [
    ['State', stands],
    ['From', mrkdwn`${backup.environment}, repository ${code(backup.repository)}`],
    ['File', code(cutText(backup.path, 600))],
    [
      'Data of',
      backup.dataAt === undefined
        ? mrkdwn`an unknown moment`
        : mrkdwn`${moment(backup.dataAt)} (known ${origins[backup.dataAtOrigin]})`,
    ],
    ['Taken by', backup.takenBy === undefined ? undefined : mrkdwn`Freshet, for ${backup.takenBy}`],
    ['Written', moment(backup.takenAt)],
    ['Size', mrkdwn`${bytesText(backup.bytes)} (${backup.bytes} bytes)`],
    [
      'Format',
      mrkdwn`${backup.format}, ${backup.engine}${backup.engineVersion === undefined ? '' : ` ${backup.engineVersion}`}`,
    ],
    [
      'Data',
      mrkdwn`${natureText(backup)}${backup.derivedFrom === undefined ? '' : `, made from ${backup.derivedFrom}`}`,
    ],
    [
      'Restoring it',
      unreadable === undefined ? undefined : mrkdwn`:lock: not for you: ${cutText(unreadable, 200)}`,
    ],
    ['SHA-256', backup.checksum === undefined ? undefined : code(backup.checksum)],
    ['Read to its end', backup.readAt === undefined ? undefined : moment(backup.readAt)],
    ['Proof', proofDetail(backup, now)],
  ];
  return message(
    mrkdwn`Backup ${backup.id} of ${backup.database}: ${natureText(backup)}, ${bytesText(backup.bytes)}, ${backup.state}.`,
    [
      section(mrkdwn`:floppy_disk: *${backup.id}* · backup of ${code(backup.database)}`),
      ...sections(facts.map(([name, fact]) => fact && mrkdwn`*${name}:* ${fact}`)),
      provable ? actions(proveButton(backup)) : undefined,
    ],
  );
}

/** `proven 2 h ago`, when that was, and by which request; of one that failed, why. */
function proofDetail(backup: Backup, now: Date): Markup | undefined {
  const { verifiedAt, verifiedBy, unprovenAt, unprovenWhy = '' } = backup;
  const at = unprovenAt ?? verifiedAt;
  if (at === undefined) return undefined;
  return mrkdwn`${proofFact(backup, now)} (${moment(at)}${verifiedBy === undefined ? '' : `, by ${verifiedBy}`})${unprovenAt === undefined ? '' : `: ${cutText(unprovenWhy, 600)}`}`;
}

/** Requests, newest first. */
export function requestList(
  list: Extract<Output, { kind: 'requests' }>,
  surroundings: Surroundings,
): Message {
  const { requests, total, page, pageSize } = list;
  if (requests.length === 0) {
    const sentence = total > 0 ? `There is no page ${page} of requests.` : 'Nothing was asked for yet.';
    return message(mrkdwn`${sentence} Ask with: /refresh ENVIRONMENT DATABASE`, [
      section(
        mrkdwn`${sentence} Ask with ${code('/refresh ENVIRONMENT DATABASE')}; ${code('/refresh help')} tells more.`,
      ),
    ]);
  }
  const first = (page - 1) * pageSize + 1;
  const count = `${first} to ${first + requests.length - 1} of ${total}`;
  return message(
    mrkdwn`Requests, ${count}, newest first: ${requests.map((one) => `${one.id} ${one.state}`).join(', ')}`,
    [
      section(mrkdwn`*Requests* · ${count}, newest first`),
      ...sections(requests.map((one) => requestRow(one, surroundings))),
      context(mrkdwn`More of one: ${code(`/refresh status ${requests[0]!.id}`)}`),
      pages(list.again, page, first + requests.length - 1 < total),
    ],
  );
}

function requestRow(request: Request, surroundings: Surroundings): Markup {
  return dotted(
    mrkdwn`*${request.id}* ${taskText(request, 80)}`,
    mrkdwn`*${request.state}*`,
    request.startAt !== undefined && ['pending', 'approved'].includes(request.state)
      ? mrkdwn`starts ${moment(request.startAt)}`
      : undefined,
    mrkdwn`${who(surroundings, request.requestedBy)}`,
    moment(request.createdAt),
  );
}

/** What can be said, a line each. */
export function help(output: Extract<Output, { kind: 'help' }>): Message {
  return message(mrkdwn`${output.title}: ${output.lines.map((line) => line.usage).join('; ')}`, [
    section(mrkdwn`*${output.title}*`),
    ...sections(output.lines.map((line) => mrkdwn`${code(line.usage)}\n${line.summary}`)),
    context(mrkdwn`${code('/refresh')} alone opens a form that asks for all of it.`),
  ]);
}

/** Buttons to the pages before and after; the line they carry is understood anew by the server. */
export function pages(again: string, page: number, more: boolean): Block | undefined {
  return actions(
    page > 1
      ? button({ id: 'page-previous', label: 'Previous page', value: `${again} --page ${page - 1}` })
      : undefined,
    more ? button({ id: 'page-next', label: 'Next page', value: `${again} --page ${page + 1}` }) : undefined,
  );
}
