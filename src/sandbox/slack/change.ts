/** Something that was seen to happen in the workspace; a page or a test listens to these. */
export interface Change {
  kind:
    | 'posted'
    | 'edited'
    | 'deleted'
    | 'ephemeral'
    | 'view'
    | 'home'
    | 'notice'
    | 'membership'
    | 'connection'
    | 'delivery'
    | 'call'
    | 'reset';
  /** The conversation it happened in. */
  channel?: string;
  /** The message it is about. */
  ts?: string;
  /** The only user who sees it, where that is so. */
  user?: string;
}

export type Changed = (change: Change) => void;

export interface Changes {
  tell: Changed;
  /** Calls back after each change until the returned function is called. */
  on: (listener: Changed) => () => void;
  /** Resolves with the first truthy value of `look`, asked now and after each change; rejects after `timeoutMs`
   *  (5,000) with `describe()` in the message. */
  waitFor: <T>(look: () => T | undefined | null | false, timeoutMs?: number, wanted?: string) => Promise<T>;
}

function ignore(): void {}

export function createChanges(describe: () => string): Changes {
  const listeners = new Set<Changed>();
  function on(listener: Changed): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }
  function tell(change: Change): void {
    for (const listener of listeners) listener(change);
  }
  function waitFor<T>(
    look: () => T | undefined | null | false,
    timeoutMs = 20_000,
    wanted = 'what was waited for',
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let stop: () => void = ignore;
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`Slack stand-in: ${wanted} did not happen within ${timeoutMs} ms.\n${describe()}`));
      }, timeoutMs);
      function check(): void {
        try {
          const found = look();
          if (!found) return;
          resolve(found);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
        clearTimeout(timer);
        stop();
      }
      stop = on(check);
      check();
    });
  }
  return { tell, on, waitFor };
}
