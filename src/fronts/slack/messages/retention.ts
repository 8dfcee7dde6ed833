import type { Output } from '../../../../commands/command.ts';
import { retentionText, type Verdict } from '../../../domain/retention.ts';
import type { RetentionView } from '../../../service/keeping/retention.ts';
import { context, message, section, sections, type Message } from './blocks.ts';
import { code, cutText, mrkdwn, moment, type Markup } from './markup.ts';
import { bytesText, dotted } from './wording.ts';

/** How many backups of a repository are told of each kind. */
const told = 12;

/** What would go now, by repository, and what stays and why. */
export function retentionMessage({ repositories }: Extract<Output, { kind: 'retention' }>): Message {
  const going = repositories.flatMap(({ verdicts }) => verdicts.filter(({ stays }) => !stays));
  const count = going.length === 0 ? 'nothing would go' : `${going.length} would go`;
  return message(mrkdwn`Retention: ${count} now. Nothing was removed by looking.`, [
    section(mrkdwn`:wastebasket: *Retention* · ${count} now · nothing was removed by looking`),
    ...sections(repositories.slice(0, 10).flatMap(repositoryLines)),
    context(
      mrkdwn`Only backups that Freshet took are judged. Whatever the rule says, what a request needs stays, and so do the newest whole and the newest proven one of each database.`,
    ),
  ]);
}

function repositoryLines({ repository, verdicts }: RetentionView): Markup[] {
  const [goes, stays] = [false, true].map((kind) => verdicts.filter((one) => one.stays === kind));
  return [
    mrkdwn`*${cutText(repository.name, 60)}* keeps ${retentionText(repository.retention)}`,
    ...rows(goes!, ':x: goes'),
    ...rows(stays!, ':white_check_mark: stays'),
  ];
}

function rows(verdicts: readonly Verdict[], sign: string): Markup[] {
  const more = verdicts.length - told;
  return [
    ...verdicts
      .slice(0, told)
      .map(({ backup, why }) =>
        dotted(
          mrkdwn`${{ markup: sign }} *${backup.id}* of ${code(backup.database)}`,
          mrkdwn`${moment(backup.dataAt ?? backup.takenAt)}`,
          mrkdwn`${bytesText(backup.bytes)}`,
          mrkdwn`${why}`,
        ),
      ),
    ...(more > 0 ? [mrkdwn`… and ${more} more`] : []),
  ];
}
