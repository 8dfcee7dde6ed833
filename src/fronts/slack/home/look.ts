import { assertMayDecide, may, mayTarget } from '../../../domain/access.ts';
import { isAsking } from '../../../domain/calendar/hindrances.ts';
import { isFreshetError } from '../../../domain/errors.ts';
import type { RequestId } from '../../../domain/ids.ts';
import type { Person } from '../../../domain/person.ts';
import { isFallback, type Delegation } from '../../../domain/policy/deputies.ts';
import { isSingle, stagesOf } from '../../../domain/policy/stages.ts';
import { stagesText } from '../../../domain/policy/words.ts';
import type { Request, RequestState } from '../../../domain/request.ts';
import type { EnvironmentSite } from '../../../domain/site.ts';
import type { EnvironmentStanding } from '../../../service/views/standings.ts';
import type { ScheduleView } from '../../../service/schedules/views.ts';
import type { RequestView } from '../../../service/views/view.ts';
import type { Failure } from '../messages/alert.ts';
import type { Cards } from '../cards.ts';
import type { Front } from '../deps.ts';
import type { Links } from './links.ts';

export type Linked = { view: RequestView; links: Links };
export type Alert = Linked & { failure: Failure };

/** What one person's Home shows. */
export type HomeSeen = {
  person: Person;
  now: Date;
  /** Names of the environments that they may ask for. */
  mayRequestIn: ReadonlySet<string>;
  /** Requests that they may decide, and approved ones that wait for the yes of whoever holds the environment, oldest first, as many as are shown. */
  waiting: readonly Linked[];
  moreWaiting: number;
  /** To whom they gave the right to approve, and whose they hold. */
  delegations: { given?: Delegation; held: readonly Delegation[] };
  /** Failures that nobody has dealt with, for operators; newest first. */
  alerts: readonly Alert[];
  moreAlerts: number;
  /** Their own requests, newest first. */
  own: readonly { request: Request; links: Links }[];
  moreOwn: number;
  environments: readonly EnvironmentStanding[];
  /** Whose yes a request for a protected environment takes. Asked for those that are shown: there can be thousands. */
  approvalIn: (environment: EnvironmentSite) => string;
  /** Names of the environments that they may hold. */
  mayHoldIn: ReadonlySet<string>;
  /** Names of the environments that they may swap back. */
  mayUndoIn: ReadonlySet<string>;
  /** By environment: the next runs of its schedules, the soonest first. */
  upcoming: Readonly<Record<string, readonly { schedule: string; at: Date }[]>>;
  /** What is under way, oldest first. */
  active: readonly Request[];
};

const mostWaiting = 8;
const mostAlerts = 5;
const mostOwn = 8;
const mostUpcoming = 3;
/** A failure that nobody cared for in so long is no news. */
const alertSeconds = 14 * 86_400;
const underWay: readonly RequestState[] = ['pending', 'approved', 'running', 'fenced'];

/** What all Homes share, read once; `of` works out one person's. */
export type Look = { of(person: Person): Promise<HomeSeen> };

