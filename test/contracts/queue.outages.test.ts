import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunId } from '../../src/domain/ids.ts';
import { openQueue } from '../../src/queue/bullmq.ts';
import { administer, freshDatabase } from '../postgres.ts';
import { startRedis } from '../redis.ts';
import { needs } from '../skip.ts';
import { newRun, refusal } from './queueing.ts';
import { untilHolds } from '../until.ts';

describe('Queue without its server', function () {
  it('refuses quickly, never throws elsewhere, and works when Redis comes and comes again', async function () {
    needs(this, 'redis');
    const server = await startRedis();
    await server.kill();
    const said: string[] = [];
    const note = (_about: object, text: string) => said.push(text);
    const queue = await openQueue(
      { redisUrl: server.url },
      { log: { info: note, warn: note }, timeoutSeconds: 2 },
    );
    try {
      await refusal(queue.add({ run: newRun(), fence: 1 }));
      const got: RunId[] = [];
      await queue.work(async ({ run }) => void got.push(run), { concurrency: 2 });
      for (let outage = 0; outage < 2; outage++) {
        await server.start();
        const run = newRun();
        await untilHolds(() =>
          queue.add({ run, fence: 1 }).then(
            () => true,
            () => false,
          ),
        );
        await untilHolds(() => got.includes(run));
        await server.kill();
        await sleep(700);
        await refusal(queue.add({ run, fence: 2 }));
        await refusal(queue.ping());
      }
      assert.ok(said.length < 25, `not spammed, but said ${said.length}: ${said.join('; ')}`);
    } finally {
      await queue.close();
      await server.stop();
    }
  });

  it('refuses quickly without PostgreSQL, and works when the database is there', async () => {
    const nowhere = await openQueue(
      { connectionString: 'postgresql://nobody:x@127.0.0.1:1/none' },
      { timeoutSeconds: 2 },
    );
    await refusal(nowhere.add({ run: newRun(), fence: 1 }));
    await nowhere.close();

    const connectionString = await freshDatabase();
    const name = new URL(connectionString).pathname.slice(1);
    const maintenance = connectionString.replace(`/${name}`, '/postgres');
    await administer(maintenance, `alter database ${name} allow_connections false`);
    const queue = await openQueue({ connectionString }, { timeoutSeconds: 2 });
    try {
      const got: RunId[] = [];
      await queue.work(async ({ run }) => void got.push(run), { concurrency: 1 });
      await refusal(queue.add({ run: newRun(), fence: 1 }));
      for (let outage = 0; outage < 2; outage++) {
        await administer(maintenance, `alter database ${name} allow_connections true`);
        const run = newRun();
        await untilHolds(() =>
          queue.add({ run, fence: 1 }).then(
            () => true,
            () => false,
          ),
        );
        await untilHolds(() => got.includes(run));
        await administer(maintenance, `alter database ${name} allow_connections false`);
        await administer(
          maintenance,
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
        );
        await refusal(queue.add({ run, fence: 2 }));
      }
    } finally {
      await queue.close();
    }
  });
});
