import { keepText } from '../../domain/amounts.ts';
import type { Event, EventType, InPlaceOf } from '../../domain/event.ts';
import { hookFailureText } from '../../domain/hook.ts';
import type { Person } from '../../domain/person.ts';
import { factsOf } from '../../domain/request-kinds.ts';
import { startOf, type RequestView } from '../../service/views/view.ts';
import { doorText, shortDigest } from './description.ts';
import { kindWords } from './kind-words.ts';
import {
  bytesText,
  durationText,
  line,
  namesText,
  panel,
  paragraph,
  utc,
  type Block,
  type Span,
} from './text.ts';
import { lastStart, moved, neutralised, swapped, undoText } from './comments-swapped.ts';

/** What the issue is told of an event; undefined where its status says it all. */
export function commentOn(
  view: RequestView,
  event: Event,
  people: Readonly<Record<string, Person>>,
): Block[] | undefined {
  const { request, environment } = view;
  const who = (): Span => ({ strong: nameOf(people, event.actor) });
  const later = request.startAt !== undefined && request.startAt > event.at;
  const start = later ? ` It starts ${startOf(view)}.` : '';
  switch (event.type) {
    case 'request-approved':
      if (event.standing !== undefined)
        return [paragraph(`Approved by rule: ${line(event.standing, 300)}.${start}`)];
      return event.byRule === true
        ? [
            request.breakGlass === true
              ? paragraph(`Nobody approved it: the glass was broken.${start}`)
              : paragraph(`Approved by rule: ${whyByRule(view)}.${start}`),
          ]
        : [
            paragraph(
              'Approved by ',
              who(),
              ...inPlace(event, people),
              `${doorText(event.front)}, exactly as described (`,
              { code: shortDigest(event.digest) },
              `).${start}`,
            ),
          ];
    case 'approval-given':
      return [
        paragraph(
          'A yes by ',
          who(),
          ...inPlace(event, people),
          `${doorText(event.front)}, for “${line(event.stage, 40)}”, exactly as described (`,
          { code: shortDigest(event.digest) },
          `). Not all is said yet: ${line(event.needs, 600)}. Until then the issue waits.`,
        ),
      ];
    case 'request-rejected':
      return [
        paragraph(
          'Rejected by ',
          who(),
          ...inPlace(event, people),
          `${doorText(event.front)}${event.hold === undefined ? '' : `, who holds ${line(environment.name, 40)}`}.`,
        ),
        ...(event.reason === undefined ? [] : [paragraph(`“${line(event.reason, 2000)}”`)]),
      ];
    case 'request-cancelled':
      if (event.why !== undefined) return [panel('warning', `Ended: ${line(event.why, 1000)}`)];
      return [
        event.actor === undefined
          ? paragraph('Cancelled. What was prepared is removed; the live database is as it was.')
          : paragraph('Cancelled by ', who(), `${doorText(event.front)}.`),
      ];
    case 'request-expired':
      return [paragraph('Nobody decided in time, or its turn never came: it has lapsed. Ask anew.')];
    case 'approval-voided':
      return [
        panel(
          'warning',
          `The approval does not count any more: ${line(event.why, 1000)} It has to be approved again, as described now.`,
        ),
      ];
    case 'request-revised':
      return [panel('warning', `${line(event.why, 1000)} A yes counts for what is described now.`)];
    case 'decision-refused':
      return [
        panel('warning', line(event.why, 1000)),
        ...(event.front === 'jira' ? [paragraph('Nothing was started or stopped by this.')] : []),
      ];
    case 'request-retried':
      return [
        paragraph('To be run again, as it was approved: asked for by ', who(), `${doorText(event.front)}.`),
      ];
    case 'request-held':
      return [
        paragraph(
          `Approved, and it waits: ${line(event.why, 600)}.`,
          ...(event.asks === true ? [' The holder is asked whether it may go on.'] : []),
        ),
      ];
    case 'swap-not-waiting':
      return [
        panel('warning', 'It swaps now, and does not wait for what the calendar says:'),
        { list: event.passed.map((why): Span[] => [line(why, 400)]) },
      ];
    case 'hold-allowed':
      return [
        paragraph(who(), `${doorText(event.front)}, who holds ${line(environment.name, 40)}, lets it go on.`),
      ];
    case 'glass-broken':
      return [
        panel(
          'error',
          `Break-glass: this is carried out without anybody's approval. ${line(event.reason, 1000)}`,
        ),
        paragraph(
          'The glass was broken by ',
          who(),
          `${doorText(event.front)}. Approvers, holders and operators are told.`,
        ),
        ...(event.passed.length === 0
          ? []
          : [paragraph('Passed over:'), { list: event.passed.map((why): Span[] => [line(why, 400)]) }]),
        ...(request.startAt === undefined
          ? []
          : [paragraph('It starts later: holds and freeze windows that come until then keep it back.')]),
      ];
    case 'run-started':
      return [
        paragraph(
          event.attempt === 1 ? kindWords[request.kind].started : `Started again, attempt ${event.attempt}.`,
        ),
      ];
    case 'item-moved':
      return event.left.length === 0 ? moved(view, event) : undefined;
    case 'item-ready':
      return whenAll(view, event, 'item-ready')
        ? [paragraph(`${databasesText(view)} ${kindWords[request.kind].ready}`), ...neutralised(view)]
        : undefined;
    case 'item-swapped':
      return whenAll(view, event, 'item-swapped') ? swapped(view, event) : undefined;
    case 'item-taken':
      return [
        paragraph(
          { strong: line(event.database, 60) },
          ` is backed up as ${event.backup} in repository ${line(event.repository, 60)}: ${bytesText(event.bytes)}, ${event.rows} rows.`,
        ),
      ];
    case 'item-proven':
      return [paragraph({ strong: event.backup }, ' was restored and verified: it is proven.')];
    case 'item-unproven':
      return [
        panel(
          'error',
          `${event.backup} did not stand the proof: ${line(event.why, 800)} It is not chosen by itself any more.`,
        ),
      ];
    case 'item-put-back':
      return [
        paragraph(
          `${line(event.database, 60)} was swapped back, because another database of the request failed.`,
        ),
      ];
    case 'run-succeeded':
      return [panel('success', `Done in ${durationText(event.seconds)}.${undoText(view)}`)];
    case 'hook-failed':
      return [
        panel('warning', line(hookFailureText(event), 1500)),
        paragraph(`What was swapped stays in place. ${line(event.hint, 500)}`),
      ];
    case 'hooks-retried':
      return [
        paragraph(
          `Hooks are called again: ${line(event.hooks.join(', '), 600)}. Asked for by `,
          who(),
          `${doorText(event.front)}.`,
        ),
        ...(event.changed === undefined
          ? []
          : [panel('warning', `Not as they were approved: ${line(event.changed.join('; '), 900)}.`)]),
      ];
    case 'hooks-done':
      return [panel('success', `Done when they were called again: ${line(event.hooks.join(', '), 600)}.`)];
    case 'run-failed':
      return failure(event, touchedText(view, event.targetTouched));
    case 'run-fenced':
      return failure(
        event,
        event.unseen === true
          ? 'How the target stands is not known; the run keeps it until an operator has looked.'
          : 'Nobody can log in to the target until an operator has looked at it.',
      );
    case 'alert-acknowledged':
      return [paragraph('An operator has seen it: ', who(), `${doorText(event.front)}.`)];
    case 'ticket-refused':
      return [
        panel(
          'warning',
          `${event.what === 'link' ? 'Not linked to' : 'No comment on'} ${line(event.ticket, 60)}: ${line(event.why, 600)} The request itself goes by its approval.`,
        ),
      ];
    case 'front-alert':
      if (event.front !== 'jira') return undefined;
      return [
        panel('error', line(event.cause, 1000)),
        paragraph(`The request itself is ${request.state}. ${line(event.hint, 500)}`),
      ];
    default:
      return undefined;
  }
}

