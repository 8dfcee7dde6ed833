/** Things that go wrong between Freshet and Jira, switched on by tests and by the sandbox page. */

export interface ApiFault {
  /** `lost-before`: the connection is cut and nothing happened. `lost-after`: it happened, and the answer is lost.
   *  `slow`: it happens at once and the answer comes after `delayMs`, or `until`. */
  readonly kind: 'rate-limit' | 'error' | 'slow' | 'lost-before' | 'lost-after';
  readonly method?: string;
  /** Below `/rest/api/3`; a `*` stands for one part of it; every path when left out. */
  readonly path?: string | RegExp;
  /** Only calls of this account. */
  readonly accountId?: string;
  /** How many calls are hit; 1 when left out, `Infinity` until cleared. */
  readonly times?: number;
  /** How many matching calls pass unharmed before. */
  readonly after?: number;
  /** For `error`; 500 when left out. */
  readonly status?: number;
  /** For `rate-limit`; 1 when left out. */
  readonly retryAfterSeconds?: number;
  /** Before the connection is cut or the answer given. */
  readonly delayMs?: number;
  /** In its place: the answer is given when this is over. */
  readonly until?: Promise<unknown>;
}

export interface WebhookFault {
  /** `repeat` sends `copies` more of the same delivery, with the same identifier. */
  readonly kind: 'lose' | 'repeat' | 'late';
  /** Such as `jira:issue_updated`; every event when left out. */
  readonly event?: string;
  readonly issueKey?: string;
  readonly times?: number;
  readonly copies?: number;
  readonly delayMs?: number;
}

export interface StaleReads {
  /** Reads see the state as it was this long ago. */
  readonly lagMs: number;
  /** Only this issue. */
  readonly issueKey?: string;
}

/** A switched-on fault: how often it struck, and the way to end it. */
export interface Switch {
  readonly hits: number;
  off(): void;
}

export interface Faults {
  api(fault: ApiFault): Switch;
  webhooks(fault: WebhookFault): Switch;
  staleReads(stale: StaleReads): Switch;
  /** Ends every fault. */
  reset(): void;
}

export interface FaultTable extends Faults {
  hitApi(method: string, path: string, accountId: string | undefined): ApiFault | undefined;
  hitWebhook(event: string, issueKey: string): WebhookFault | undefined;
  lagOf(issueKey: string | undefined): number;
}

interface Armed<T> {
  readonly fault: T;
  passes: number;
  left: number;
  hits: number;
}

export function createFaults(): FaultTable {
  const api: Armed<ApiFault>[] = [];
  const webhooks: Armed<WebhookFault>[] = [];
  const stale: Armed<StaleReads>[] = [];

  function arm<T>(list: Armed<T>[], fault: T, times: number, passes = 0): Switch {
    const armed: Armed<T> = { fault, passes, left: times, hits: 0 };
    list.push(armed);
    return {
      get hits() {
        return armed.hits;
      },
      off() {
        const at = list.indexOf(armed);
        if (at >= 0) list.splice(at, 1);
      },
    };
  }

  function strike<T>(list: readonly Armed<T>[], matches: (fault: T) => boolean): T | undefined {
    for (const armed of list) {
      if (armed.left <= 0 || !matches(armed.fault)) continue;
      if (armed.passes > 0) {
        armed.passes -= 1;
        continue;
      }
      armed.left -= 1;
      armed.hits += 1;
      return armed.fault;
    }
    return undefined;
  }

  return {
    api: (fault) => arm(api, fault, fault.times ?? 1, fault.after),
    webhooks: (fault) => arm(webhooks, fault, fault.times ?? 1),
    staleReads: (reads) => arm(stale, reads, Infinity),
    reset() {
      for (const list of [api, webhooks, stale]) list.length = 0;
    },
    hitApi(method, path, accountId) {
      return strike(
        api,
        (fault) =>
          (fault.method === undefined || fault.method.toUpperCase() === method) &&
          (fault.accountId === undefined || fault.accountId === accountId) &&
          pathMatches(fault.path, path),
      );
    },
    hitWebhook(event, issueKey) {
      return strike(
        webhooks,
        (fault) =>
          (fault.event === undefined || fault.event === event) &&
          (fault.issueKey === undefined || fault.issueKey === issueKey),
      );
    },
    lagOf(issueKey) {
      return strike(stale, (each) => each.issueKey === undefined || each.issueKey === issueKey)?.lagMs ?? 0;
    },
  };
}

function pathMatches(wanted: string | RegExp | undefined, path: string): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted !== 'string') return wanted.test(path);
  const parts = wanted.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]+')}$`).test(path);
}
