import type { Logger } from 'pino';
import type { Figures } from '../service/health/figures.ts';
import { pause } from '../service/feed.ts';

/** How often the store is asked, however often and by how many it is read here. */
const usualSeconds = 10;
/** Older ones are of another time. */
const oldestSeconds = 60;

/** Reads the figures of the store until `signal`; `latest` only tells what was read. */
export function followFigures(
  read: () => Promise<Figures>,
  log: Logger,
  { everySeconds = usualSeconds, clock = () => performance.now() } = {},
) {
  let seen: { figures: Figures; at: Date; clock: number } | undefined;
  let failing = false;

  async function look(): Promise<void> {
    try {
      seen = { figures: await read(), at: new Date(), clock: clock() };
      failing = false;
    } catch (error) {
      if (!failing)
        log.warn({ err: error }, 'the figures for metrics could not be read; they are tried again');
      failing = true;
    }
  }

  return {
    latest: () => (seen !== undefined && clock() - seen.clock <= oldestSeconds * 1000 ? seen : undefined),
    async follow(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        await look();
        await pause(everySeconds, signal);
      }
    },
  };
}
