import type { HoldId } from '../ids.ts';
import { cut } from '../lookup.ts';
import { personOf, type EnvironmentSite, type Site } from '../site.ts';
import { startText } from '../start.ts';
import { freezeAt, type OnFreeze } from './freeze.ts';
import { nextOpening, startWindowFrom, type StartWindow } from './start-window.ts';
import { standsAt, type Hold, type OnHold } from './hold.ts';

/** Something of the calendar that stands in the way of a request, though nothing is wrong with it. */
export type Hindrance = {
  until: Date;
  /** `uat is held by Quinn until 27 Nov 2026, 17:00 (Europe/Berlin): regression of release 12`. */
  why: string;
} & (
  | { kind: 'hold'; meets: OnHold; hold: Hold }
  | { kind: 'freeze'; meets: OnFreeze }
  /** Outside of the times at which it may start. `until`: when those begin again. */
  | { kind: 'window'; meets: 'wait' }
);

/** What of a request the calendar goes by. */
export type Overwriting = {
  requestedBy: string;
  /** When it would start. */
  at: Date;
  /** The times within which it may start, where it said any. */
  startWithin?: string | undefined;
  /** What it passes, where the glass was broken for it. */
  passes?: Passed;
};

/** What stood in the way when the glass was broken: who broke it knew of that, and of nothing that came later. */
export type Passed = {
  holds: ReadonlySet<HoldId>;
  /** Up to when it was frozen. */
  frozenUntil?: Date;
};

/**
 * What stands in the way, in the order in which it is told. `allowedBy`: holds whose holders have let it go on; that, and a hold of the
 * requester's own, counts only where holders are asked: else nothing but its end opens the environment.
 */
export function hindrancesOf(
  site: Pick<Site, 'people'>,
  environment: EnvironmentSite,
  { requestedBy, at, startWithin, passes }: Overwriting,
  holds: readonly Hold[],
  allowedBy: ReadonlySet<HoldId> = new Set(),
): Hindrance[] {
  const meets = environment.onHold;
  const held = holds
    .filter((hold) => hold.environment === environment.name && standsAt(hold, at))
    .filter(({ id }) => passes?.holds.has(id) !== true)
    .filter((hold) => meets !== 'ask' || (hold.by !== requestedBy && !allowedBy.has(hold.id)))
    .map((hold): Hindrance => {
      return { kind: 'hold', meets, hold, until: hold.until, why: heldText(site, environment, hold) };
    });
  const freeze = freezeAt(environment.freezes, at, environment.timeZone);
  // Who broke the glass does not wait for the night of the environment, but for the times that they said themselves.
  const outside = outsideOf(
    passes === undefined ? environment : { timeZone: environment.timeZone },
    startWithin,
    at,
  );
  const knowingly = passes?.frozenUntil !== undefined && at < passes.frozenUntil;
  if (freeze === undefined || knowingly) return [...held, ...outside];
  const why = frozenText(environment, freeze);
  return [...held, { kind: 'freeze', meets: environment.onFreeze, until: freeze.until, why }, ...outside];
}

/** The windows within which something may start: the environment's and its own. */
export function startWindows(
  { startWithin }: Pick<EnvironmentSite, 'startWithin'>,
  own: string | undefined,
): StartWindow[] {
  const windows = [startWithin, own === undefined ? undefined : startWindowFrom(own)];
  return windows.filter((window) => window !== undefined);
}

function outsideOf(
  environment: Pick<EnvironmentSite, 'startWithin' | 'timeZone'>,
  own: string | undefined,
  at: Date,
): Hindrance[] {
  const windows = startWindows(environment, own);
  const { timeZone } = environment;
  const next = nextOpening(windows, at, timeZone);
  if (next !== undefined && next <= at) return [];
  const when = next === undefined ? 'which never comes' : `next ${startText(next, timeZone)}`;
  const why = `it starts within ${windows.map(({ text }) => text).join(' and ')} only, ${when}`;
  return [{ kind: 'window', meets: 'wait', until: next ?? new Date(at.getTime() + 86_400_000), why }];
}

/** What keeps back a request that leaves its environment as it is: the times alone that were said with it. */
export function ownWindow(
  { timeZone }: Pick<EnvironmentSite, 'timeZone'>,
  startWithin: string | undefined,
  at: Date,
): Hindrance[] {
  return outsideOf({ timeZone }, startWithin, at);
}

/** A hold whose holder is to be asked. */
export type Asking = Extract<Hindrance, { kind: 'hold' }>;

export function isAsking(hindrance: Hindrance): hindrance is Asking {
  return hindrance.kind === 'hold' && hindrance.meets === 'ask';
}

export function heldText(
  { people }: Pick<Site, 'people'>,
  { name, timeZone }: Pick<EnvironmentSite, 'name' | 'timeZone'>,
  { by, until, reason }: Pick<Hold, 'by' | 'until' | 'reason'>,
): string {
  const holder = cut(personOf({ people }, by)?.name ?? by, 60);
  return `${name} is held by ${holder} until ${startText(until, timeZone)}: ${cut(reason, 300)}`;
}

export function frozenText(
  { name, timeZone }: Pick<EnvironmentSite, 'name' | 'timeZone'>,
  { until, reason, window }: { until: Date; reason: string; window: string },
): string {
  return `${name} is frozen until ${startText(until, timeZone)} (${window}): ${cut(reason, 200)}`;
}

/** When nothing of it stands in the way any more. */
export function endOfAll(hindrances: readonly Hindrance[]): Date | undefined {
  return hindrances.reduce<Date | undefined>(
    (latest, { until }) => (latest === undefined || until > latest ? until : latest),
    undefined,
  );
}
