import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute, type Outcome } from '../../runners/execute.ts';
import type { Engine, ItemContext, ServerAccess } from '../../runners/engine.ts';
import type { HostProgram } from '../../runners/host-program/client.ts';
import { connectHostProgram } from '../../runners/host-program/session.ts';
import { type Plan, unchangedSteps } from '../../runners/plan.ts';
import type { Host } from '../../runners/transport/host.ts';
import { openSshHost } from '../../runners/transport/ssh.ts';
import type { Backup, BackupFormat } from '../../src/domain/backup.ts';
import type { Placement } from '../../src/domain/site.ts';
import { folderInMemory } from '../in-memory.ts';
import type { BenchServer, EngineBench } from './engine-bench.ts';
import { freshRun } from './host-program/on-each-shell.ts';
import { type PrivateHost, startPrivateHost } from './host-program/private-sshd.ts';
import { hostSite, measured, swapOf } from './measured.ts';
import { MemoryCheckpoint } from './memory-checkpoint.ts';

export type RigOptions = {
  /** Target -> its live database. */
  databases: Readonly<Record<string, string>>;
  durable?: boolean;
  /** Of the server, with its `disk` below; whoever gives one removes it. */
  folder?: string;
  /** What the server's host is called, where several rigs stand beside each other; else `near`. */
  near?: string;
};

export type Rig<S extends BenchServer = BenchServer> = Awaited<ReturnType<typeof startRig<S>>>;

