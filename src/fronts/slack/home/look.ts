import { may, mayTarget } from '../../../domain/access.ts';
import { assertMayDecide } from '../../../domain/deciding.ts';
import { isAsking } from '../../../domain/calendar/hindrances.ts';
import { isFreshetError } from '../../../domain/errors.ts';
import type { RequestId } from '../../../domain/ids.ts';
import type { Person } from '../../../domain/person.ts';
import { isFallback, type Delegation } from '../../../domain/policy/deputies.ts';
import { isSingle, stagesOf } from '../../../domain/policy/stages.ts';
import { stagesText } from '../../../domain/policy/words.ts';
import { openStates, type Request } from '../../../domain/request.ts';
import type { EnvironmentSite } from '../../../domain/site.ts';
import type { EnvironmentStanding } from '../../../service/views/standings.ts';
import type { ScheduleView } from '../../../service/schedules/views.ts';
import type { Cards } from '../cards.ts';
import type { Front } from '../deps.ts';
import type { Linked, Links } from './links.ts';
import { type Alert, unattended, withoutHooks } from './unattended.ts';

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
  /** Their own requests, newest first; `hookFailed`: it stands, and a hook behind it does not. */
  own: readonly { request: Request; links: Links; hookFailed: boolean }[];
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

/** What all Homes share, read once; `of` works out one person's. */
export type Look = { of(person: Person): Promise<HomeSeen> };

/** Reads how things stand now. Views of requests are read once, however many people see them. */
export async function look(front: Front, cards: Cards): Promise<Look> {
  const { service, site } = front;
  const now = service.now();
  const [environments, schedules, active, delegations] = await Promise.all([
    service.standings(),
    service.listSchedules(),
    service.listRequests({ states: openStates }, { limit: 500, offset: 0 }),
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
      const unseen = cares ? await (alerting ??= unattended(front, ongoing, linked)) : [];
      const alerts = unseen.filter(({ view }) => may(site, 'acknowledge', view.request.environment, person));
      // What their schedules ask for is shown with the environments, and would hide what they asked for themselves.
      const own = await service.listRequests(
        { requestedBy: person.id, inPerson: true },
        { limit: mostOwn, offset: 0 },
      );
      const hookless = await withoutHooks(front, person.id, linked);
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
          own.requests.map(async (request) => ({
            request,
            links: await linksOf(request.id),
            hookFailed: hookless.has(request.id),
          })),
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
