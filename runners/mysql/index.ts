import { type OwnActs, performing } from '../acts.ts';
import type { Engine } from '../engine.ts';
import { neutralising } from '../neutralising/neutralise.ts';
import { provingNeutral } from '../neutralising/proof.ts';
import { checkTake, inspectTake } from '../take-look.ts';
import { abandon, dropReplaced } from './abandon.ts';
import { comparing } from '../compare.ts';
import { carry } from './carry.ts';
import { causes, errorInWords } from './causes.ts';
import { check } from './check.ts';
import { errorNumber } from './connection.ts';
import { create } from './create.ts';
import { inspect } from './inspect.ts';
import { keepRows } from './keep-rows.ts';
import { keep, takeUp } from './kept.ts';
import { dropLeftover, leftovers } from './leftovers.ts';
import { inCopy } from './neutralise.ts';
import { outline } from './outline.ts';
import { progressOf } from './progress.ts';
import { longestName } from './quote.ts';
import { read, recognise } from './read.ts';
import { setup } from './setup.ts';
import { stepsOf } from './steps.ts';
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
  compare: comparing(survey, (error) => errorNumber(error) !== undefined),
  swap,
  // Files and lock on the host are the executor's to clear; nothing of ours is left on the server.
  tidy: async () => ({}),
};

/** MariaDB 10.6 and MySQL 8.0, and later. */
export const mysql: Engine = {
  name: 'mysql',
  site: {
    title: 'MySQL',
    port: 3306,
    maintenanceDatabase: 'freshet',
    ownDatabases: ['mysql', 'sys', 'information_schema', 'performance_schema', 'freshet'],
    longestName,
    hasExtensions: false,
  },
  setup,
  causes,
  formats: ['mysql-plain', 'mysql-plain-gzip', 'mysql-plain-zstd', 'mydumper'],
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
      const number = errorNumber(error);
      if (number === undefined) return undefined;
      const isFull = number === 1021 || number === 1114 || /^Got error 28\b/.test((error as Error).message);
      return isFull ? 'disk-full' : { words: errorInWords(number) };
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
