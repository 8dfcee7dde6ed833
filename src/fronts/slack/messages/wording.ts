import type { Backup } from '../../../domain/backup.ts';
import { durationText } from '../../../domain/amounts.ts';
import type { Front, Person } from '../../../domain/person.ts';
import type { Request } from '../../../domain/request.ts';
import { startOf, type RequestView } from '../../../service/views/view.ts';
import { cutText, joined, link, mrkdwn, mention, moment, utc, type Markup } from './markup.ts';

export { bytesText, durationText } from '../../../domain/amounts.ts';

/** Everything around a request that its messages name. */
export type Surroundings = {
  people: Readonly<Record<string, Person>>;
  /** Of the request's Jira issue, where there is one already. */
  issueUrl?: string;
};

/** `orders`, `orders and billing`, `orders, billing and 48 more`: as many as fit into `most` characters. */
export function namesText(names: readonly string[], most: number): string {
  const whole = plainList(names);
  if (whole.length <= most) return whole;
  let shown = 0;
  let text = `${names.length} databases`;
  for (;;) {
    const next = `${names.slice(0, shown + 1).join(', ')} and ${names.length - shown - 1} more`;
    if (next.length > most || shown >= names.length - 1) return text;
    text = next;
    shown += 1;
  }
}

function plainList(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `anonymised (declared)`, `raw`; and `cut down` where it is not the whole database. */
export function natureText(backup: Pick<Backup, 'anonymisation' | 'scope'>): string {
  const data = backup.anonymisation === 'raw' ? 'raw' : `anonymised (${backup.anonymisation})`;
  return backup.scope === 'subset' ? `${data}, cut down` : data;
}

/** The same of what may be restored: with what a proof found, where it failed. */
export function restoreText(backup: Pick<Backup, 'anonymisation' | 'scope' | 'unprovenAt'>): string {
  return `${natureText(backup)}${backup.unprovenAt === undefined ? '' : ', failed its proof'}`;
}

/** `data of an unknown moment`, and when its file was written, where that is known. */
export function unknownMoment({ takenAt }: { takenAt?: Date }): Markup {
  const said = mrkdwn`data of an unknown moment`;
  return takenAt === undefined ? said : mrkdwn`${said} (file written ${moment(takenAt)})`;
}

/** `data of 22 Nov, 02:00 (9 h old)`; `now` is the moment the age is counted to. */
export function dataText(backup: Backup, now: Date): Markup {
  if (backup.dataAt === undefined) return unknownMoment(backup);
  const age = (now.getTime() - backup.dataAt.getTime()) / 1000;
  return mrkdwn`data of ${moment(backup.dataAt)} (${durationText(Math.max(60, age))} old)`;
}

/** `9 h old`, in whole hours or days: what says it seldom grows wrong. Rounded as on cards and in the form, which show it beside. */
export function ageText(at: Date, now: Date): string {
  const seconds = (now.getTime() - at.getTime()) / 1000;
  if (seconds < 3600) return 'less than an hour old';
  return `${durationText(Math.round(seconds / 3600) * 3600)} old`;
}

/** Like `dataText` where Slack formats nothing. */
export function dataUtc(backup: Backup): string {
  return backup.dataAt === undefined ? 'data of an unknown moment' : `data of ${utc(backup.dataAt)}`;
}

/** A person: as a mention where Slack knows them, else by name. */
export function who(surroundings: Surroundings, personId: string | undefined): Markup {
  const person = personId === undefined ? undefined : surroundings.people[personId];
  if (person?.slackUserId !== undefined) return mention(person.slackUserId);
  return mrkdwn`${cutText(person?.name ?? personId ?? 'somebody', 60)}`;
}

/** The same surroundings, in which people are called by their names: for what is read aloud. */
export function byName(surroundings: Surroundings): Surroundings {
  const people = Object.entries(surroundings.people).map(([id, person]) => {
    const { slackUserId: _, ...named } = person;
    return [id, named];
  });
  return { ...surroundings, people: Object.fromEntries(people) };
}

/** The name, where mentions say nothing. */
export function nameOf(surroundings: Surroundings, personId: string): string {
  return cutText(surroundings.people[personId]?.name ?? personId, 60);
}

const doors: Record<Front, string> = {
  slack: 'in Slack',
  jira: 'in Jira',
  web: 'on the web page',
  cli: 'on the command line',
  rule: 'by rule',
  system: 'by Freshet',
};

export function door(front: Front | undefined): string {
  return front === undefined ? '' : doors[front];
}

/** The link to the Jira issue, by its key. */
export function issueLink(surroundings: Surroundings): Markup | undefined {
  const { issueUrl } = surroundings;
  if (issueUrl === undefined) return undefined;
  return link(issueUrl, /([A-Za-z][A-Za-z0-9_]*-\d+)(?:$|[?#])/.exec(issueUrl)?.[1] ?? 'Jira');
}

/** `for SHOP-123`, linked. */
export function ticketLink({ ticket }: Pick<RequestView, 'ticket'>): Markup | undefined {
  return ticket === undefined ? undefined : mrkdwn`for ${link(ticket.url, ticket.key)}`;
}

/** What a step is called, for people: its title where an event tells it, else its id. */
export function stepTitle(view: RequestView, step: string): string {
  for (const event of view.events)
    if ('title' in event && event.step === step) return cutText(event.title, 200);
  return cutText(step, 120);
}

/** Sign and words for how a request stands. */
export function standing(view: RequestView): { sign: string; words: string } {
  const { request, run, events } = view;
  if (request.state === 'approved') {
    const [wait] = view.waits;
    if (wait !== undefined) return { sign: ':no_entry:', words: `waiting: ${cutText(wait.why, 300)}` };
    const last = events.findLast((event) =>
      ['request-waiting', 'request-approved', 'request-retried'].includes(event.type),
    );
    if (last?.type === 'request-waiting')
      return { sign: ':hourglass:', words: `waiting behind ${view.behind ?? last.behind}` };
    if (last !== undefined && startsAfter(view, last.at))
      return { sign: ':hourglass:', words: `approved, starts ${startOf(view)}` };
    return { sign: ':hourglass:', words: 'approved, about to start' };
  }
  if (request.state === 'running' && run?.cancelRequestedAt !== undefined) {
    return { sign: ':arrows_counterclockwise:', words: 'being cancelled' };
  }
  return states[request.state];
}

/** Whether it still waits for the moment from which it may start, at `at`. */
export function startsAfter({ request }: RequestView, at: Date): boolean {
  return request.startAt !== undefined && request.startAt > at;
}

/** The same as far as the request alone tells, for lists. */
export function requestStanding({ state }: Pick<Request, 'state'>): { sign: string; words: string } {
  if (state === 'approved') return { sign: ':hourglass:', words: 'approved' };
  if (state === 'fenced') return { sign: states.fenced.sign, words: 'fenced' };
  return states[state];
}

const states: Record<Exclude<Request['state'], 'approved'>, { sign: string; words: string }> = {
  pending: { sign: ':hourglass_flowing_sand:', words: 'waiting for approval' },
  rejected: { sign: ':no_entry_sign:', words: 'rejected' },
  expired: { sign: ':hourglass:', words: 'expired' },
  cancelled: { sign: ':no_entry_sign:', words: 'cancelled' },
  running: { sign: ':arrows_counterclockwise:', words: 'running' },
  succeeded: { sign: ':white_check_mark:', words: 'done' },
  failed: { sign: ':x:', words: 'failed' },
  fenced: { sign: ':rotating_light:', words: 'fenced: it stands until an operator has looked' },
};

/** What a fence means: nobody can log in to the target, or nobody could look at it, and the run keeps it. */
export function fenceText({ unseen }: { unseen?: true }): { headline: string; now: string } {
  return unseen === true
    ? { headline: 'is held: how its target stands is not known', now: 'How the target stands is not known.' }
    : {
        headline: 'is fenced: nobody can log in to its target',
        now: 'Nobody can log in to the target now.',
      };
}

/** Facts on one line, with a dot between them. */
export function dotted(...facts: readonly (Markup | undefined)[]): Markup {
  return joined(facts, ' · ');
}
