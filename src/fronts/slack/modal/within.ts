import { pause } from '../../../service/feed.ts';

/** What `work` resolves to, if it does within the time; else undefined, and what it still does is nobody's any more. */
export async function within<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const timer = new AbortController();
  // What comes too late may fail too late as well.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, pause(milliseconds / 1000, timer.signal).then(() => undefined)]);
  } finally {
    timer.abort();
  }
}
