import { Counter, Histogram, collectDefaultMetrics, type Registry } from 'prom-client';
import type { Site } from '../domain/site.ts';
import type { Happening } from '../service/happenings.ts';

const minute = 60;
const hour = 3600;
const day = 86_400;

/** From a check of the moment to a restore of a night. */
const workBuckets = [0.1, 0.5, 1, 5, 15, 30, minute, 120, 300, 600, 1800, hour, 7200, 4 * hour, 12 * hour];
/** From the worker that waits for jobs to the queue of a busy morning. */
const waitBuckets = [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 30, minute, 120, 300, 900, hour];
/** From the approver who sits beside to the end of the usual three days. */
const peopleBuckets = [
  10,
  30,
  minute,
  300,
  900,
  1800,
  hour,
  2 * hour,
  4 * hour,
  8 * hour,
  day,
  2 * day,
  3 * day,
];
const roundBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, minute];

/**
 * What this process itself did: to be added up over processes. Labels are words of the site file and of Freshet, never an id, a
 * name of a person or a reason.
 */
export function createInstruments(registers: [Registry], site: Site) {
  collectDefaultMetrics({ register: registers[0] });
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[]) =>
    new Histogram({ name, help, buckets, labelNames, registers });

  const steps = histogram(
    'freshet_step_duration_seconds',
    'Steps that ended in this process, from their start wherever that was; database is empty for steps of a whole set.',
    workBuckets,
    ['environment', 'database', 'stage', 'outcome'],
  );
  const stepFailures = counter('freshet_step_failures_total', 'Steps that failed in this process.', [
    'environment',
    'database',
    'stage',
  ]);
  const runs = histogram(
    'freshet_run_duration_seconds',
    'Attempts of runs that ended in this process, from their dispatch.',
    workBuckets,
    ['environment', 'kind', 'outcome'],
  );
  const ended = counter('freshet_runs_ended_total', 'Attempts of runs that ended in this process.', [
    'environment',
    'outcome',
  ]);
  const approvals = histogram(
    'freshet_approval_latency_seconds',
    'From the request to its decision by a person, over which front; counted where it was decided.',
    peopleBuckets,
    ['environment', 'decision', 'front'],
  );
  const retries = counter('freshet_retries_total', 'Failed or fenced requests that a person ran again.', [
    'environment',
  ]);
  const takenOver = counter(
    'freshet_runs_taken_over_total',
    'Runs that this process took over from another worker, which was stopped, silent or dead.',
    ['environment'],
  );
  const interrupted = counter(
    'freshet_slices_interrupted_total',
    'Times that this process let go of a run because something that it stands on was away, or by a fault of Freshet itself.',
    ['environment'],
  );
  const told = counter(
    'freshet_deliveries_total',
    'Attempts to tell Slack and Jira of an event: delivered, put off to be tried again, or given up.',
    ['front', 'outcome'],
  );
  const rounds = histogram(
    'freshet_reconciler_round_duration_seconds',
    'Rounds of the reconciler that this process led.',
    roundBuckets,
    [],
  );
  const failedParts = counter(
    'freshet_reconciler_failed_parts_total',
    'Parts of such rounds that failed and come again.',
    [],
  );
  const waits = histogram(
    'freshet_queue_wait_seconds',
    'How long jobs that this process took were due and had nobody.',
    waitBuckets,
    [],
  );

  // A number that only comes to be with its first event can't be seen to grow by it.
  for (const { name: environment, production } of Object.values(site.environments)) {
    if (production) continue;
    for (const outcome of ['succeeded', 'failed', 'cancelled', 'fenced'])
      ended.inc({ environment, outcome }, 0);
    for (const one of [retries, takenOver, interrupted]) one.inc({ environment }, 0);
  }

  return {
    waited: (seconds: number) => waits.observe(seconds),

    measure(happening: Happening): void {
      switch (happening.type) {
        case 'step-ended': {
          const { environment, database = '', stage, outcome, seconds } = happening;
          steps.observe({ environment, database, stage, outcome }, seconds);
          if (outcome === 'failed') stepFailures.inc({ environment, database, stage });
          return;
        }
        case 'run-ended': {
          const { environment, kind, outcome, seconds } = happening;
          runs.observe({ environment, kind, outcome }, seconds);
          ended.inc({ environment, outcome });
          return;
        }
        case 'decided': {
          const { environment, decision, front, seconds } = happening;
          approvals.observe({ environment, decision, front }, seconds);
          return;
        }
        case 'retried':
          return retries.inc({ environment: happening.environment });
        case 'run-taken-over':
          return takenOver.inc({ environment: happening.environment });
        case 'slice-interrupted':
          return interrupted.inc({ environment: happening.environment });
        case 'told':
          return told.inc({ front: happening.front, outcome: happening.outcome });
        case 'reconciled':
          rounds.observe(happening.seconds);
          failedParts.inc(happening.failedParts);
      }
    },
  };
}