function whyByRule({ request, environment }: RequestView): string {
  if (!environment.protected) return `${line(environment.name, 40)} is not protected`;
  return factsOf(request.kind).approvedByAsking ? 'an approver asked' : "this takes nobody's approval";
}

function nameOf(people: Readonly<Record<string, Person>>, person: string | undefined): string {
  return person === undefined ? 'Freshet' : line(people[person]?.name ?? person, 80);
}

/** With many databases a comment for each would bury the rest: the last one speaks for all. */
function whenAll(view: RequestView, event: Event, type: EventType): boolean {
  const earlier = view.events.filter(
    (each) =>
      each.type === type && each.run === event.run && each.id <= event.id && each.id > lastStart(view, event),
  );
  return earlier.length >= view.request.items.length;
}

function databasesText(view: RequestView): string {
  const names = view.request.items.map((item) => line(item.database, 60));
  return `${namesText(names, 300)} ${names.length === 1 ? 'is' : 'are'}`;
}

function failure(event: Extract<Event, { type: 'run-failed' | 'run-fenced' }>, standing: string): Block[] {
  const where: Span[][] = [
    ...(event.host === undefined ? [] : [['Host: ', { code: line(event.host, 60) }]]),
    ...(event.step === undefined ? [] : [['Step: ', { code: line(event.step, 100) }]]),
    ['Error: ', { code: line(event.code, 60) }],
  ];
  return [
    panel('error', line(event.cause, 1500)),
    { list: where },
    paragraph(standing, ...(event.hint === '' ? [] : [` ${line(event.hint, 500)}`])),
  ];
}

/** By whose right it was said, where it was not their own. */
function inPlace(event: InPlaceOf, people: Readonly<Record<string, Person>>): Span[] {
  if (event.fallback === true) return [' as the fallback'];
  return event.for === undefined ? [] : [' for ', { strong: nameOf(people, event.for) }];
}

function touchedText(view: RequestView, touched: boolean): string {
  if (!touched) return 'The live database was not touched.';
  const back = view.request.items.some((item) => item.state === 'put-back');
  return back
    ? 'What had been swapped was put back.'
    : 'A live database was replaced; it can be swapped back.';
}

/** The newest seal of the log of events: whoever has read it can tell later whether the log was shortened or changed. */
export function headComment(event: Extract<Event, { type: 'head-announced' }>): Block[] {
  const { seal, hash, through, sealedAt, keeps, prunedTo, overdue } = event;
  return [
    paragraph(
      `Log of events: seal ${seal}, `,
      { code: hash },
      `. It holds all events up to ${through}, and was sealed ${utc(new Date(sealedAt))}.`,
      keeps === undefined ? '' : ` Events are kept ${keepText(keeps)}.`,
      prunedTo === undefined ? '' : ` Events up to seal ${prunedTo} were removed as configured.`,
      overdue === undefined
        ? ''
        : ` ${overdue} events are older than audit.keep: npx freshet audit prune removes them.`,
    ),
    paragraph('Check it: ', { code: `npx freshet audit verify --head ${hash}` }),
  ];
}
