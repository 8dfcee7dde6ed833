import type { Logger } from 'pino';

/** Work that comes in pieces, and how it is come by. */
export type Pieces<T> = {
  /** At most so many at once. */
  most: number;
  /** Takes up to `room` pieces; whoever takes one has it alone. */
  take: (room: number) => Promise<readonly T[]>;
  /** Does one. Must say itself what becomes of it when it fails; what it throws is logged and no more. */
  work: (piece: T) => Promise<void>;
  /** Resolves when there may be more, or with `signal`. */
  wait: (signal: AbortSignal) => Promise<void>;
  log: Logger;
  /** What they are called in the log. */
  name: string;
};

const shakenSeconds = 1;

/**
 * Works pieces off side by side: as soon as one ends the next is taken, so that one that hangs holds up no other as long
 * as there is room.
 */
export function sideBySide<T>({ most, take, work, wait, log, name }: Pieces<T>) {
  const under = new Set<Promise<void>>();
  let wake: () => void = () => undefined;

  function begin(piece: T): void {
    const done = work(piece)
      .catch((error: unknown) => log.error({ err: error }, `one of ${name} failed; it is looked at again`))
      .finally(() => {
        under.delete(done);
        wake();
      });
    under.add(done);
  }

  return {
    /** There is more: looks at once. */
    wake: () => wake(),

    /** Until `signal`; what is under way then goes on, see `settled`. */
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        const woken = new AbortController();
        wake = () => woken.abort();
        signal.addEventListener('abort', wake, { once: true });
        const stop = wake;
        try {
          const room = most - under.size;
          const taken = room > 0 ? await take(room) : [];
          for (const piece of taken) begin(piece);
          if (taken.length < room || room === 0) await wait(woken.signal);
        } catch (error) {
          log.warn({ err: error }, `${name} could not be read; it is tried again`);
          await pause(shakenSeconds, signal);
        } finally {
          signal.removeEventListener('abort', stop);
        }
      }
    },

    /** Resolves when what is under way has ended. */
    async settled(): Promise<void> {
      await Promise.all(under);
    },
  };
}

/** Waits, or until the signal. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(end, seconds * 1000);
    signal.addEventListener('abort', end, { once: true });
    function end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
