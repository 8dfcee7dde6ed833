import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { Bot } from '../../src/sandbox/bot.ts';
import { postmaster, startCluster, stopCluster } from '../../src/sandbox/hosts/cluster.ts';
import { isAlive, portIsFree } from '../../src/sandbox/hosts/process.ts';
import { bootIdOf, reboot } from './host-faults.ts';
import type { Random } from './random.ts';
import { leaseSeconds, type Rig } from './rig.ts';
import type { SmallDisk } from './small-disk.ts';
import { stepProcesses } from './step-processes.ts';
import { until } from '../until.ts';

/** One kind of harm. `strike` does it and answers how it is healed; what heals by itself answers nothing. */
export type Fault = {
  name: string;
  /** On a host or on the way to it, or on the bot's own side: one of each may be there at once. */
  side: 'host' | 'bot';
  /** Until it is healed the target host refuses us: what a run could not clear there stays for a later sweep. */
  refuses?: true;
  strike(rig: Rig, random: Random): Promise<(() => Promise<void>) | void>;
};

/** Seconds; for a machine that does much else. */
const patience = 240;

/** A worker that SIGUSR2 blocks, as a long computation does. */
export function startWorker(rig: Rig): Bot {
  return rig.start(['worker'], {
    NODE_OPTIONS: `--import ${new URL('blocking.mjs', import.meta.url).href}`,
    FRESHET_TEST_BLOCK_SECONDS: String(2 * leaseSeconds),
  });
}

/** Everything that may happen to any installation at any moment. */
export const faults: readonly Fault[] = [
  {
    name: 'kill -9 a worker',
    side: 'bot',
    async strike(rig, random) {
      await random.pick(workersOf(rig)).kill();
      return async () => void startWorker(rig);
    },
  },
  {
    name: 'stop a worker for longer than its lease',
    side: 'bot',
    async strike(rig, random) {
      const { pid } = random.pick(workersOf(rig));
      process.kill(pid, 'SIGSTOP');
      return async () => void process.kill(pid, 'SIGCONT');
    },
  },
  {
    name: 'block the event loop of a worker for longer than its lease',
    side: 'bot',
    async strike(rig, random) {
      const { pid } = random.pick(workersOf(rig));
      process.kill(pid, 'SIGUSR2');
      // One that has only begun to start does not know the signal, and dies of it.
      return async () => void (isAlive(pid) || startWorker(rig));
    },
  },
  {
    name: 'Redis is gone',
    side: 'bot',
    async strike({ redis }) {
      await redis!.kill();
      return () => redis!.start();
    },
  },
  {
    name: 'Redis is wiped',
    side: 'bot',
    strike: ({ redis }) => redis!.wipe(),
  },
  {
    name: 'Redis has no memory left',
    side: 'bot',
    async strike({ redis }) {
      await limitRedis(redis!.url, '1mb');
      return () => limitRedis(redis!.url, '0');
    },
  },
  {
    name: 'the store is gone',
    side: 'bot',
    async strike({ storeUrl }) {
      const client = await connected(storeUrl);
      const { rows } = await client.query<{ pid: string }>(
        `select split_part(pg_read_file('postmaster.pid'), chr(10), 1) as pid`,
      );
      const pid = Number(rows[0]!.pid);
      // Nobody new is let in, and all who are in are thrown out.
      process.kill(pid, 'SIGSTOP');
      await client.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()',
      );
      await client.end();
      return async () => void process.kill(pid, 'SIGCONT');
    },
  },
  {
    name: 'kill -9 the steps on the hosts',
    side: 'host',
    async strike(rig) {
      for (const group of new Set(stepProcesses(rig).map((one) => one.group))) killGroup(group);
    },
  },
  {
    name: 'end the sessions of runs on the target server',
    side: 'host',
    strike: ({ sandbox }) =>
      sandbox.hosts.hosts['test-db'].sql(
        'postgres',
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'freshet-%'`,
      ),
  },
  {
    name: 'cut SSH',
    side: 'host',
    strike: async ({ wire }) => wire.cut(),
  },
  {
    name: 'freeze SSH',
    side: 'host',
    async strike({ wire }) {
      wire.freeze();
      return async () => wire.thaw();
    },
  },
  {
    name: 'cut the transfer between the hosts',
    side: 'host',
    strike: async ({ transferWire }) => transferWire.cut(),
  },
  {
    name: 'the target host is booted anew',
    side: 'host',
    strike: (rig) => reboot(rig, bootIdOf(rig.sandbox)),
  },
  {
    name: 'kill -9 PostgreSQL on the target host',
    side: 'host',
    async strike({ sandbox }) {
      const { root, pgBin, pgPort } = sandbox.hosts.hosts['test-db'];
      const server = await postmaster(root);
      if (server === undefined) return undefined;
      process.kill(server.pid, 'SIGKILL');
      return async () => {
        await until('its last process is gone', () => !isAlive(server.pid), patience);
        await until('its port is free', () => portIsFree(pgPort), patience);
        // Backends that outlive it for a moment keep it from starting at once; then it would take another port.
        const back = async () => {
          const options = { pgBin, durable: false, mark: sandbox.hosts.folder };
          const port = await startCluster(root, options, pgPort).catch(() => undefined);
          if (port === pgPort) return true;
          await stopCluster(root);
          return false;
        };
        await until('it is back on its port', back, patience);
      };
    },
  },
];

/** Another machine answers in the place of the target host, with a key of its own. `port`: where that one listens. */
export function changedHostKey(port: number): Fault {
  return {
    name: 'another host key',
    side: 'host',
    refuses: true,
    async strike({ wire, sandbox }) {
      const lead = (to: number) => {
        wire.leadTo(to);
        wire.cut();
      };
      lead(port);
      return async () => lead(sandbox.hosts.hosts['test-db'].port);
    },
  };
}

/** `disk`: what has the state and the folders of runs of the target host. */
export function fullDisk(disk: SmallDisk): Fault {
  return {
    name: 'the disk with the folders of runs is full',
    side: 'host',
    async strike() {
      await disk.fill();
      return () => disk.clear();
    },
  };
}

function workersOf(rig: Rig) {
  return rig.bots.filter((bot) => bot !== rig.serve && isAlive(bot.pid));
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

async function limitRedis(url: string, memory: string): Promise<void> {
  const redis = new Redis(url);
  redis.on('error', () => undefined);
  try {
    await redis.config('SET', 'maxmemory', memory);
  } finally {
    redis.disconnect();
  }
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
