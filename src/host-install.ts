import { join } from 'node:path';
import ssh2 from 'ssh2';
import { installScript } from '../runners/host-program/install.ts';
import { type HostFile } from '../runners/host-program/host-conf.ts';
import { engineNamed } from '../runners/index.ts';
import { configError, inputError, oneOf } from './domain/errors.ts';
import { meant } from './domain/lookup.ts';
import { liveNames, type ServerSite, type Site } from './domain/site.ts';

/** What the site file does not know about a host, given on the command line. */
export type InstallWords = {
  /** `nightly=/srv/backups/nightly`: where each root of the site's repositories lies. */
  root: string[];
  /** Folder of the client programs: `/opt/bin`, or `postgres=/opt/pg/bin` of one engine's alone. Default /usr/bin. */
  bin: string[];
  /** The program's own folder; as large as the largest backup that is fetched to this host. */
  state: string;
  /**
   * Password file for the tools on the host, which log in as the loader and the reader only; none with peer login. As with `data`, one that
   * is said with the name of a server, `test-postgres=/etc/freshet/pgpass`, is of that server alone.
   */
  passfile: string[];
  /** Data folder of the server, to tell its free space. */
  data: string[];
  /** `clear-caches=/usr/local/libexec/clear-caches`: the program of each hook that the site has there. What is not said, root fills in on the host. */
  hook: string[];
};

/** The script that sets a host up, made from the site file and these words. To be read, then run as root there. */
export async function hostInstallScript(
  site: Site,
  name: string,
  privateKey: string,
  words: InstallWords,
): Promise<string> {
  const host = site.hosts[name];
  if (host === undefined) {
    const names = Object.keys(site.hosts);
    throw inputError(
      'host-unknown',
      `Host "${name}" is not configured; expected ${oneOf(names)}.`,
      meant(name, names),
    );
  }
  if (host.user === 'root') {
    throw configError(
      'host-user-root',
      `Host "${name}" is reached as "root"; freshet-host runs under an account of its own.`,
      `Set hosts.${name}.user to "freshet"; the script makes that account.`,
    );
  }
  const servers = Object.values(site.servers).filter((server) => server.host === name);
  const roots = rootsOf(site, name, words.root);
  const serverNames = servers.map((server) => server.name);
  const engines = enginesOn(site, name);
  const passfile = told('--passfile', words.passfile, serverNames);
  const data = told('--data', words.data, serverNames);
  const bin = told('--bin', words.bin, engines);
  const commands = commandsOn(site, name);
  const hook = told('--hook', words.hook, commands);
  const programs = commands.flatMap((command) => {
    const path = hook(command);
    return path === undefined ? [] : [[command, path] as const];
  });
  const placements = Object.values(site.environments)
    .filter((environment) => !environment.production)
    .flatMap((environment) => Object.values(environment.databases));
  const live = placements
    .filter((placement) => servers.some((server) => server.name === placement.server))
    .map(({ target, server, databaseName }) => ({ name: target, server, database: databaseName }));
  const proofs = servers.flatMap(({ name: server, proves }) =>
    proves === undefined ? [] : [{ name: proves.target, server, database: proves.databaseName }],
  );
  const sources = Object.values(site.environments)
    .flatMap(({ reads }) => Object.values(reads ?? {}))
    .filter((placement) => servers.some((server) => server.name === placement.server))
    .map(({ target, server, databaseName }) => ({ name: target, server, database: databaseName }));
  const file: HostFile = {
    state: words.state,
    ...(roots.length === 0 ? {} : { grants: '/etc/freshet/keys/grants' }),
    roots,
    servers: servers.map((server) => ({
      name: server.name,
      engine: server.engine,
      port: server.port,
      ...(server.onlyRead === true ? { production: true } : { loader: server.loader.user }),
      ...(server.reader === undefined ? {} : { reader: server.reader.user }),
      ...present('passfile', passfile(server.name)),
      ...present('data', data(server.name)),
    })),
    targets: [...live, ...proofs],
    ...(sources.length === 0 ? {} : { sources }),
    tools: {
      ...Object.fromEntries(
        engines.flatMap((engine) =>
          programsOf(engine, servers).map((tool) => [tool, join(bin(engine) ?? '/usr/bin', tool)]),
        ),
      ),
      gzip: '/usr/bin/gzip',
      zstd: '/usr/bin/zstd',
      cat: '/usr/bin/cat',
    },
    ...(programs.length === 0 ? {} : { hooks: Object.fromEntries(programs) }),
  };
  return installScript({
    file,
    publicKey: publicHalf(privateKey, name),
    account: host.user,
    openHooks: commands.filter((command) => hook(command) === undefined),
    ports: servers.map((server) => server.port),
    setup: servers.map((server) => {
      const { setup } = engineNamed(server.engine);
      return {
        server: server.name,
        run: (sqlFile) => setup.run(sqlFile, server.maintenanceDatabase),
        passwordLine: setup.passwordLine,
        sql: setupSqlOf(server, file),
      };
    }),
  });
}

