import { fileURLToPath } from 'node:url';
import type { Stage } from './stage.ts';

/** The request that was asked for with this reason, once it is there. */
export async function requestOf(stage: Stage, reason: string): Promise<`REQ-${number}`> {
  const end = Date.now() + 20_000;
  for (;;) {
    const { requests } = await stage.store.requests.list({}, { limit: 5, offset: 0 });
    const found = requests.find((request) => request.reason === reason);
    if (found !== undefined) return found.id;
    if (Date.now() > end)
      throw new Error(`no request with the reason "${reason}"; ${stage.sandbox.slack.transcript()}`);
    await stage.store.events.wait(0.5);
  }
}

/** The scripts of an environment's orders, in their order. */
export function scriptsOf(environment: string): string[] {
  const place = (name: string) => fileURLToPath(new URL(`../scripts/${name}.sql`, import.meta.url));
  return [place('every-environment'), place(environment)];
}
