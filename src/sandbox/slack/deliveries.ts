import type { Changed } from './change.ts';
import type { Faults } from './faults.ts';
import { postSigned } from './http-mode.ts';
import type { SlackOptions } from './options.ts';
import { createSocketMode, type DeliveryType, type Envelope } from './socket-mode.ts';

/** How a delivery to the app ended, as far as Slack can know. */
export interface Delivery {
  envelopeId: string;
  type: DeliveryType;
  /** What the app answered with its acknowledgement; undefined while, or if, it has not. */
  response?: Record<string, unknown>;
  /** `dispatch_failed`: nobody was connected, or an HTTP status other than 200. `operation_timeout`: no
   *  acknowledgement within 3 seconds. The user sees either. */
  error?: 'dispatch_failed' | 'operation_timeout';
  /** From sending to acknowledgement. */
  tookMs?: number;
  /** How many times the envelope went out. */
  sent: number;
}

const retryAfterMs = [0, 60_000, 300_000];

export type Deliveries = ReturnType<typeof createDeliveries>;

/** Carries commands, interactions and events to the app over Socket Mode or signed HTTP, through the fault switches. */
export function createDeliveries(options: SlackOptions, faults: Faults, changed: Changed) {
  const ackMs = options.ackMs ?? 3000;
  const waiting = new Map<string, (response: Record<string, unknown>) => void>();
  /** Envelopes whose acknowledgement finds the sockets cut. */
  const unheard = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  const unsettled = new Set<() => void>();
  const log: Delivery[] = [];
  let held: (() => void)[] = [];
  let stopped = false;
  const sockets = createSocketMode(options.app, acknowledged, changed);

  function acknowledged(id: string, payload: Record<string, unknown>): void {
    if (unheard.delete(id)) sockets.cut();
    else waiting.get(id)?.(payload);
  }

  function later(work: () => void, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  }

  function transmit(envelope: Envelope, delivery: Delivery, failed: () => void): void {
    delivery.sent++;
    const { http } = options.app;
    if (!http) {
      if (!sockets.send(envelope)) failed();
      return;
    }
    // A little later than the user is told, so that the timeout is what they read.
    postSigned(http, envelope, ackMs + 500).then(
      (answer) => (answer ? waiting.get(envelope.envelope_id)?.(answer) : failed()),
      failed,
    );
  }

  function dispatch(envelope: Envelope, delivery: Delivery, failed: () => void): void {
    const go = (): void => transmit(envelope, delivery, failed);
    const fault = faults.takeDelivery(envelope.type);
    if (fault?.kind === 'lost') return;
    if (fault?.kind === 'cut' && fault.when === 'unsent') {
      sockets.cut();
      return;
    }
    if (fault?.kind === 'cut') unheard.add(envelope.envelope_id);
    if (fault?.kind === 'slow') later(go, fault.delayMs);
    else if (fault?.kind === 'repeat') for (let i = 0; i < fault.copies; i++) go();
    else if (fault?.kind === 'reverse') {
      held.push(go);
      if (held.length < fault.count) return;
      const newestFirst = held.toReversed();
      held = [];
      for (const one of newestFirst) one();
    } else go();
  }

  function attempt(envelope: Envelope, delivery: Delivery): Promise<Delivery> {
    return new Promise((resolve) => {
      const from = Date.now();
      function settle(outcome: Partial<Delivery>): void {
        // The first answer counts: a second acknowledgement of the same envelope finds nobody waiting.
        if (!waiting.delete(envelope.envelope_id)) return;
        clearTimeout(timer);
        unsettled.delete(giveUp);
        Object.assign(delivery, outcome);
        changed({ kind: 'delivery' });
        resolve(delivery);
      }
      const timer = setTimeout(() => settle({ error: 'operation_timeout' }), ackMs);
      const giveUp = (): void => settle({ error: 'dispatch_failed' });
      unsettled.add(giveUp);
      waiting.set(envelope.envelope_id, (response) => settle({ response, tookMs: Date.now() - from }));
      dispatch(envelope, delivery, giveUp);
    });
  }

  /** Resolves when the app has acknowledged, or the time for it is over; never rejects. */
  function deliver(
    type: DeliveryType,
    payload: Record<string, unknown>,
    acceptsResponse: boolean,
  ): Promise<Delivery> {
    const envelope: Envelope = {
      envelope_id: sockets.newEnvelopeId(),
      type,
      payload,
      accepts_response_payload: acceptsResponse,
      ...(type === 'events_api' && { retry_attempt: 0, retry_reason: '' }),
    };
    const delivery: Delivery = { envelopeId: envelope.envelope_id, type, sent: 0 };
    log.push(delivery);
    return attempt(envelope, delivery);
  }

  /** Events are tried again at once, after a minute and after five, as Slack does; nothing else is. */
  function deliverEvent(payload: Record<string, unknown>, retry = 0, reason = ''): void {
    const envelope: Envelope = {
      envelope_id: sockets.newEnvelopeId(),
      type: 'events_api',
      payload,
      accepts_response_payload: false,
      retry_attempt: retry,
      retry_reason: reason,
    };
    const delivery: Delivery = { envelopeId: envelope.envelope_id, type: 'events_api', sent: 0 };
    log.push(delivery);
    void attempt(envelope, delivery).then((ended) => {
      const wait = retryAfterMs[retry];
      if (stopped || ended.error === undefined || wait === undefined) return;
      const why = ended.error === 'operation_timeout' ? 'timeout' : 'http_error';
      later(() => deliverEvent(payload, retry + 1, why), wait);
    });
  }

  function stop(): void {
    stopped = true;
    for (const giveUp of unsettled) giveUp();
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    held = [];
  }

  return {
    deliver,
    deliverEvent,
    sockets,
    log: (): readonly Delivery[] => log,
    forget: () => void log.splice(0),
    stop,
  };
}
