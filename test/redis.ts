import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, portIsFree } from '../src/sandbox/hosts/process.ts';
import { until } from './until.ts';

/** A Redis of a test's own, without persistence: what it forgets, it forgets. */
export type PrivateRedis = {
  url: string;
  /** Kills it; whatever it held is gone. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
  wipe(): Promise<void>;
  /** From now on it refuses every write, for want of memory; until `full(false)`. */
  full(isFull: boolean): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
};

/** Starts one on a free port of 127.0.0.1. `needs(this, 'redis')` first. */
export async function startRedis(): Promise<PrivateRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}/0`;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    // Whoever connects somewhere may have been given it while it was ours and nobody listened.
    await until(`port ${port} is free`, () => portIsFree(port));
    child = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
      { stdio: 'ignore' },
    );
    child.on('error', () => undefined);
    for (const end = Date.now() + 60_000; ;) {
      if (await answers(url)) return;
      if (Date.now() > end || child.exitCode !== null) throw new Error('redis-server did not start');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function kill(): Promise<void> {
    const mine = child;
    child = undefined;
    if (mine === undefined || mine.exitCode !== null) return;
    const ended = new Promise((resolve) => mine.once('exit', resolve));
    mine.kill('SIGKILL');
    await ended;
  }

  async function ask(work: (redis: Redis) => Promise<unknown>): Promise<void> {
    const redis = new Redis(url);
    try {
      await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  await start();
  return {
    url,
    start,
    kill,
    wipe: () => ask((redis) => redis.flushall()),
    // Less than it takes itself; `noeviction` is what BullMQ asks for, and Redis' default.
    full: (isFull) => ask((redis) => redis.config('SET', 'maxmemory', isFull ? '1' : '0')),
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
