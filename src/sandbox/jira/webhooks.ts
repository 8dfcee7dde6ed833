import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultTable } from './faults.ts';

/** An admin webhook, as made in Jira's administration; there is no API for it that an ordinary account may use. */
export interface WebhookTarget {
  readonly url: string;
  /** Signs each delivery; without one there is no signature header. */
  readonly secret?: string;
  /** Every event when left out. */
  readonly events?: readonly string[];
}

export interface WebhookOptions {
  /** Wait before the first retry, doubled for each further one; real ones wait minutes. */
  readonly retryMs?: number;
  /** 5 when left out, as the real one. */
  readonly retries?: number;
  /** Whether deliveries carry an identifier; true when left out. */
  readonly named?: boolean;
  /** How long to wait for an answer. */
  readonly timeoutMs?: number;
}

export interface WebhookPayload {
  readonly webhookEvent: string;
  readonly timestamp: number;
  readonly [name: string]: unknown;
}

export interface Attempt {
  readonly at: number;
  /** The receiver's status, or why there was none. */
  readonly result: number | string;
}

/** One event on its way: every attempt carries the same identifier and the same bytes. */
export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly issueKey: string;
  readonly body: string;
  readonly attempts: readonly Attempt[];
  readonly state: 'waiting' | 'held' | 'delivered' | 'failed' | 'lost';
}

export interface Webhooks {
  readonly deliveries: readonly Delivery[];
  /** Where deliveries go from now on; undefined ends them. */
  setTarget(target: WebhookTarget | undefined): void;
  send(issueKey: string, payload: WebhookPayload): void;
  /** Keeps every delivery back until released; in which order they then go is up to the test. */
  hold(): { release(order?: 'sent' | 'reversed'): void };
  /** Sends the same bytes under the same identifier again; the receiver's status. */
  replay(delivery: Delivery): Promise<number | string>;
  /** Sends what Jira never sent; the receiver's status. */
  forge(body: string, headers: Readonly<Record<string, string>>): Promise<number | string>;
  /** Forgets what was sent or held; what is on its way goes on. */
  reset(): void;
  /** Ends retries and waits. */
  close(): void;
}

type Sent = { -readonly [name in keyof Delivery]: Delivery[name] } & { attempts: Attempt[] };

const retried = (result: number | string): boolean =>
  typeof result === 'string' || [408, 409, 425, 429].includes(result) || result >= 500;

export function signature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** Delivers in the order of events, the first attempt of one before that of the next; retries come when they come. */
export function createWebhooks(faults: FaultTable, options: WebhookOptions = {}): Webhooks {
  const { retryMs = 200, retries = 5, timeoutMs = 5_000, named = true } = options;
  const deliveries: Sent[] = [];
  const closing = new AbortController();
  let target: WebhookTarget | undefined;
  let held: Sent[] | undefined;
  let queue = Promise.resolve();

  async function post(
    to: WebhookTarget,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<number | string> {
    try {
      const response = await fetch(to.url, {
        method: 'POST',
        body,
        headers: {
          'Content-Type': 'application/json; charset=UTF-8',
          'User-Agent': 'Atlassian Webhook HTTP Client',
          // A kept connection is closed by the receiver after a few idle seconds; who shares a busy process with it
          // would learn of that by a reset, and a delivery that is sent once would be lost by us and not by a fault.
          Connection: 'close',
          ...headers,
        },
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), closing.signal]),
        redirect: 'manual',
      });
      await response.arrayBuffer();
      return response.status;
    } catch (error) {
      return error instanceof Error
        ? error.cause instanceof Error
          ? error.cause.message
          : error.name
        : String(error);
    }
  }

  async function attempt(sent: Sent, retry: number): Promise<number | string> {
    const to = target;
    if (!to) return 'no target';
    const headers: Record<string, string> = named
      ? { 'X-Atlassian-Webhook-Identifier': sent.id, 'X-Atlassian-Webhook-Flow': 'Primary' }
      : {};
    if (to.secret !== undefined) headers['X-Hub-Signature'] = signature(to.secret, sent.body);
    if (retry > 0) headers['X-Atlassian-Webhook-Retry'] = String(retry);
    const result = await post(to, sent.body, headers);
    sent.attempts.push({ at: Date.now(), result });
    return result;
  }

  async function retryLater(sent: Sent): Promise<void> {
    for (let retry = 1; retry <= retries; retry += 1) {
      await pause(retryMs * 2 ** (retry - 1));
      if (closing.signal.aborted) return;
      const result = await attempt(sent, retry);
      if (!retried(result)) {
        sent.state = Number(result) < 400 ? 'delivered' : 'failed';
        return;
      }
    }
    sent.state = 'failed';
  }

  async function pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
  }

  async function deliver(sent: Sent): Promise<void> {
    if (closing.signal.aborted) return;
    const fault = faults.hitWebhook(sent.event, sent.issueKey);
    if (fault?.kind === 'lose') {
      sent.state = 'lost';
      return;
    }
    if (fault?.kind === 'late') {
      void pause(fault.delayMs ?? 1_000).then(() => first(sent));
      return;
    }
    await first(sent);
    const copies = fault?.kind === 'repeat' ? (fault.copies ?? 1) : 0;
    for (let copy = 0; copy < copies; copy += 1) await attempt(sent, 0);
  }

  async function first(sent: Sent): Promise<void> {
    if (closing.signal.aborted) return;
    const result = await attempt(sent, 0);
    if (retried(result)) void retryLater(sent);
    else sent.state = Number(result) < 400 ? 'delivered' : 'failed';
  }

  function enqueue(sent: Sent): void {
    sent.state = 'waiting';
    queue = queue.then(() => deliver(sent));
  }

  return {
    deliveries,
    setTarget(next) {
      target = next;
    },
    send(issueKey, payload) {
      const event = payload.webhookEvent;
      if (!target || (target.events && !target.events.includes(event))) return;
      const body = JSON.stringify(payload);
      const sent: Sent = { id: randomUUID(), event, issueKey, body, attempts: [], state: 'waiting' };
      deliveries.push(sent);
      if (held) {
        sent.state = 'held';
        held.push(sent);
      } else enqueue(sent);
    },
    hold() {
      held = [];
      return {
        release(order = 'sent') {
          const kept = held ?? [];
          held = undefined;
          for (const sent of order === 'sent' ? kept : kept.toReversed()) enqueue(sent);
        },
      };
    },
    async replay(delivery) {
      const sent = deliveries.find((each) => each === delivery);
      return sent ? attempt(sent, 0) : 'not sent before';
    },
    async forge(body, headers) {
      return target ? post(target, body, headers) : 'no target';
    },
    reset() {
      deliveries.length = 0;
      held = undefined;
    },
    close() {
      closing.abort();
    },
  };
}
