import { inputError } from '../../src/domain/errors.ts';
import { encodeWord } from './codec.ts';

/** What a host's own file says: everything that the program may touch there. Names are those of the site file. */
export type HostFile = {
  /** The program's own folder, 0700; holds journals, logs, fetched backups. On the same disk as there is space for a backup. */
  state: string;
  /** The second authorized_keys file, which the program writes one-run keys to. Without it this host sends no backups. */
  grants?: string;
  /** PATH of the program. Default: the usual folders of the system. */
  path?: string;
  /** The sh that steps are supervised with. Default /bin/sh. */
  shell?: string;
  /** Where the boot id is read. Default: the kernel's. */
  bootId?: string;
  /** A variable of sshd's environment that is passed on to steps: the mark by which a sandbox finds its processes. */
  keepEnv?: string;
  servers: HostServer[];
  targets: { name: string; server: string; database: string }[];
  /** Databases that may be dumped and never overwritten. A target may be dumped as well, where its server has a reader. */
  sources?: { name: string; server: string; database: string }[];
  /** Backup folders, which are only read but where `takes` lets a dump be written into them. */
  roots: { name: string; path: string; takes?: boolean }[];
  /** Name -> absolute path. Known names: pg_restore, pg_dump, psql, gzip, zstd, cat. */
  tools: Readonly<Record<string, string>>;
  /** Name -> absolute path of a program that may be run behind a swap. It gets what happened on its stdin, as JSON. */
  hooks?: Readonly<Record<string, string>>;
};

export type HostServer = {
  name: string;
  engine: string;
  /** A socket folder, `localhost`, `127.0.0.1` or `::1`. Default 127.0.0.1. */
  host?: string;
  port: number;
  /** A 0600 password file in libpq's format; none where the socket's peer login serves. */
  passfile?: string;
  /** Role that owns what is restored and nothing else: the only one that tools log in as. None where nothing is restored. */
  loader?: string;
  /** Role that dumps; none, and nothing on the server can be dumped. */
  reader?: string;
  /** The data folder, for its free space. */
  data?: string;
  /** Nothing on it is ever a target: the program refuses its whole file when one is. */
  production?: boolean;
};

/** The text of `host.conf`. Words with odd characters are written as the program reads them. */
export function hostConf(file: HostFile): string {
  for (const path of [
    file.state,
    file.grants,
    file.shell,
    file.bootId,
    ...Object.values(file.tools),
    ...Object.values(file.hooks ?? {}),
  ]) {
    if (path !== undefined) plainPath(path);
  }
  const lines = [
    '# What freshet-host may touch on this host: everything else is refused. Belongs to root, not writable for others.',
    `state ${encodeWord(file.state)}`,
  ];
  if (file.grants !== undefined) lines.push(`grants ${encodeWord(file.grants)}`);
  if (file.path !== undefined) lines.push(`path ${encodeWord(file.path)}`);
  if (file.shell !== undefined) lines.push(`shell ${encodeWord(file.shell)}`);
  if (file.bootId !== undefined) lines.push(`boot-id ${encodeWord(file.bootId)}`);
  if (file.keepEnv !== undefined) lines.push(`keep-env ${file.keepEnv}`);
  for (const server of file.servers) {
    lines.push(
      [
        `server ${server.name} engine=${server.engine}`,
        ...(server.host === undefined ? [] : [`host=${encodeWord(server.host)}`]),
        `port=${server.port}`,
        ...(server.passfile === undefined ? [] : [`passfile=${encodeWord(server.passfile)}`]),
        ...(server.loader === undefined ? [] : [`loader=${encodeWord(server.loader)}`]),
        ...(server.reader === undefined ? [] : [`reader=${encodeWord(server.reader)}`]),
        ...(server.data === undefined ? [] : [`data=${encodeWord(server.data)}`]),
        ...(server.production === true ? ['production'] : []),
      ].join(' '),
    );
  }
  for (const target of file.targets) {
    lines.push(`target ${target.name} server=${target.server} database=${encodeWord(target.database)}`);
  }
  for (const source of file.sources ?? []) {
    lines.push(`source ${source.name} server=${source.server} database=${encodeWord(source.database)}`);
  }
  for (const root of file.roots) {
    lines.push(`root ${root.name} ${encodeWord(root.path)}`);
    if (root.takes === true) lines.push(`takes ${root.name}`);
  }
  for (const [name, path] of Object.entries(file.tools)) lines.push(`tool ${name} ${encodeWord(path)}`);
  for (const [name, path] of Object.entries(file.hooks ?? {})) lines.push(`hook ${name} ${encodeWord(path)}`);
  return `${lines.join('\n')}\n`;
}

/** A path that stands in command lines and configuration: nothing in it that quotes or expands. */
export function plainPath(path: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (!path.startsWith('/') || /[\u0000-\u001f\u007f"'\\%$`]/.test(path) || path.includes('..')) {
    throw inputError(
      'path-not-plain',
      `Path "${path}" can't be used for the host program: it must be absolute, without quotes, "$", "%", "\\" and "..".`,
      'Choose another folder.',
    );
  }
  return path;
}
