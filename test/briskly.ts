import type { Paper } from './house-of-paper.ts';

/** What was put off becomes due without a sound: it is looked for sooner than by real processes. */
export function briskly(paper: Paper): void {
  const { events } = paper.store;
  const wait = events.wait.bind(events);
  events.wait = (seconds, ...rest) => wait(Math.min(seconds, 0.1), ...rest);
}

/** What could not be told is told again in a tenth of the time, and unless `asked` is false what was asked to wait as well; how long that is has tests of its own. */
export function soonerAgain({ store: { outbox } }: Paper, also: { asked: boolean } = { asked: true }): void {
  const later = outbox.later.bind(outbox);
  outbox.later = (id, at, why, asked) => {
    const now = Date.now();
    const sooner = asked !== true || also.asked;
    return later(id, sooner ? new Date(now + (at.getTime() - now) / 10) : at, why, asked);
  };
}