/** Reads how things stand now. Views of requests are read once, however many people see them. */
export async function look(front: Front, cards: Cards): Promise<Look> {
  const { service, site } = front;
  const now = service.now();
  const [environments, schedules, active, delegations] = await Promise.all([
    service.standings(),
    service.listSchedules(),
    service.listRequests({ states: underWay }, { limit: 500, offset: 0 }),
    service.delegations(),
  ]);
  const upcoming = upcomingOf(schedules);
  const ongoing = active.requests.toReversed();
  const seen = new Map<RequestId, Promise<Linked>>();
  let alerting: Promise<Alert[]> | undefined;

  function linked(id: RequestId): Promise<Linked> {
    const known = seen.get(id);
    if (known !== undefined) return known;
    const reading = Promise.all([service.view(id), linksOf(id)]).then(([view, links]) => ({ view, links }));
    seen.set(id, reading);
    return reading;
  }

  async function linksOf(id: RequestId): Promise<Links> {
    const [card, issueUrl] = await Promise.all([cards.refOf(id), front.issueUrl(id)]);
    return {
      ...(card?.url === undefined ? {} : { cardUrl: card.url }),
      ...(issueUrl === undefined ? {} : { issueUrl }),
    };
  }

  /** The last failure of each request that nobody has acknowledged, retried or got over; what is fenced stays until it is out. */
  async function unattended(): Promise<Alert[]> {
    const failed = await service.listRequests({ states: ['failed'] }, { limit: 30, offset: 0 });
    const fenced = ongoing.filter(({ state }) => state === 'fenced').toReversed();
    const found: Alert[] = [];
    for (const { id, environment, state } of [...fenced, ...failed.requests]) {
      if (site.environments[environment] === undefined) continue;
      const told = await service.events.ofRequest(id, ['run-failed', 'run-fenced', 'alert-acknowledged']);
      const failure = told.findLast(isFailure);
      if (failure === undefined) continue;
      const acknowledged = told.at(-1) !== failure;
      const old = now.getTime() - failure.at.getTime() > alertSeconds * 1000;
      if (state === 'failed' && (acknowledged || old)) continue;
      found.push({ ...(await linked(id)), failure });
    }
    return found;
  }

  /** Whether somebody decides in the place of others, as far as that is cheap to tell; the view tells whether it is so now. */
  function mayDepute(request: Request, person: Person): boolean {
    return isFallback(request.terms, person) || delegations.some(({ to }) => to === person.id);
  }

  function whereMay(action: 'request' | 'hold' | 'undo', person: Person): ReadonlySet<string> {
    const names = environments.flatMap(({ environment }) =>
      mayTarget(site, action, environment, person) ? [environment.name] : [],
    );
    return new Set(names);
  }

  /** Names of environments that somebody holds where holders are asked. */
  function askedAbout(person: Person): string[] {
    return environments
      .filter(
        ({ environment, holds }) => environment.onHold === 'ask' && holds.some(({ by }) => by === person.id),
      )
      .map(({ environment }) => environment.name)
      .filter((name) => may(site, 'hold', name, person));
  }

  return {
    async of(person) {
      const held = askedAbout(person);
      const perhaps = ongoing.filter((request) => {
        const environment = site.environments[request.environment];
        if (request.state === 'approved') return held.includes(request.environment);
        if (request.state !== 'pending' || request.expiresAt <= now || environment === undefined)
          return false;
        return (
          permitted(() => assertMayDecide(site, request, environment, person)) || mayDepute(request, person)
        );
      });
      const mine: Request[] = [];
      for (const request of perhaps) {
        if (request.state === 'approved') {
          const { waits } = (await linked(request.id)).view;
          if (waits.some((wait) => isAsking(wait) && wait.hold.by === person.id)) mine.push(request);
          continue;
        }
        // Of several stages only the open one is theirs, and only once.
        const open =
          isSingle(request.terms.stages) && !mayDepute(request, person)
            ? undefined
            : (await linked(request.id)).view.approval.open;
        if (open === undefined || open.deciders.some(({ id }) => id === person.id)) mine.push(request);
      }
      const cares = environments.some(({ environment }) =>
        may(site, 'acknowledge', environment.name, person),
      );
      const unseen = cares ? await (alerting ??= unattended()) : [];
      const alerts = unseen.filter(({ view }) => may(site, 'acknowledge', view.request.environment, person));
      // What their schedules ask for is shown with the environments, and would hide what they asked for themselves.
      const own = await service.listRequests(
        { requestedBy: person.id, inPerson: true },
        { limit: mostOwn, offset: 0 },
      );
      return {
        person,
        now,
        waiting: await Promise.all(mine.slice(0, mostWaiting).map(({ id }) => linked(id))),
        delegations: {
          held: delegations.filter(({ to }) => to === person.id),
          ...given(delegations, person),
        },
        moreWaiting: Math.max(0, mine.length - mostWaiting),
        alerts: alerts.slice(0, mostAlerts),
        moreAlerts: Math.max(0, alerts.length - mostAlerts),
        own: await Promise.all(
          own.requests.map(async (request) => ({ request, links: await linksOf(request.id) })),
        ),
        moreOwn: Math.max(0, own.total - own.requests.length),
        environments,
        mayRequestIn: whereMay('request', person),
        mayHoldIn: whereMay('hold', person),
        mayUndoIn: whereMay('undo', person),
        approvalIn: (environment) => stagesText(site, environment.name, stagesOf(environment, true)),
        upcoming,
        active: ongoing,
      };
    },
  };
}

function given(all: readonly Delegation[], person: Person): { given?: Delegation } {
  const found = all.find(({ from }) => from === person.id);
  return found === undefined ? {} : { given: found };
}

function upcomingOf(schedules: readonly ScheduleView[]): HomeSeen['upcoming'] {
  const soonest = schedules
    .flatMap(({ schedule, next }) => next.map((at) => ({ schedule, at })))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const upcoming: Record<string, { schedule: string; at: Date }[]> = {};
  for (const { schedule, at } of soonest) {
    const here = (upcoming[schedule.wish.environment] ??= []);
    if (here.length < mostUpcoming) here.push({ schedule: schedule.name, at });
  }
  return upcoming;
}

function isFailure(event: RequestView['events'][number]): event is Failure {
  return event.type === 'run-failed' || event.type === 'run-fenced';
}

/** The rules speak by refusing; here only their yes or no is wanted. */
function permitted(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (isFreshetError(error, 'Forbidden')) return false;
    throw error;
  }
}
