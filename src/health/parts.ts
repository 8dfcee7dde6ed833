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

/** How long one look may take. */
const lookSeconds = 5;
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

  function saw(found: Finding, cause?: unknown): void {
    lookedAt = clock();
    if (found.ok !== last.ok) since = new Date();
    if (found.ok !== last.ok || found.says !== last.says) {
      const about = { part: probe.name, says: found.says, ...(cause === undefined ? {} : { err: cause }) };
      if (!found.ok) log.warn(about, 'a part is not well');
      else if (!last.ok) log.info(about, 'a part is well');
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
      while (!signal.aborted) {
        try {
          saw(await inTime(probe.run()));
        } catch (error) {
          if (signal.aborted) return;
          saw({ ok: false, says: error instanceof Late ? error.message : 'does not answer' }, error);
        }
        await pause(last.ok ? everySeconds : Math.max(soonestSeconds, everySeconds / 4), signal);
      }
    },
  };
}

class Late extends Error {}

async function inTime(looking: Promise<Finding>): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late(`did not answer within ${lookSeconds} s`)), lookSeconds * 1000);
  });
  // Whichever comes second has nobody to tell.
  looking.catch(() => undefined);
  try {
    return await Promise.race([looking, late]);
  } finally {
    clearTimeout(timer);
  }
}
