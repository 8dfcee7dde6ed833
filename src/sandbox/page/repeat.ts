export type Repeated = {
  /** Goes on while there are listeners; each is called after a round. */
  onChange(this: void, listener: () => void): () => void;
  close(this: void): Promise<void>;
};

/**
 * Does `round` once at the start, and again and again while somebody listens; a round answers when the next one is due.
 * `rest` tidies up when nobody listens any more. A round that throws is told to `log`, and tried again.
 */
export function repeat(options: {
  round: (signal: AbortSignal) => Promise<number>;
  rest: () => Promise<void>;
  log: (fault: unknown) => void;
  /** Waits between rounds; a pause of that length when left out. */
  nap?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** After a fault. */
  againMs?: number;
}): Repeated {
  const listeners = new Set<() => void>();
  const ending = new AbortController();
  let going: Promise<void> | undefined = go(true);

  async function go(once: boolean): Promise<void> {
    for (let first = once; (first || listeners.size > 0) && !ending.signal.aborted; first = false) {
      let dueMs = options.againMs ?? 2000;
      try {
        dueMs = await options.round(ending.signal);
      } catch (error) {
        if (!ending.signal.aborted) options.log(error);
      }
      for (const listener of listeners) listener();
      if (listeners.size > 0) await (options.nap ?? pause)(dueMs, ending.signal);
    }
    await options.rest().catch(options.log);
    going = listeners.size > 0 && !ending.signal.aborted ? go(false) : undefined;
  }

  return {
    onChange(listener) {
      listeners.add(listener);
      going ??= go(false);
      return () => void listeners.delete(listener);
    },
    async close() {
      ending.abort();
      listeners.clear();
      await going;
    },
  };
}

/** Resolves after the time, or when the signal comes. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over, { once: true });
    function over(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    }
  });
}
