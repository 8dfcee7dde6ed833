/** What can be made to go wrong with a call to the Web API or to a response_url (method `response_url`). */
export type CallFault =
  | { kind: 'ratelimit'; retryAfterSeconds?: number }
  | { kind: 'status'; status: number }
  /** Slack's own refusal, such as `internal_error`. */
  | { kind: 'error'; error: string }
  | { kind: 'slow'; delayMs: number }
  /** It is not begun before this is over. */
  | { kind: 'held'; until: Promise<void> }
  /** The connection is cut; nothing was done. */
  | { kind: 'lost-before' }
  /** It was done; the connection is cut before the answer. */
  | { kind: 'lost-after' };

/** Waits as long as a fault wants the call to wait. */
export async function waitAsFaulty(fault: CallFault | undefined): Promise<void> {
  if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  if (fault?.kind === 'held') await fault.until;
}

/** What can be made to go wrong on the way to the app. */
export type DeliveryFault =
  /** The same envelope comes `copies` times in all. */
  | { kind: 'repeat'; copies: number }
  | { kind: 'slow'; delayMs: number }
  | { kind: 'lost' }
  /** Every socket is cut: before it is sent, or when the app has acknowledged it, which Slack then never hears. */
  | { kind: 'cut'; when: 'unsent' | 'unacknowledged' }
  /** This many deliveries are held back, then sent newest first. */
  | { kind: 'reverse'; count: number };

interface Reach {
  /** How often it happens; until removed unless given. */
  times?: number;
  /** How many matching ones pass before it begins. */
  skip?: number;
}

export interface Fault {
  /** How often it has happened. */
  readonly used: number;
  remove: () => void;
}

interface Entry<F> {
  pattern: string | RegExp;
  fault: F & Reach;
  used: number;
  skipped: number;
}

function matches(pattern: string | RegExp, name: string): boolean {
  return typeof pattern === 'string' ? pattern === '*' || pattern === name : pattern.test(name);
}

function createTable<F>() {
  let entries: Entry<F>[] = [];
  function add(pattern: string | RegExp, fault: F & Reach): Fault {
    const entry: Entry<F> = { pattern, fault, used: 0, skipped: 0 };
    entries.push(entry);
    return {
      get used() {
        return entry.used;
      },
      remove: () => {
        entries = entries.filter((one) => one !== entry);
      },
    };
  }
  /** The first fault that is due for this name, counted as used. */
  function take(name: string): F | undefined {
    for (const entry of entries) {
      if (!matches(entry.pattern, name) || entry.used >= (entry.fault.times ?? Infinity)) continue;
      if (entry.skipped < (entry.fault.skip ?? 0)) {
        entry.skipped++;
        continue;
      }
      entry.used++;
      return entry.fault;
    }
    return undefined;
  }
  return { add, take, clear: () => void (entries = []) };
}

export type Faults = ReturnType<typeof createFaults>;

/** The fault switches. Patterns are a name, `*` or a RegExp; the first match that is due happens. */
export function createFaults() {
  const calls = createTable<CallFault>();
  const deliveries = createTable<DeliveryFault>();
  const lifted = new Set<symbol>();
  return {
    /** On a method of the Web API, or `response_url`. */
    onCall: calls.add,
    /** On a delivery: `slash_commands`, `interactive` or `events_api`. */
    onDelivery: deliveries.add,
    /** No 429 but the ones that were asked for: for more messages in a channel than Slack takes in a test's time. */
    liftLimits(): Pick<Fault, 'remove'> {
      const one = Symbol('lifted');
      lifted.add(one);
      return { remove: () => void lifted.delete(one) };
    },
    limitsLifted: () => lifted.size > 0,
    takeCall: calls.take,
    takeDelivery: deliveries.take,
    reset: () => {
      calls.clear();
      deliveries.clear();
      lifted.clear();
    },
  };
}
