import type { Preview } from '../../../service/asking/previews.ts';
import { startShown } from '../../../service/views/view.ts';
import { alignmentLines } from './alignment.ts';
import { context, message, section, sections, type Message } from './blocks.ts';
import { foreseenLine, waitLines } from './calendar.ts';
import { code, cutText, mrkdwn, type Markup } from './markup.ts';
import { bytesText, dataText, dotted, namesText, natureText } from './wording.ts';

/** How many databases of a preview are told in full. */
const toldItems = 8;

/** What a refresh would do, where, to whom it would matter, and what stands in its way. Nothing was done. */
export function previewMessage(preview: Preview, now: Date): Message {
  const { environment, items, needsApproval, waits, breakGlass, ticket } = preview;
  const start = startShown(preview, environment);
  const names = items.map((item) => item.database);
  const problems = items.flatMap((item) => item.inspection.problems);
  const refused = problems.length > 0 || waits.some(({ meets }) => meets === 'refuse');
  const verdict = refused
    ? 'It could not be asked for as things stand.'
    : needsApproval
      ? `It would wait for an approval${start === undefined ? '' : `, and then start ${start}`}.`
      : `It would start ${start ?? 'at once'}: no approval is needed.`;
  return message(
    mrkdwn`What a refresh of ${namesText(names, 200)} on ${environment.name} would do. ${verdict} Nothing was touched.`,
    [
      section(mrkdwn`*Plan* · refresh ${namesText(names, 200)} on ${environment.name} · nothing was touched`),
      ...sections(items.slice(0, toldItems).flatMap((item) => [...itemLines(item, now), ...stepLines(item)])),
      items.length > toldItems
        ? context(mrkdwn`… and ${items.length - toldItems} more: ${namesText(names.slice(toldItems), 600)}`)
        : undefined,
      ...sections(
        problems
          .slice(0, 10)
          .map((one) => mrkdwn`:x: ${cutText(one.message, 400)} *Hint:* ${cutText(one.hint, 300)}`),
      ),
      ...sections([
        ...waitLines(waits),
        foreseenLine(preview.foreseen),
        breakGlass
          ? mrkdwn`:rotating_light: Break-glass: nobody is asked, and everybody is told. What is held now is passed, and nothing that is held later.`
          : undefined,
      ]),
      ...sections(alignmentLines(preview.bound.alignment, preview.better)),
      ...sections(warnings(preview)),
      context(
        mrkdwn`${verdict}`,
        ticket && mrkdwn`For ${ticket.key}${ticket.seen ? '' : ", which Jira can't be asked about now"}.`,
      ),
    ],
  );
}

type Item = Preview['items'][number];

function itemLines(item: Item, now: Date): Markup[] {
  const { backup, inspection } = item;
  const live = inspection.live;
  return [
    dotted(
      backup === undefined
        ? mrkdwn`*${item.database}*: the kept copy`
        : mrkdwn`*${backup.id}* of ${backup.environment}, ${dataText(backup, now)}, ${bytesText(backup.bytes)}, ${natureText(backup)}`,
      mrkdwn`onto ${code(item.databaseName)} on server ${code(item.server)}${live === undefined ? ' (not there yet)' : ` (${bytesText(live.bytes)} now)`}`,
    ),
    dotted(
      inspection.freeBytes === undefined
        ? mrkdwn`free space unknown on ${code(item.host)}`
        : mrkdwn`${bytesText(inspection.freeBytes)} free on ${code(item.host)}`,
      mrkdwn`the server is of version ${inspection.serverVersion}`,
      sessions(item),
    ),
  ];
}

function sessions(item: Item): Markup {
  const { sessions } = item.inspection;
  const count = sessions.reduce((sum, one) => sum + one.count, 0);
  if (count === 0) return mrkdwn`nobody is connected`;
  const shown = sessions
    .slice(0, 3)
    .map((one) => cutText(one.application === '' ? one.user : `${one.user} (${one.application})`, 60))
    .join(', ');
  const more = sessions.length > 3 ? ' and others' : '';
  return mrkdwn`${count} ${count === 1 ? 'session' : 'sessions'} would be ended: ${shown}${more}`;
}

/** The steps by where they run, a line each. */
function stepLines(item: Item): Markup[] {
  return item.steps.slice(0, 30).map((step, at) => {
    const host = step.kind === 'exec' && step.host !== item.host ? ` on ${step.host}` : '';
    return mrkdwn`${at + 1}. ${cutText(step.title, 80)}${host}`;
  });
}

function warnings(preview: Preview): Markup[] {
  const all = preview.items.flatMap((item) =>
    item.inspection.warnings.map(
      (warning) => mrkdwn`:warning: ${code(item.database)}: ${cutText(warning, 400)}`,
    ),
  );
  return all.length > 10 ? [...all.slice(0, 10), mrkdwn`… and ${all.length - 10} further warnings.`] : all;
}
