import type { ServerResponse } from 'node:http';
import type { Player } from '../cast.ts';
import type { AnyPart } from './parts.ts';
import type { PageState } from './state.ts';

/** Changes that come together are sent together; a person sees no difference. */
const togetherMs = 80;
/** A comment now and then, so that a connection that is gone is noticed on both sides. */
const heartbeatMs = 10_000;
const mostUnread = 16 * 1024 * 1024;

type Watcher = { as: Player; response: ServerResponse; sent: Map<string, string> };

export type Live = {
  /** Tells this response of everything from now on, as one person sees it. */
  watch(as: Player, response: ServerResponse): void;
  close(): void;
};

/** Sends each part's whole state at first and after each change, as Server-Sent Events; what did not change is not sent. */
export function createLive(page: PageState, parts: readonly AnyPart[], log: (fault: unknown) => void): Live {
  const watchers = new Set<Watcher>();
  const dirty = new Set<AnyPart>();
  let stops: (() => void)[] = [];
  const sending = new Set<AnyPart>();
  let timer: NodeJS.Timeout | undefined;
  let heartbeat: NodeJS.Timeout | undefined;

  function changed(part: AnyPart): void {
    dirty.add(part);
    timer ??= setTimeout(flush, togetherMs);
  }

  function flush(): void {
    timer = undefined;
    for (const part of dirty) {
      // One round of a part after the other: an older state must not come behind a newer one. A slow part holds up no other.
      if (sending.has(part)) continue;
      dirty.delete(part);
      sending.add(part);
      const round = [...watchers].map((watcher) => send(watcher, part));
      void Promise.all(round).finally(() => sending.delete(part));
    }
    if (dirty.size > 0) timer = setTimeout(flush, togetherMs);
  }

  async function send(watcher: Watcher, part: AnyPart): Promise<void> {
    try {
      event(watcher, part.name, await part.state(watcher.as));
    } catch (error) {
      // The part's next change tries again; the others go on.
      log(error);
    }
  }

  function event(watcher: Watcher, name: string, state: unknown): void {
    const text = JSON.stringify(state);
    if (watcher.sent.get(name) === text || !watchers.has(watcher)) return;
    // Somebody who does not read (a laptop that sleeps) comes back and gets everything anew.
    if (watcher.response.writableLength > mostUnread) return void watcher.response.destroy();
    watcher.sent.set(name, text);
    watcher.response.write(`event: ${name}\ndata: ${text}\n\n`);
  }

  function begin(): void {
    stops = parts.map((part) => part.onChange(() => changed(part)));
    heartbeat = setInterval(() => {
      for (const { response } of watchers) response.write(': still here\n\n');
    }, heartbeatMs);
  }

  function end(): void {
    for (const stop of stops.splice(0)) stop();
    clearInterval(heartbeat);
    clearTimeout(timer);
    timer = undefined;
    dirty.clear();
  }

  return {
    watch(as, response) {
      const watcher: Watcher = { as, response, sent: new Map() };
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      watchers.add(watcher);
      if (watchers.size === 1) begin();
      response.once('close', () => {
        if (watchers.delete(watcher) && watchers.size === 0) end();
      });
      event(watcher, 'page', page);
      for (const part of parts) dirty.add(part);
      clearTimeout(timer);
      flush();
    },
    close() {
      end();
      for (const { response } of watchers) response.end();
      watchers.clear();
    },
  };
}
