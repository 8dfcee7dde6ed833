import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client } from 'pg';
import { execute, type Outcome } from '../../../runners/execute.ts';
import type { Engine, ItemContext, ServerAccess } from '../../../runners/engine.ts';
import type { HostProgram } from '../../../runners/host-program/client.ts';
import { connectHostProgram } from '../../../runners/host-program/session.ts';
import { type Plan, unchangedSteps } from '../../../runners/plan.ts';
import { postgres } from '../../../runners/postgres/index.ts';
import { setupSql } from '../../../runners/postgres/setup.ts';
import { identifier } from '../../../runners/quote.ts';
import type { Host } from '../../../runners/transport/host.ts';
import { openSshHost } from '../../../runners/transport/ssh.ts';
import type { Backup, BackupFormat } from '../../../src/domain/backup.ts';
import type { Placement, ServerSite } from '../../../src/domain/site.ts';
import {
  clusterFiles,
  ensureCluster,
  findPgBin,
  startCluster,
  stopCluster,
  superuser,
} from '../../../src/sandbox/hosts/cluster.ts';
import { freshRun } from '../host-program/on-each-shell.ts';
import { type PrivateHost, startPrivateHost } from '../host-program/private-sshd.ts';
import { MemoryCheckpoint } from '../memory-checkpoint.ts';
import { hostSite, measured, swapOf } from './measured.ts';

const run = promisify(execFile);

export type Rig = Awaited<ReturnType<typeof startRig>>;

export const roles = { admin: 'freshet_admin', loader: 'freshet_loader', owner: 'shop_owner' };

