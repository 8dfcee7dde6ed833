import type { Paper } from './house-of-paper.ts';

/** What was put off becomes due without a sound: it is looked for sooner than by real processes. */
export function briskly(paper: Paper): void {
  const { events } = paper.store;
  const wait = events.wait.bind(events);
  events.wait = (seconds, ...rest) => wait(Math.min(seconds, 0.1), ...rest);
}
