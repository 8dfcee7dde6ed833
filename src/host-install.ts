import { join } from 'node:path';
import ssh2 from 'ssh2';
import { installScript, type HostFile } from '../runners/host-program/install.ts';
import { setupSql } from '../runners/postgres/setup.ts';
import { configError, inputError, oneOf } from './domain/errors.ts';
import { meant } from './domain/lookup.ts';
import type { Site } from './domain/site.ts';

/** What the site file does not know about a host, given on the command line. */
export type InstallWords = {
  /** `nightly=/srv/backups/nightly`: where each root of the site's repositories lies. */
  root: string[];
  /** Folder of the PostgreSQL client programs. */
  bin: string;
  /** The program's own folder; as large as the largest backup that is fetched to this host. */
  state: string;
  /** libpq password file for the tools on the host, which log in as the loader only; none with peer login. */
  passfile?: string;
  /** Data folder of the server, to tell its free space. */
  data?: string;
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
  const placements = Object.values(site.environments)
    .filter((environment) => !environment.production)
    .flatMap((environment) => Object.values(environment.databases));
  const file: HostFile = {
    state: words.state,
    ...(roots.length === 0 ? {} : { grants: '/etc/freshet/keys/grants' }),
    roots,
    servers: servers.map((server) => ({
      name: server.name,
      engine: 'postgres',
      port: server.port,
      loader: server.loader.user,
      ...(words.passfile === undefined ? {} : { passfile: words.passfile }),
      ...(words.data === undefined ? {} : { data: words.data }),
    })),
    targets: placements
      .filter((placement) => servers.some((server) => server.name === placement.server))
      .map(({ target, server, databaseName }) => ({ name: target, server, database: databaseName })),
    tools: {
      ...Object.fromEntries(['pg_restore', 'psql'].map((tool) => [tool, join(words.bin, tool)])),
      gzip: '/usr/bin/gzip',
      zstd: '/usr/bin/zstd',
      cat: '/usr/bin/cat',
    },
  };
  return installScript({
    file,
    publicKey: publicHalf(privateKey, name),
    account: host.user,
    ports: servers.map((server) => server.port),
    setup: servers.map((server) => ({
      server: server.name,
      database: server.maintenanceDatabase,
      sql: setupSql({
        admin: server.admin.user,
        loader: server.loader.user,
        owners: [],
        databases: file.targets.filter((one) => one.server === server.name).map(({ database }) => database),
      }),
    })),
  });
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
    if (path !== undefined) return { name: root, path };
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
