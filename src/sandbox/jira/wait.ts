/** Resolves with the first truthy answer, asked at once, after every change and every 20 ms; rejects after `timeoutMs`. */
export async function waitUntil<T>(
  ask: () => T | undefined | null | false,
  onChange: (listener: () => void) => () => void,
  timeoutMs: number,
  describe: () => string,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const deadline = Date.now() + timeoutMs;
    const stop = onChange(look);
    const timer = setInterval(look, 20);

    function end(): void {
      stop();
      clearInterval(timer);
    }

    function look(): void {
      try {
        const found = ask();
        if (found) {
          end();
          resolve(found);
        } else if (Date.now() > deadline) {
          throw new Error(`Nothing of the kind within ${timeoutMs} ms. Jira holds:\n${describe()}`);
        }
      } catch (error) {
        end();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    }

    look();
  });
}
