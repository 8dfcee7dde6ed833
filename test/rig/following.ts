import { Client } from 'pg';
import type { RequestId, RunId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/store/store.ts';
import { until } from '../until.ts';

/** What a rig's store tells of its requests. */
export type Following = {
  /** Deliveries from outside that were stored and not looked at yet, are being looked at, or were so by one who did not come to an end. */
  waitingInbox(): Promise<number>;
  /** The id of the request's run, once it has one. */
  runOf(request: RequestId): Promise<RunId>;
  /** Resolves as soon as the store tells that the step was started; with the worker that has the run. */
  step(request: RequestId, step: string, seconds?: number): Promise<{ run: string; worker: string }>;
  /** Resolves when a worker that is none of `not` has the run, or the run is over. */
  resumed(request: RequestId, not: ReadonlySet<string>, seconds?: number): Promise<void>;
};

/** Seconds; for a machine that does much else. */
const patience = 240;
/** Some steps are over soon. */
const quickMs = 20;

export function follow(store: Store, storeUrl: string): Following {
  return {
    async waitingInbox() {
      const client = new Client({ connectionString: storeUrl });
      await client.connect();
      try {
        const { rows } = await client.query(
          `select from freshet.inbox
           where done_at is null and (attempts = 0 or leased_until is not null)`,
        );
        return rows.length;
      } finally {
        await client.end();
      }
    },
    async runOf(request) {
      return (await until(`a run of ${request}`, () => store.runs.ofRequest(request), patience)).id;
    },
    async step(request, step, seconds = patience) {
      await until(
        `${request} comes to ${step}`,
        async () =>
          (await store.events.ofRequest(request, ['step-started'])).some(
            (event) => event.type === 'step-started' && event.step === step,
          ),
        seconds,
        async () => JSON.stringify((await store.events.ofRequest(request)).slice(-5)),
        quickMs,
      );
      const hasIt = async () => {
        const run = await store.runs.ofRequest(request);
        if (run === undefined || (run.active && run.worker === undefined)) return undefined;
        return { run: run.id, worker: run.worker ?? 'nobody: the run is over' };
      };
      return until(`a worker has ${request} in ${step}`, hasIt, seconds, undefined, quickMs);
    },
    async resumed(request, not, seconds = patience) {
      await until(
        `another worker takes ${request} over`,
        async () => {
          const run = await store.runs.ofRequest(request);
          return run !== undefined && (!run.active || (run.worker !== undefined && !not.has(run.worker)));
        },
        seconds,
      );
    },
  };
}
