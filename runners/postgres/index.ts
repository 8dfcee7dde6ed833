import { commandError } from '../../src/domain/errors.ts';
import { stateInWords } from '../causes.ts';
import type { ServerSite } from '../../src/domain/site.ts';
import type { ActContext, Engine, StepResult } from '../engine.ts';
import { fetchAct } from '../fetch.ts';
import type { ActStep } from '../plan.ts';
import { abandon, dropKept } from './abandon.ts';
import { carry } from './carry.ts';
import { check } from './check.ts';
import { sqlState } from './connection.ts';
import { create } from './create.ts';
import { inspect } from './inspect.ts';
import { keep, takeUp } from './kept.ts';
import { dropLeftover, leftovers } from './leftovers.ts';
import { progressOf } from './progress.ts';
import { read, recognise } from './read.ts';
import { stepsOf } from './steps.ts';
import { putBack, standing, swap } from './swap.ts';
import { verify } from './verify.ts';

type Act = (step: ActStep, context: ActContext) => Promise<StepResult>;

const acts: Readonly<Record<string, Act>> = {
  check,
  create,
  verify,
  carry,
  swap,
  // Files and lock on the host are the executor's to clear; nothing of ours is left on the server.
  tidy: async () => ({}),
};

/** PostgreSQL 14 and later. */
export const postgres: Engine = {
  name: 'postgres',
  title: 'PostgreSQL',
  formats: ['pg-custom', 'pg-directory', 'pg-plain', 'pg-plain-gzip', 'pg-plain-zstd'],
  inspect,
  steps: stepsOf,

  async act(step, context) {
    const fetched = await fetchAct(step, context);
    if (fetched !== undefined) return fetched;
    const perform = acts[step.name];
    if (perform === undefined) throw new Error(`PostgreSQL has no act "${step.name}"`);
    return inWords(step.title, context.access.site, () => perform(step, context));
  },

  progressOf,
  keep,
  takeUp,
  leftovers,
  dropLeftover,
  abandon,
  putBack,
  standing,
  dropKept,
  recognise,
  read,
};

/** What the server refused, as an error that people may see: messages of a server can hold rows. */
async function inWords<T>(title: string, site: ServerSite, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const state = sqlState(error);
    if (state === undefined) throw error;
    if (state === '53100') {
      throw commandError(
        'no-space',
        `${title}: the disk of server "${site.name}" is full.`,
        `Make room on host "${site.host}", then retry.`,
      );
    }
    throw commandError(
      'statement-failed',
      `${title}: ${stateInWords(state)}.`,
      '`npx freshet check` shows whether a right is missing; the log of the server has the whole message.',
    );
  }
}
