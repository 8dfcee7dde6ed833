import { useEffect, useRef, useState } from 'preact/hooks';

/** How long the server's word on a choice may come behind the answer to it. */
const lateMs = 600;

/**
 * What was chosen, from the moment it is chosen: the server says so a little later, and further choices are made of what is shown
 * and not of what it knew before. `choose` shows `next` until the server has the same, or something else after `send` ended.
 */
export function useAhead<T>(kept: T): {
  shown: T;
  choose: (next: T, send: () => Promise<unknown>) => Promise<void>;
} {
  const [ahead, setAhead] = useState<{ value: T } | undefined>();
  const sending = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const known = JSON.stringify(kept);
  useEffect(() => {
    if (ahead && (sending.current === 0 || JSON.stringify(ahead.value) === known)) setAhead(undefined);
  }, [known]);
  useEffect(() => () => clearTimeout(timer.current), []);

  async function choose(next: T, send: () => Promise<unknown>): Promise<void> {
    clearTimeout(timer.current);
    setAhead({ value: next });
    sending.current++;
    const sent = await send().finally(() => sending.current--);
    if (sending.current > 0) return;
    if (sent === false) setAhead(undefined);
    else timer.current = setTimeout(() => setAhead(undefined), lateMs);
  }
  return { shown: ahead ? ahead.value : kept, choose };
}
