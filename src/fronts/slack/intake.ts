import type { Logger } from 'pino';
import { unavailable, type FreshetError } from '../../domain/errors.ts';
import { pause, type Delivery } from '../../service/feed.ts';
import { sideBySide } from '../../service/side-by-side.ts';
import type { Service } from '../../service/service.ts';
import { deedSchema, type Deed } from './deed.ts';

/** The name under which the inbox keeps our deliveries. */
export const source = 'slack';

/** How long storing may take before Slack must be answered regardless: it waits for 3 s in all. */
const storeWithinMs = 2000;
/** How long a deed may take before another process takes it up. */
const leaseSeconds = 180;
const atOnce = 8;
const lookEverySeconds = 2;

/**
 * Takes in what people did: stored before it is acknowledged, carried out once, and taken up again after a crash by
 * whichever process comes first.
 */
export function intake(service: Service, log: Logger, act: (deed: Deed, attempts: number) => Promise<void>) {
  const deeds = sideBySide<Delivery>({
    most: atOnce,
    take: (room) => service.inbox.take(source, room, leaseSeconds),
    work: carryOut,
    // The store tells of what is new; what a process that died had taken comes back with time.
    wait: (woken) => service.events.wait(lookEverySeconds, woken),
    log,
    name: 'the deeds of Slack',
  });

  return {
    /** Whether it was accepted before, by whichever process. */
    knows: (key: string): Promise<boolean> => service.inbox.knows(source, key),

    /** `known`: it came before. `unsure`: it may not have been stored, and must be said. */
    async accept(key: string, deed: Deed, withinMs = storeWithinMs): Promise<'new' | 'known' | 'unsure'> {
      const storing = service.inbox.accept(source, key, deed);
      const timer = new AbortController();
      try {
        const stored = await Promise.race([
          storing,
          pause(withinMs / 1000, timer.signal).then(() => undefined),
        ]);
        if (stored === undefined) {
          storing.catch((error: unknown) => log.error({ err: error }, 'a delivery was not stored'));
          return 'unsure';
        }
        if (stored) deeds.wake();
        return stored ? 'new' : 'known';
      } catch (error) {
        log.error({ err: error }, 'a delivery was not stored');
        return 'unsure';
      } finally {
        timer.abort();
      }
    },

    /** Carries out what was accepted, until `signal`. */
    work: (signal: AbortSignal): Promise<void> => deeds.run(signal),

    /** Resolves when what is under way has ended, or after `seconds`. */
    async settle(seconds: number): Promise<void> {
      const timer = new AbortController();
      await Promise.race([deeds.settled(), pause(seconds, timer.signal)]);
      timer.abort();
    },
  };

  async function carryOut(delivery: Delivery): Promise<void> {
    const deed = deedSchema.safeParse(delivery.body);
    try {
      if (deed.success) await act(deed.data, delivery.attempts);
      else log.error({ delivery: delivery.id }, 'a delivery is not understood and is put aside');
      await service.inbox.done(delivery.id);
    } catch (error) {
      log.error(
        { err: error, delivery: delivery.id },
        'a delivery is not known to be done; it is looked at again',
      );
    }
  }
}

/** What is said to an `unsure` outcome: the store did not answer in time, and may have taken the delivery or not. */
export function notStored(): FreshetError {
  return unavailable(
    'delivery-not-stored',
    'Freshet could not make sure that it kept what you asked for; its own database does not answer.',
    'Wait a minute and look at /refresh status before you ask again.',
  );
}