/** SQL for an administrator of the server: of one that is only read, its reader alone. */
function setupSqlOf(server: ServerSite, { targets, sources = [] }: HostFile): string {
  const { setup } = engineNamed(server.engine);
  const on = (all: HostFile['targets']) =>
    all.filter((one) => one.server === server.name).map(({ database }) => database);
  if (server.onlyRead === true) return setup.takes?.sql(server.reader!.user, on(sources)) ?? '';
  return setup.sql({
    admin: server.admin.user,
    loader: server.loader.user,
    ...(server.reader === undefined ? {} : { reader: server.reader.user }),
    owners: [],
    databases: on(targets),
  });
}

/** What steps start on a host; where one of its servers has a reader, also what takes backups. */
function programsOf(engine: string, servers: readonly ServerSite[]): readonly string[] {
  const { programs, takes } = engineNamed(engine).setup;
  const dumps = servers.some((server) => server.engine === engine && server.reader !== undefined);
  return dumps ? [...programs, ...(takes?.programs ?? [])] : programs;
}

/** Engines of the servers that run there, and of the databases whose backups lie there and are read there. */
function enginesOn(site: Site, host: string): string[] {
  const environments = Object.values(site.repositories)
    .filter((repository) => repository.host === host)
    .flatMap(({ environment }) => site.environments[environment] ?? []);
  const backedUp = environments.flatMap((environment) => Object.keys(liveNames(environment)));
  return [
    ...new Set([
      ...Object.values(site.servers).flatMap((server) => (server.host === host ? [server.engine] : [])),
      ...backedUp.flatMap((database) => site.databases[database]?.engine ?? []),
    ]),
  ];
}

/** The hooks that are commands of this host, by the names in its own file. */
function commandsOn(site: Site, host: string): string[] {
  const hooks = Object.values(site.environments).flatMap((environment) => environment.hooks ?? []);
  const here = hooks.flatMap((hook) => (hook.kind === 'command' && hook.host === host ? [hook.command] : []));
  return [...new Set(here)];
}

/** What was said for a name with `NAME=PATH`, else what was said for all. */
function told(
  option: string,
  given: readonly string[],
  names: readonly string[],
): (name: string) => string | undefined {
  const paths = new Map(
    given.map((word) => {
      const at = word.startsWith('/') ? 0 : word.indexOf('=');
      return [word.slice(0, Math.max(0, at)), at < 1 ? word : word.slice(at + 1)];
    }),
  );
  for (const name of paths.keys()) {
    if (name === '' || names.includes(name)) continue;
    throw inputError(
      'install-name-unknown',
      `"${name}" is not on this host; ${option} expects ${names.length === 0 ? 'none' : oneOf(names)} before the "=".`,
      meant(name, names),
    );
  }
  return (name) => paths.get(name) ?? paths.get('');
}

function present<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

/** Every root of the site's repositories on this host must be told, and nothing else. */
function rootsOf(site: Site, host: string, given: readonly string[]): HostFile['roots'] {
  const needed = [
    ...new Set(
      Object.values(site.repositories)
        .filter((repository) => repository.host === host)
        .map((repository) => repository.root),
    ),
  ];
  const paths = new Map(
    given.map((word) => {
      const at = word.indexOf('=');
      return at < 1 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
  for (const [root, path] of paths) {
    if (!needed.includes(root)) {
      throw inputError(
        'root-unknown',
        `Root "${root}" belongs to no repository on "${host}"; expected ${needed.length === 0 ? 'none' : oneOf(needed)}.`,
        meant(root, needed),
      );
    }
    if (!path.startsWith('/')) {
      throw inputError(
        'root-path',
        `Root "${root}" has no absolute path.`,
        `Say --root ${root}=/srv/backups/${root}`,
      );
    }
  }
  return needed.map((root) => {
    const path = paths.get(root);
    const takes = Object.values(site.repositories).some(
      (repository) => repository.host === host && repository.root === root && repository.takes === true,
    );
    if (path !== undefined) return { name: root, path, ...(takes ? { takes } : {}) };
    throw inputError(
      'root-missing',
      `Root "${root}" of a repository on "${host}" was not told.`,
      `Say --root ${root}=/srv/backups/${root}`,
    );
  });
}

function publicHalf(privateKey: string, host: string): string {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) {
    throw configError(
      'key-unreadable',
      `The private key of "${host}" can't be read as an OpenSSH or PEM key.`,
      'Make one with ssh-keygen -t ed25519, and name its file in the site file.',
    );
  }
  return `${key.type} ${key.getPublicSSH().toString('base64')}`;
}
