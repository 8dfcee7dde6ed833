import { request } from 'node:http';

export type Told = { name: string; state: unknown };

/** Follows the page's live events as a browser does. */
export function follow(url: string, as: string) {
  const events: Told[] = [];
  let look = (): void => undefined;
  const call = request(`${url}/api/live?as=${as}`, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (name !== undefined && data !== undefined)
          events.push({ name, state: JSON.parse(data) as unknown });
      }
      look();
    });
  });
  call.on('error', () => undefined);
  call.end();
  return {
    events,
    stop: () => call.destroy(),
    /** Resolves with the first truthy answer, asked now and after each event. */
    until<T>(ask: (events: readonly Told[]) => T | undefined | false, timeoutMs = 20_000): Promise<T> {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`not told; there was ${events.map(({ name }) => name).join(', ')}`)),
          timeoutMs,
        );
        look = () => {
          const found = ask(events);
          if (!found) return;
          clearTimeout(timer);
          resolve(found);
        };
        look();
      });
    },
  };
}
