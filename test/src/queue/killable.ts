// A process of its own that takes jobs and never ends one; a test kills it. Says on stdout what it was handed.
import { openQueue } from '../../../src/queue/bullmq.ts';
import type { QueueTarget } from '../../../src/queue/backend.ts';

const target = process.argv[2]!.startsWith('redis:')
  ? { redisUrl: process.argv[2]! }
  : { connectionString: process.argv[2]! };

async function main(to: QueueTarget): Promise<void> {
  const queue = await openQueue(to, { lockSeconds: Number(process.argv[3]) });
  await queue.work(
    (job) => {
      console.log(`got ${job.run} ${job.fence}`);
      return new Promise(() => undefined);
    },
    { concurrency: 1 },
  );
  console.log('working');
}

await main(target);
