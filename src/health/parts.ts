import type { Logger } from 'pino';
import type { Finding, Probe } from '../domain/probe.ts';
import { pause } from '../service/feed.ts';

/** Something that is looked at in the background, again and again. */
export type Part = {
  probe: Probe;
  /** How often; four times as often while it is not well. */
  everySeconds: number;
  /** Without it this process is not ready; without the others it does less. */
  needed: boolean;
};

/** How a part stands. Fit for anybody: no address, no words of another program. */
export type Standing = {
  part: string;
  ok: boolean;
  says: string;
  needed: boolean;
  /** Since when it is, or is not, ok. */
  since: Date;
};

/** How long an answer may take. */
const lookSeconds = 5;
/** A look that took so long is waited for no more. */
const forgottenSeconds = 60;
const soonestSeconds = 2;

type Clock = () => number;

/** Looks at each part until `signal`, each for itself: one that hangs holds up no other. `standings` only tells what was seen. */
export function watchParts(parts: readonly Part[], log: Logger, clock: Clock = () => performance.now()) {
  const watched = parts.map((part) => watch(part, log, clock));
  return {
    standings: () => watched.map((one) => one.standing()),
    async watch(signal: AbortSignal): Promise<void> {
      await Promise.all(watched.map((one) => one.watch(signal)));
    },
  };
}

function watch({ probe, everySeconds, needed }: Part, log: Logger, clock: Clock) {
  let last: Finding = { ok: false, says: 'was not looked at yet' };
  let since = new Date();
  let lookedAt: number | undefined;
  /** Of this outage, so that each reason is logged once. */
  const told = new Set<string>();
  let over: AbortSignal | undefined;
  let underway: { looked: Promise<void>; since: number } | undefined;

  /** What is slow is not asked again before it has answered: looks must not pile up where there is trouble enough. */
  function look(): Promise<void> {
    if (underway !== undefined && clock() - underway.since < forgottenSeconds * 1000) return underway.looked;
    const looked = lookOnce().finally(() => {
      if (underway === mine) underway = undefined;
    });
    const mine = { looked, since: clock() };
    underway = mine;
    return looked;
  }

  async function lookOnce(): Promise<void> {
    try {
      saw(await probe.run());
    } catch (error) {
      saw({ ok: false, says: 'does not answer' }, error);
    }
  }

  function saw(found: Finding, cause?: unknown): void {
    // What is closed at the end does not answer.
    if (over?.aborted === true) return;
    lookedAt = clock();
    if (found.ok !== last.ok) since = new Date();
    if (found.ok) {
      if (!last.ok) log.info({ part: probe.name, says: found.says }, 'a part is well');
      told.clear();
    } else if (!told.has(words(found))) {
      told.add(words(found));
      const about = { part: probe.name, says: found.says, ...(cause === undefined ? {} : { err: cause }) };
      log.warn(about, 'a part is not well');
    }
    last = { ok: found.ok, says: found.says };
  }

  return {
    standing(): Standing {
      const about = { part: probe.name, needed, since };
      const age = lookedAt === undefined ? 0 : (clock() - lookedAt) / 1000;
      // What was seen long ago says nothing of now.
      if (age <= 3 * everySeconds + lookSeconds) return { ...about, ...last };
      return { ...about, ok: false, says: `was last looked at ${Math.round(age)} s ago` };
    },

    async watch(signal: AbortSignal): Promise<void> {
      over = signal;
      while (!signal.aborted) {
        if (await late(look(), signal)) saw({ ok: false, says: `did not answer within ${lookSeconds} s` });
        await pause(last.ok ? everySeconds : Math.max(soonestSeconds, everySeconds / 4), signal);
      }
    },
  };
}

/** What is said but for its numbers: time that passes is no news. */
const words = ({ says }: Finding) => says.replaceAll(/\d+/g, '');

/** Whether it takes longer than an answer may; then it goes on, and counts when it comes. */
async function late(looking: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const answered = new AbortController();
  const tooLate = pause(lookSeconds, AbortSignal.any([signal, answered.signal])).then(() => true);
  try {
    return await Promise.race([looking.then(() => false), tooLate]);
  } finally {
    answered.abort();
  }
}
