import { causes, stateInWords } from './causes.ts';
import { comparing } from '../compare.ts';
import { type OwnActs, performing } from '../acts.ts';
import type { Engine } from '../engine.ts';
import { neutralising } from '../neutralising/neutralise.ts';
import { provingNeutral } from '../neutralising/proof.ts';
import { checkTake, inspectTake } from '../take-look.ts';
import { abandon, dropReplaced } from './abandon.ts';
import { carry } from './carry.ts';
import { check } from './check.ts';
import { sqlState } from './connection.ts';
import { create } from './create.ts';
import { inspect } from './inspect.ts';
import { keepRows } from './keep-rows.ts';
import { keep, takeUp } from './kept.ts';
import { dropLeftover, leftovers } from './leftovers.ts';
import { outline } from './outline.ts';
import { inCopy } from './neutralise.ts';
import { progressOf } from './progress.ts';
import { longestName } from './quote.ts';
import { read, recognise } from './read.ts';
import { stepsOf } from './steps.ts';
import { shut } from './shut.ts';
import { setup } from './setup.ts';
import { survey } from './survey.ts';
import { putBack, standing, swap } from './swap.ts';
import { dumping, takeLook } from './take.ts';
import { verify } from './verify.ts';

const own: OwnActs['acts'] = {
  check,
  'check-take': (step, context) => checkTake(takeLook, step, context),
  create,
  'keep-rows': keepRows,
  neutralise: neutralising(inCopy),
  verify,
  'prove-neutral': provingNeutral(inCopy),
  carry,
  compare: comparing(survey, (error) => sqlState(error) !== undefined),
  shut,
  swap,
  // Files and lock on the host are the executor's to clear; nothing of ours is left on the server.
  tidy: async () => ({}),
};

/** PostgreSQL 14 and later. */
export const postgres: Engine = {
  name: 'postgres',
  site: {
    title: 'PostgreSQL',
    port: 5432,
    maintenanceDatabase: 'postgres',
    ownDatabases: ['template0', 'template1'],
    longestName,
    hasExtensions: true,
  },
  setup,
  causes,
  formats: ['pg-custom', 'pg-directory', 'pg-plain', 'pg-plain-gzip', 'pg-plain-zstd'],
  keepsRows: true,
  inspect: (access, item) =>
    item.into === undefined ? inspect(access, item) : inspectTake(takeLook, access, item, item.into),
  survey,
  dumping,
  steps: stepsOf,
  act: performing({
    causes,
    abandon,
    acts: own,
    refusal(error) {
      const state = sqlState(error);
      if (state === undefined) return undefined;
      return state === '53100' ? 'disk-full' : { words: stateInWords(state) };
    },
  }),
  progressOf,
  keep,
  takeUp,
  leftovers,
  dropLeftover,
  abandon,
  putBack,
  standing,
  dropReplaced,
  recognise,
  read,
  outline,
};
