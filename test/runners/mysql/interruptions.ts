import assert from 'node:assert/strict';
import type { ActStep } from '../../../runners/plan.ts';
import { swap } from '../../../runners/mysql/swap.ts';
import type { BenchServer, Interruption } from '../engine-bench.ts';
import type { MysqlServer } from './server.ts';
import { severed } from './sever.ts';

/** Moments by the last statement that the server still carries out: how many of that kind, and how it begins. */
const moments = [
  ['written down what goes where', 'old', 1, 'REPLACE INTO freshet.swap'],
  ['taken the old tables out of sight', 'fenced', 1, 'RENAME TABLE'],
  ['moved the new tables in, out of sight', 'fenced', 2, 'RENAME TABLE'],
  ['written down that it is done', 'new', 1, 'COMMIT'],
] as const;

export const interruptions = moments.map(
  ([title, stands, which, begins]): Interruption<MysqlServer & BenchServer> => ({
    title,
    stands,
    async die(server, { access, item, run, fence }) {
      let seen = 0;
      const line = severed(access, (statement) => statement.startsWith(begins) && ++seen === which);
      const step = { name: 'swap', args: { drainSeconds: 0, events: 'disabled' } } as unknown as ActStep;
      await access.program.claim(item.target, run, fence);
      await assert.rejects(
        swap(step, {
          access: line,
          program: () => access.program,
          run,
          fence,
          item,
          results: {},
          signal: new AbortController().signal,
          progress: () => undefined,
        }),
        { code: 'connection-lost' },
      );
      await server.settled();
      await access.program.release(item.target, run, fence);
    },
  }),
);