/** A server of an engine behind a real sshd with freshet-host, and a second host that only holds backups. */
export async function startRig<S extends BenchServer>(bench: EngineBench<S>, options: RigOptions) {
  const { engine } = bench;
  const prefix = 'freshet-engine-';
  const durable = options.durable ?? false;
  const folder =
    options.folder ?? (await (durable ? mkdtemp(join(tmpdir(), prefix)) : folderInMemory(prefix)));
  await chmod(folder, 0o755);
  const server = await bench.start(folder, { durable, small: options.folder !== undefined });
  const nearName = options.near ?? 'near';
  const site = { ...server.site, host: nearName };
  const targets = Object.entries(options.databases).map(([name, database]) => ({
    name,
    server: site.name,
    database,
  }));
  const tools = { gzip: '/bin/gzip', zstd: '/usr/bin/zstd', cat: '/bin/cat', ...server.tools };
  const near = await startPrivateHost({
    shell: 'dash',
    name: nearName,
    ports: [server.port],
    file: {
      servers: [server.hostServer],
      targets,
      tools,
    },
  });
  const far = await startPrivateHost({ shell: 'dash', name: 'far', file: { tools } });
  const opened: { host: Host; program: HostProgram }[] = [];
  function open(at: PrivateHost) {
    const host = openSshHost(at.address);
    const one = { host, program: connectHostProgram(host) };
    opened.push(one);
    return one;
  }
  const here = open(near);
  const there = open(far);
  const access: ServerAccess = {
    site,
    host: here.host,
    program: here.program,
    password: async (identity) => server.passwords[identity] ?? assert.fail(`no ${identity} on this bench`),
  };

  let backups = 0;
  /** Dumps a database as a cron job would, into the backup root of one of the hosts. */
  async function dump(
    database: string,
    format: BackupFormat,
    where: PrivateHost = near,
  ): Promise<Backup & { checksum: string }> {
    const path = await server.dump(database, format, where.root, freshStem());
    return backupAt(where, path, format);
  }

  function freshStem(): string {
    backups += 1;
    return `b${backups}`;
  }

  /** A backup as the catalogue would know it, of what lies there now. */
  async function backupAt(where: PrivateHost, path: string, format: BackupFormat) {
    const file = join(where.root, path);
    const { bytes, checksum } = await measured(file);
    return {
      id: `BKP-${backups}` as const,
      database: 'orders',
      environment: 'production',
      repository: where.address.name,
      path,
      engine: engine.name,
      format,
      engineVersion: bench.engineVersion,
      dataAtOrigin: 'unknown' as const,
      takenAt: new Date(0),
      bytes,
      checksum,
      anonymisation: 'raw' as const,
      scope: 'full' as const,
      state: 'present' as const,
      foundAt: new Date(0),
    };
  }

  function context(
    target: string,
    more: Partial<ItemContext> & { backup?: Backup; placed?: Partial<Placement> },
  ): ItemContext {
    const { backup, placed, ...rest } = more;
    const from = backup?.repository === 'far' ? far : near;
    return {
      kind: 'refresh',
      run: freshRun(),
      placement: {
        database: target,
        server: site.name,
        databaseName: options.databases[target] ?? target,
        target,
        scripts: [],
        minimumRows: {},
        sentinels: [],
        jobs: 2,
        ...placed,
      },
      server: site,
      host: hostSite(near),
      drainSeconds: 1,
      ...(backup === undefined
        ? {}
        : {
            source: {
              backup,
              repository: {
                name: from.address.name,
                host: from.address.name,
                root: 'nightly',
                environment: 'production',
                anonymisation: 'raw',
                scope: 'full',
                scanEverySeconds: 60,
              },
              host: hostSite(from),
            },
          }),
      ...rest,
    };
  }

  function planOf(...items: ItemContext[]): Plan {
    const parts = items.map((item) => engine.steps(item));
    // As the store would give it back.
    return JSON.parse(
      JSON.stringify({
        version: 1,
        kind: items[0]!.kind,
        run: items[0]!.run,
        items: parts.map(({ item }) => item),
        steps: parts.flatMap(({ steps }) => steps),
      }),
    ) as Plan;
  }

  /** The plan of a further attempt of the same run, made like `other`. */
  function again(plan: Plan, other: Plan): Plan {
    const text = JSON.stringify(other).replaceAll(other.run, plan.run);
    const next = { ...(JSON.parse(text) as Plan), attempt: 2 };
    return { ...next, unchanged: unchangedSteps(plan, next) };
  }

  let fence = 0;
  type Walking = {
    checkpoint?: MemoryCheckpoint;
    attempt?: number;
    engine?: Engine;
    signal?: AbortSignal;
    sliceSeconds?: number;
    keepsFailed?: boolean;
    fence?: number;
    /** Called with each thing that the walk tells, before it goes on. */
    before?: (line: string) => unknown;
    /** The line whose moment is told in `swappedAt`, in milliseconds since the start. */
    until?: string;
  };
  async function walk(
    plan: Plan,
    more: Walking = {},
  ): Promise<{ outcome: Outcome; checkpoint: MemoryCheckpoint; fence: number; swappedAt?: number }> {
    const checkpoint = more.checkpoint ?? new MemoryCheckpoint(plan.run);
    fence += 1;
    checkpoint.attempt = more.attempt ?? 1;
    const since = performance.now();
    let swappedAt: number | undefined;
    if (more.before !== undefined || more.until !== undefined) {
      checkpoint.meets = async (line) => {
        await more.before?.(line);
        if (line === more.until) swappedAt = performance.now() - since;
      };
    }
    const outcome = await execute(plan, {
      checkpoint,
      fence: more.fence ?? fence,
      attempt: more.attempt ?? 1,
      engine: () => more.engine ?? engine,
      access: () => access,
      program: (name) => (name === 'far' ? there.program : here.program),
      signal: more.signal ?? new AbortController().signal,
      keepsFailed: more.keepsFailed ?? false,
      sliceSeconds: more.sliceSeconds ?? 60,
      watchSeconds: 0.2,
    });
    return { outcome, checkpoint, fence, ...(swappedAt === undefined ? {} : { swappedAt }) };
  }

  /** As if other attempts had come in between: the next walk has a fence beyond theirs. */
  function skipFences(count: number): void {
    fence += count;
  }

  async function stop(): Promise<void> {
    for (const { host, program } of opened) {
      await program.close();
      await host.close();
    }
    await Promise.all([near.stop(), far.stop(), server.stop()]);
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  return {
    engine, folder, near, far, access, site, server, here, there,
    dump, backupAt, context, planOf, again, walk, skipFences, swapOf, stop,
  }; // prettier-ignore
}
