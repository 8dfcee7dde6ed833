import type { Output } from '../../../../commands/command.ts';
import type { Backup } from '../../../domain/backup.ts';
import type { Received } from '../../../service/backups/received.ts';
import { context, message, section, sections, type Message } from './blocks.ts';
import { code, cutText, joined, mrkdwn, moment, type Markup } from './markup.ts';
import { kindWords } from './kind-words.ts';
import { dotted, natureText, unknownMoment, who, type Surroundings } from './wording.ts';

/** Whose yes is named at most. */
const namedApprovals = 3;

/** Each time that a backup went live, a row each, newest first. */
export function receivedMessage(
  { backup, received, more }: Extract<Output, { kind: 'received' }>,
  surroundings: Surroundings,
): Message {
  const times = received.length === 1 ? 'once' : `${received.length} times`;
  const count = received.length === 0 ? 'never went live' : more ? `the last ${times}` : times;
  return message(
    mrkdwn`Who received ${backup.id}: ${count}${received.length === 0 ? '' : `, last on ${received[0]!.environment}`}.`,
    [
      section(mrkdwn`:floppy_disk: *Who received ${backup.id}* of ${code(backup.database)} · ${count}`),
      ...sections(received.map((one) => receivedRow(one, backup, surroundings))),
      more
        ? context(mrkdwn`All of it: ${code(`npx freshet audit received --backup ${backup.id}`)}`)
        : undefined,
    ],
  );
}

function markOf(kind: Received['kind']): string {
  const { mark } = kindWords[kind];
  return mark === undefined ? '' : ` (${mark})`;
}

function receivedRow(one: Received, backup: Backup, surroundings: Surroundings): Markup {
  return dotted(
    mrkdwn`*${cutText(one.environment, 60)}* ${code(cutText(one.databaseName, 63))}`,
    mrkdwn`${moment(one.at)} ${one.until === undefined ? mrkdwn`until now` : mrkdwn`to ${moment(one.until)}`}${one.putBack ? ', put back' : ''}`,
    mrkdwn`${one.request}${markOf(one.kind)} of ${who(surroundings, one.requestedBy)}`,
    approvedBy(one, surroundings),
    one.dataAt === undefined ? unknownMoment(one) : mrkdwn`data of ${moment(one.dataAt)}`,
    one.anonymisation === undefined || one.scope === undefined
      ? undefined
      : mrkdwn`${natureText({ anonymisation: one.anonymisation, scope: one.scope })}`,
    one.checksum === backup.checksum
      ? undefined
      : mrkdwn`:warning: another file than lies there now (SHA-256 ${code(one.checksum?.slice(0, 12) ?? 'unknown')})`,
  );
}

function approvedBy({ approvals }: Received, surroundings: Surroundings): Markup | undefined {
  if (approvals.length === 0) return undefined;
  const named = approvals
    .slice(0, namedApprovals)
    .map(({ by }) => (by === undefined ? mrkdwn`rule` : who(surroundings, by)));
  const rest = approvals.length - named.length;
  return mrkdwn`approved by ${joined(named, ', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