/** A PostgreSQL cluster behind a real sshd with freshet-host, and a second host that only holds backups. */
export async function startRig(options: { databases: Readonly<Record<string, string>>; durable?: boolean }) {
  const folder = await mkdtemp(join(tmpdir(), 'freshet-engine-'));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'var/log'), { recursive: true });
  const pgBin = await findPgBin();
  const cluster = { pgBin, durable: options.durable ?? false, mark: folder };
  await ensureCluster(folder, cluster);
  const port = await startCluster(folder, cluster);
  const connect = (database: string) => superuser(folder, port, database);
  const passwords = { admin: randomBytes(12).toString('hex'), loader: randomBytes(12).toString('hex') };
  const passfile = join(folder, 'pgpass');
  await writeFile(
    passfile,
    `*:*:*:${roles.admin}:${passwords.admin}\n*:*:*:${roles.loader}:${passwords.loader}\n`,
    { mode: 0o600 },
  );
  const root = await connect('postgres');
  await root.query(
    `CREATE ROLE ${roles.owner} NOLOGIN; CREATE ROLE shop_app LOGIN PASSWORD 'app'; CREATE ROLE readers NOLOGIN`,
  );
  await root.query(setupSql({ admin: roles.admin, loader: roles.loader, owners: [roles.owner] }));
  await root.query(
    `ALTER ROLE ${roles.admin} PASSWORD '${passwords.admin}'; ALTER ROLE ${roles.loader} PASSWORD '${passwords.loader}'`,
  );
  await root.end();

  const tool = (name: string) => join(pgBin, name);
  const targets = Object.entries(options.databases).map(([name, database]) => ({
    name,
    server: 'pg',
    database,
  }));
  const near = await startPrivateHost({
    shell: 'dash',
    name: 'near',
    ports: [port],
    file: {
      servers: [
        {
          name: 'pg',
          engine: 'postgres',
          port,
          passfile,
          ...roles,
          data: clusterFiles(folder).data,
        },
      ],
      targets,
      tools: {
        pg_restore: tool('pg_restore'),
        psql: tool('psql'),
        gzip: '/bin/gzip',
        zstd: '/usr/bin/zstd',
        cat: '/bin/cat',
      },
    },
  });
  const far = await startPrivateHost({ shell: 'dash', name: 'far', file: {} });
  const opened: { host: Host; program: HostProgram }[] = [];
  function open(at: PrivateHost) {
    const host = openSshHost(at.address);
    const one = { host, program: connectHostProgram(host) };
    opened.push(one);
    return one;
  }
  const here = open(near);
  const there = open(far);
  const site: ServerSite = {
    name: 'pg',
    engine: 'postgres',
    host: 'near',
    port,
    maintenanceDatabase: 'postgres',
    admin: { user: roles.admin, password: 'env:UNUSED' },
    loader: { user: roles.loader, password: 'env:UNUSED' },
    extensions: ['citext', 'pg_trgm'],
  };
  const access: ServerAccess = {
    site,
    host: here.host,
    program: here.program,
    password: async (identity) => passwords[identity],
  };

  /** As the superuser, in one database. */
  async function inside<T>(database: string, work: (client: Client) => Promise<T>): Promise<T> {
    const client = await connect(database);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
  const sql = (database: string, text: string) => inside(database, (client) => client.query(text));
  async function value(database: string, text: string): Promise<unknown> {
    const { rows } = await inside(database, (client) => client.query(text));
    return rows[0] === undefined ? undefined : (Object.values(rows[0] as object)[0] as unknown);
  }

  const superpass = (await readFile(clusterFiles(folder).superuser, 'utf8')).trim();
  const env = {
    ...process.env,
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: 'postgres',
    PGPASSWORD: superpass,
  };
  const command = async (name: string, args: string[]) => run(tool(name), args, { env, maxBuffer: 1e8 });

  let backups = 0;
  /** Dumps a database as a cron job would, into the backup root of one of the hosts. */
  async function dump(
    database: string,
    format: BackupFormat,
    where: PrivateHost = near,
    more: string[] = [],
  ): Promise<Backup & { checksum: string }> {
    backups += 1;
    const kind = { 'pg-custom': 'c', 'pg-directory': 'd' }[format as string] ?? 'p';
    const ending = {
      'pg-custom': '.dump',
      'pg-directory': '',
      'pg-plain': '.sql',
      'pg-plain-gzip': '.sql.gz',
      'pg-plain-zstd': '.sql.zst',
    }[format];
    const path = `b${backups}${ending}`;
    const file = join(where.root, path);
    const plain = kind === 'p' ? join(where.root, `b${backups}.sql`) : file;
    await command('pg_dump', ['-F', kind, '-f', plain, ...more, database]);
    if (format === 'pg-plain-gzip') await run('gzip', [plain]);
    if (format === 'pg-plain-zstd') await run('zstd', ['-q', '--rm', plain]);
    return backupAt(where, path, format);
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
      engine: 'postgres',
      format,
      engineVersion: '15.1',
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
        server: 'pg',
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
    const parts = items.map((item) => postgres.steps(item));
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
    before?: (line: string) => void;
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
      checkpoint.meets = (line) => {
        more.before?.(line);
        if (line === more.until) swappedAt = performance.now() - since;
      };
    }
    const outcome = await execute(plan, {
      checkpoint,
      fence: more.fence ?? fence,
      attempt: more.attempt ?? 1,
      engine: () => more.engine ?? postgres,
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

  /** All but the cluster's own. */
  async function databases(): Promise<string[]> {
    const { rows } = await inside('postgres', (client) =>
      client.query<{ datname: string }>(
        `SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1') ORDER BY datname COLLATE "C"`,
      ),
    );
    return rows.map(({ datname }) => datname);
  }

  async function drop(...names: string[]): Promise<void> {
    for (const name of names)
      await sql('postgres', `DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`);
  }

  async function stop(): Promise<void> {
    for (const { host, program } of opened) {
      await program.close();
      await host.close();
    }
    await Promise.all([near.stop(), far.stop(), stopCluster(folder)]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  return {
    folder, port, pgBin, near, far, access, site, passwords, here, there, env,
    inside, sql, value, command, dump, backupAt, context, planOf, again, walk, skipFences, swapOf, databases, drop, connect, stop,
  }; // prettier-ignore
}
