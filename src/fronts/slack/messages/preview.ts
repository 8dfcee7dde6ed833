import { sessionCount, sessionNames } from '../../../domain/impact.ts';
import { keepsText } from '../../../domain/kept-rows.ts';
import { hooksOf, type Hook } from '../../../domain/hook.ts';
import type { Preview } from '../../../service/asking/previews.ts';
import { factsOf, isReading } from '../../../domain/request-kinds.ts';
import { startShown } from '../../../service/views/view.ts';
import { alignmentLines } from './alignment.ts';
import { context, message, section, sections, type Message } from './blocks.ts';
import { foreseenLine, waitLines } from './calendar.ts';
import { pastLine, schemaFacts } from './impact.ts';
import { kindWords, taskText } from './kind-words.ts';
import { code, cutText, mrkdwn, type Markup } from './markup.ts';
import { bytesText, dotted, namesText, type Surroundings } from './wording.ts';

/** How many databases of a preview are told in full. */
const toldItems = 8;

/** What a refresh would do, where, to whom it would matter, and what stands in its way. Nothing was done. */
export function previewMessage(preview: Preview, around: Surroundings & { now: Date }): Message {
  const { kind, environment, items, needsApproval, waits, breakGlass, ticket } = preview;
  const start = startShown(preview, environment);
  const names = items.map((item) => item.database);
  const task = taskText({ kind, environment: environment.name, items }, 200);
  const problems = items.flatMap((item) => item.inspection.problems);
  const refused = problems.length > 0 || waits.some(({ meets }) => meets === 'refuse');
  const verdict = refused
    ? 'It could not be asked for as things stand.'
    : needsApproval
      ? `It would wait for an approval${start === undefined ? '' : `, and then start ${start}`}.`
      : `It would start ${start ?? 'at once'}: no approval is needed.`;
  return message(mrkdwn`What it would do: ${task}. ${verdict} Nothing was touched.`, [
    section(mrkdwn`*Plan* · ${task} · nothing was touched`),
    ...items
      .slice(0, toldItems)
      .flatMap((item) =>
        sections([...itemLines(item, { ...around, kind, environment }), ...stepLines(item)]),
      ),
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
      hooksLine(preview),
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
  ]);
}

type Item = Preview['items'][number];

function itemLines(
  item: Item,
  around: Surroundings & Pick<Preview, 'kind' | 'environment'> & { now: Date },
): Markup[] {
  const { backup, inspection } = item;
  const { kind, environment, now } = around;
  const words = kindWords[kind];
  const keep = factsOf(kind).brings === 'backup' ? environment.databases[item.database]?.keep : undefined;
  const keeps = keepsText(item.databaseName, keep);
  const live = inspection.live;
  return [
    dotted(
      mrkdwn`*${item.database}*: ${words.planned(backup, now)}`,
      mrkdwn`${words.onto} ${code(item.databaseName)} on server ${code(item.server)}${live === undefined ? ' (not there yet)' : ` (${bytesText(live.bytes)} now)`}`,
    ),
    dotted(
      inspection.freeBytes === undefined
        ? mrkdwn`free space unknown on ${code(item.host)}`
        : mrkdwn`${bytesText(inspection.freeBytes)} free on ${code(item.host)}`,
      mrkdwn`the server is of version ${inspection.serverVersion}`,
      isReading(kind) ? undefined : sessions(item),
    ),
    ...(keeps === undefined ? [] : [mrkdwn`:package: ${cutText(keeps, 500)}`]),
    ...impactLines(item, around),
  ];
}

function impactLines({ impact, databaseName, backup }: Item, surroundings: Surroundings): Markup[] {
  if (impact === undefined) return [];
  const from = backup?.id ?? 'the kept copy';
  return [pastLine(impact, surroundings), ...schemaFacts(impact, databaseName, from)];
}

function sessions(item: Item): Markup {
  const { sessions } = item.inspection;
  const count = sessionCount(sessions);
  if (count === 0) return mrkdwn`nobody is connected`;
  return mrkdwn`${count} ${count === 1 ? 'session' : 'sessions'} would be ended: ${cutText(sessionNames(sessions), 240)}`;
}

/** The steps by where they run, a line each. */
function stepLines(item: Item): Markup[] {
  return item.steps.slice(0, 30).map((step, at) => {
    const host = step.kind === 'exec' && step.host !== item.host ? ` on ${step.host}` : '';
    return mrkdwn`${at + 1}. ${cutText(step.title, 80)}${host}`;
  });
}

/** What follows once all is in place. */
function hooksLine({ kind, environment, items }: Preview): Markup | undefined {
  const hooks = hooksOf(environment, { kind, databases: items.map(({ database }) => database) });
  if (hooks.length === 0) return undefined;
  const names = hooks.map((hook) => `${hook.name} (${wayOf(hook)})`);
  return mrkdwn`:hook: After the swap: ${cutText(names.join(', '), 600)}`;
}

function wayOf(hook: Hook): string {
  return hook.kind === 'call' ? new URL(hook.url).host : `on ${hook.host}`;
}

function warnings(preview: Preview): Markup[] {
  const all = preview.items.flatMap((item) =>
    item.inspection.warnings.map(
      (warning) => mrkdwn`:warning: ${code(item.database)}: ${cutText(warning, 400)}`,
    ),
  );
  return all.length > 10 ? [...all.slice(0, 10), mrkdwn`… and ${all.length - 10} further warnings.`] : all;
}
