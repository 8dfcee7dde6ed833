import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again, each 50 ms unless told otherwise, until `look` gives something; the error says what was waited for and, with `detail`, how it stood. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 60,
  detail: () => Promise<string> | string = () => '',
  everyMs = 50,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}. ${await detail()}`);
    await sleep(everyMs);
  }
}

/** The same where the look says by itself what is waited for. */
export async function untilHolds(look: () => Promise<boolean> | boolean, seconds = 60): Promise<void> {
  await until(look.toString(), look, seconds, undefined, 10);
}

/** What a test holds back until it lets go. */
export function held(): { until: Promise<void>; letGo: () => void } {
  let letGo!: () => void;
  const until = new Promise<void>((resolve) => (letGo = resolve));
  return { until, letGo };
}
