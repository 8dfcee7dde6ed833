import type { FreshetError } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { Channel } from './channel.ts';
import { parseState } from './codec.ts';
import type { HostStepState } from './step.ts';

/** What one `wait` asked for. */
export type WaitOptions = { timeoutSeconds: number; after?: HostStepState; signal?: AbortSignal };

/** Every wait of one host, over one channel. */
export type Watch = {
  wait(run: RunId, step: string, options: WaitOptions): Promise<HostStepState>;
  close(): void;
};

type Waiter = {
  after: HostStepState | undefined;
  settle(state: HostStepState): void;
  fail(error: Error): void;
};
type Watched = { run: RunId; step: string; last?: HostStepState; waiters: Set<Waiter> };

/** The program beats every 4 s; a channel that is silent for this long is dead. */
const silentSeconds = 20;
/** An unused watch channel costs the host a little; it is closed after this. */
const idleSeconds = 30;

/** `open` gives a fresh session; `ask` asks once for a state, for waits that time out before anything was heard. */
export function createWatch(
  open: () => Promise<Channel>,
  ask: (run: RunId, step: string) => Promise<HostStepState>,
): Watch {
  const watched = new Map<string, Watched>();
  let channel: Promise<Channel> | undefined;
  let silence: NodeJS.Timeout | undefined;
  let idle: NodeJS.Timeout | undefined;

  function connect(): Promise<Channel> {
    channel ??= begin().catch((error: unknown) => {
      channel = undefined;
      throw error;
    });
    return channel;
  }

  async function begin(): Promise<Channel> {
    const opened = await open();
    opened.onLine = (line) => {
      listen(opened);
      hear(line);
    };
    opened.onEnd = (error) => {
      clearTimeout(silence);
      channel = undefined;
      fail(error);
    };
    await opened.request(['watch']);
    listen(opened);
    return opened;
  }

  function listen(opened: Channel): void {
    clearTimeout(silence);
    silence = setTimeout(() => opened.close(), silentSeconds * 1000);
    silence.unref();
  }

  function hear(line: string): void {
    const [word, run = '', step = '', ...words] = line.split(' ');
    if (word !== 'state') return;
    const one = watched.get(`${run} ${step}`);
    if (one === undefined) return;
    one.last = parseState(words.filter((part) => part !== ''));
    for (const waiter of one.waiters) {
      if (isNews(one.last, waiter.after)) waiter.settle(one.last);
    }
  }

  function fail(error: FreshetError): void {
    const all = [...watched.values()];
    watched.clear();
    for (const one of all) for (const waiter of one.waiters) waiter.fail(error);
  }

  function leave(one: Watched, waiter: Waiter): void {
    one.waiters.delete(waiter);
    const key = `${one.run} ${one.step}`;
    if (one.waiters.size > 0 || watched.get(key) !== one) return;
    watched.delete(key);
    void channel?.then((opened) => opened.send(`drop ${key}`)).catch(() => {});
    clearTimeout(idle);
    if (watched.size > 0) return;
    idle = setTimeout(() => {
      if (watched.size === 0) void channel?.then((opened) => opened.close()).catch(() => {});
    }, idleSeconds * 1000);
    idle.unref();
  }

  return {
    async wait(run, step, options) {
      options.signal?.throwIfAborted();
      const opened = await connect();
      options.signal?.throwIfAborted();
      const key = `${run} ${step}`;
      const one: Watched = watched.get(key) ?? { run, step, waiters: new Set() };
      const isNew = one.waiters.size === 0;
      watched.set(key, one);
      if (one.last !== undefined && isNews(one.last, options.after)) return one.last;
      const heard = await new Promise<HostStepState | undefined>((resolve, reject) => {
        const timer = setTimeout(() => done(() => resolve(one.last)), options.timeoutSeconds * 1000);
        const abort = (): void => done(() => reject(options.signal?.reason));
        const waiter: Waiter = {
          after: options.after,
          settle: (state) => done(() => resolve(state)),
          fail: (error) => done(() => reject(error)),
        };
        function done(then: () => void): void {
          clearTimeout(timer);
          options.signal?.removeEventListener('abort', abort);
          leave(one, waiter);
          then();
        }
        options.signal?.addEventListener('abort', abort, { once: true });
        one.waiters.add(waiter);
        if (opened.ended !== undefined) waiter.fail(opened.ended);
        else if (isNew) opened.send(`add ${key}`);
      });
      return heard ?? ask(run, step);
    },
    close() {
      clearTimeout(idle);
      clearTimeout(silence);
      void channel?.then((opened) => opened.close()).catch(() => {});
    },
  };
}

/** Not running any more, or running with a report that differs from the one that was known. */
function isNews(state: HostStepState, after: HostStepState | undefined): boolean {
  if (state.state !== 'running') return true;
  if (after === undefined) return false;
  if (after.state !== 'running') return true;
  return JSON.stringify(state.report) !== JSON.stringify(after.report);
}
