import type { Consumer, Producer } from './backend.ts';

/** Ends connections without waiting for anybody. */
export async function cut(connected: Producer | Consumer): Promise<void> {
  await within(2, connected.cut()).catch(() => undefined);
}

/** Rejects when it takes longer. The work goes on, unheard. */
export async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), seconds * 1000);
  });
  // Whichever comes second has nobody to tell.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
