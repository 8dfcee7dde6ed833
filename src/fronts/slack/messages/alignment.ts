import { alignmentText, isBeyond, unknownText, type Alignment } from '../../../domain/alignment.ts';
import type { Backup } from '../../../domain/backup.ts';
import { takenApartText } from '../../../domain/taken-apart.ts';
import { startText } from '../../../domain/start.ts';
import type { Output } from '../../../../commands/command.ts';
import { context, message, section, sections, type Message } from './blocks.ts';
import { code, cutText, mrkdwn, type Markup } from './markup.ts';
import { bytesText, dataText, dotted, namesText, natureText } from './wording.ts';

/** How far apart the environment's data is or would be; nothing where there is nothing to compare. */
export function alignmentLine(alignment: Alignment | undefined): Markup | undefined {
  const text = alignment && alignmentText(alignment);
  if (alignment === undefined || text === undefined) return undefined;
  const sign = isBeyond(alignment) ? ':warning: ' : '';
  return mrkdwn`${{ markup: sign }}The data is ${cutText(text, 700)}`;
}

/** That what is asked for takes a set apart, for who has to agree to it; nothing where it does not. */
export function takenApartLine(request: Parameters<typeof takenApartText>[0]): Markup | undefined {
  const text = takenApartText(request);
  return text === undefined ? undefined : mrkdwn`:warning: *${cutText(text, 700)}*`;
}

/** How far apart it is, with what is not known, and with what would fit better where it is too far. */
export function alignmentLines(
  alignment: Alignment | undefined,
  better: string | undefined,
): (Markup | undefined)[] {
  const unknown = alignment && unknownText(alignment);
  return [
    alignmentLine(alignment),
    better === undefined || better === ''
      ? undefined
      : mrkdwn`Would fit better: ${code(cutText(better, 500))}`,
    better === '' ? mrkdwn`Nothing that there is lies closer together.` : undefined,
    unknown === undefined ? undefined : mrkdwn`${cutText(unknown, 500)}`,
  ];
}

/** How many backups of a set are told in full. */
const told = 20;

/** Backups that lie close together, with what to type to have them. */
export function setMessage({ proposal, asOf }: Extract<Output, { kind: 'set' }>, now: Date): Message {
  const { environment, backups, alignment, better, line } = proposal;
  const names = namesText(
    backups.map(({ database }) => database),
    200,
  );
  const when = asOf === undefined ? '' : `, with data of ${startText(asOf, environment.timeZone)} or before`;
  const rest = backups.length - told;
  return message(
    mrkdwn`${names} for ${environment.name}${when}: ${backups.map(({ id }) => id).join(', ')}. ${(alignment && alignmentText(alignment)) ?? ''}`,
    [
      section(mrkdwn`*Set* of ${names} for ${environment.name}${when}`),
      ...sections([
        ...backups.slice(0, told).map((backup) => backupLine(backup, now)),
        rest > 0 ? mrkdwn`… and ${rest} more` : undefined,
        ...alignmentLines(alignment, better),
      ]),
      section(mrkdwn`To have it: ${code(cutText(line, 2000))}`),
      context(mrkdwn`Nothing was asked for, and nothing was touched.`),
    ],
  );
}

function backupLine(backup: Backup, now: Date): Markup {
  return dotted(
    mrkdwn`${code(backup.database)}: *${backup.id}*`,
    dataText(backup, now),
    mrkdwn`${bytesText(backup.bytes)}, ${natureText(backup)}`,
  );
}
