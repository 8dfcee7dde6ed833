import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Client } from 'pg';
import { generateShop } from '../src/sandbox/hosts/shop/generate.ts';
import { guest } from '../test/runners/postgres/clients.ts';
import { type Rig, startRig } from '../test/runners/postgres/rig.ts';
import { type Bench, type Figure, figure, median, pairs, seconds } from './harness.ts';

/**
 * Our whole path over SSH, from the approved plan to the swapped database, against `pg_restore -Fd -j2` of the same backup
 * into a new database of the same cluster; and for how long 20 clients that come back at once could not connect. What the
 * service does between an approval and the first step (a transaction, a job of the queue: well below a second) is not in it.
 */
export const bench: Bench = {
  title: 'Approval to swapped, against bare pg_restore -Fd -j2',
  async run(args, say) {
    const { values } = parseArgs({
      args,
      options: { scale: { type: 'string', default: '26' }, pairs: { type: 'string', default: '3' } },
    });
    const rig = await startRig({ databases: { uat: 'orders_uat' }, durable: true });
    try {
      return await measure(rig, Number(values.scale), Number(values.pairs), say);
    } finally {
      await rig.stop();
    }
  },
};

async function measure(
  rig: Rig,
  scale: number,
  count: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  say(`generating the webshop at scale ${scale}`);
  await rig.sql('postgres', 'CREATE DATABASE source');
  await rig.inside('source', (client) =>
    generateShop(client, { seed: 1, scale, fullAt: new Date('2026-11-23T02:00:00Z') }),
  );
  const bytes = Number(await rig.value('source', 'SELECT pg_database_size(current_database())::float8'));
  const backup = await rig.dump('source', 'pg-directory', rig.near, ['-j2', '-Z1']);
  say(`database ${(bytes / 1e9).toFixed(2)} GB, backup ${(backup.bytes / 1e6).toFixed(0)} MB`);
  await rig.drop('source');
  await rig.sql('postgres', 'CREATE DATABASE orders_uat OWNER shop_owner');

  const outages: number[] = [];
  const gaps: number[] = [];
  const steps = new Map<string, number[]>();
  const stepSeconds = (id: string) => {
    const found = steps.get(id) ?? [];
    steps.set(id, found);
    return found;
  };
  const startedAt = new Map<string, number>();
  const ours = async () => {
    await rig.sql('postgres', 'CHECKPOINT');
    const plan = rig.planOf(rig.context('uat', { backup }));
    // Only around the swap: 20 clients would compete with the load, which bare pg_restore is spared.
    let app: ReturnType<typeof probe> | undefined;
    const walked = await rig.walk(plan, {
      sliceSeconds: 3600,
      before: (line) => {
        if (line === 'barrier') app = probe(rig, 'orders_uat');
        const [what, step = ''] = line.split(' ');
        // Some steps run beside others: the sum of all is more than the whole.
        if (what === 'started') startedAt.set(step, performance.now());
        if (what === 'done')
          stepSeconds(step).push((performance.now() - (startedAt.get(step) ?? NaN)) / 1000);
      },
      until: 'swapped uat',
    });
    gaps.push(await app!.end());
    if (walked.outcome.end !== 'succeeded') throw new Error(JSON.stringify(walked.outcome));
    outages.push(Number(walked.checkpoint.swapped.get('uat')?.outageSeconds));
    await rig.drop(plan.items[0]!.oldName);
    return walked.swappedAt! / 1000;
  };
  const theirs = async () => {
    await rig.drop('bare');
    await rig.sql('postgres', 'CHECKPOINT');
    const took = await seconds(async () => {
      await rig.sql('postgres', 'CREATE DATABASE bare TEMPLATE template0');
      await rig.command('pg_restore', ['-Fd', '-j2', '-d', 'bare', join(rig.near.root, backup.path)]);
    });
    await rig.drop('bare');
    return took;
  };
  const measured = await pairs(count, ours, theirs, say);
  return [
    figure('approval to swapped / bare pg_restore', measured.ratio, 'times', { atMost: 1.25 }),
    figure('approval to swapped, median', median(measured.ours), 's'),
    figure('bare pg_restore -Fd -j2, median', median(measured.theirs), 's'),
    figure('longest time that nobody could connect', Math.max(...gaps), 's', { atMost: 0.5 }),
    figure('closed, by our own clock, median', median(outages), 's'),
    ...[...steps]
      .filter(([id]) => !id.endsWith('.swap') && !id.endsWith('.tidy'))
      .map(([id, taken]) => figure(`of it ${id.replace('uat.', '')}, median`, median(taken), 's')),
    figure('size of the database', bytes / 1e9, 'GB'),
    figure('pairs', measured.ours.length, ''),
  ];
}

/** 20 clients that connect again at once, and one that tries every 10 ms: the longest time without a success, in seconds. */
function probe(rig: Rig, database: string) {
  const state = { over: false };
  let last = performance.now();
  let longest = 0;
  const connected = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  async function once(hold: number): Promise<void> {
    let client: Client | undefined;
    try {
      client = await guest(rig, database);
      connected();
      for (let at = 0; at < hold && !state.over; at += 1) {
        await client.query('SELECT 1');
        await sleep(10);
      }
      await client.end();
    } catch {
      await client?.end().catch(() => undefined);
    }
  }
  const again = async (hold: number) => {
    while (!state.over) {
      await once(hold);
      await sleep(10);
    }
  };
  const all = [...Array.from({ length: 20 }, () => again(50)), again(0)];
  return {
    async end(): Promise<number> {
      await sleep(300);
      state.over = true;
      await Promise.all(all);
      return longest / 1000;
    },
  };
}
