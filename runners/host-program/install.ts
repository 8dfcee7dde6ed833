import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inputError } from '../../src/domain/errors.ts';
import { type HostFile, hostConf, plainPath } from './host-conf.ts';

/** The program itself, as it lies in this repository. */
export const programFile = fileURLToPath(new URL('freshet-host', import.meta.url));

/** Where the parts of an installation lie. */
export type InstalledAt = {
  program: string;
  conf: string;
  /** The sh of the forced command, and before it nothing. Default /bin/sh. */
  shell?: string;
  /**
   * The file belongs to the account itself and not to root: only for sandboxes and tests, which have no root. There the
   * account could change its own list, so this guards against mistakes of the bot and not against a stolen account.
   */
  ownConf?: boolean;
};

/**
 * The line for the account's authorized_keys: the key may run the program and open the given loopback ports (the
 * databases'), nothing else.
 */
export function authorizedKeysLine(publicKey: string, at: InstalledAt, ports: readonly number[]): string {
  const [type = '', key = ''] = publicKey.trim().split(/\s+/);
  if (!/^[a-z0-9@.-]+$/.test(type) || !/^[A-Za-z0-9+/=]+$/.test(key)) {
    throw inputError(
      'key-malformed',
      'The public key is not of the form "ssh-ed25519 AAAA...".',
      'Take the line of the .pub file.',
    );
  }
  const command = [quoted(at.shell ?? '/bin/sh'), quoted(at.program), '--config', quoted(at.conf)];
  if (at.ownConf === true) command.push('--own-config');
  const options = ['restrict', `command="${command.join(' ')}"`];
  if (ports.length > 0) {
    options.push('port-forwarding', ...ports.map((port) => `permitopen="127.0.0.1:${port}"`));
    // The same option would allow listening on the host's ports; "none" is not to be had here, so: one that is of no use.
    options.push('permitlisten="127.0.0.1:1"');
  }
  return `${options.join(',')} ${type} ${key} freshet`;
}

/** For a POSIX shell; `plainPath` has refused what single quotes would not hold. */
function quoted(path: string): string {
  plainPath(path);
  return /^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path}'`;
}

/** What is left to be done by hand on a server. `run`: how, for people; `passwordLine`: what its password file holds. */
type ServerSetup = { server: string; sql: string; run: (file: string) => string; passwordLine: string };

/** What `installScript` needs beyond the host's file. */
export type InstallOptions = {
  file: HostFile;
  /** The bot's public key. */
  publicKey: string;
  /** The account to make. Default `freshet`. */
  account?: string;
  /** Loopback ports of the databases, for `pg` over the connection. */
  ports: readonly number[];
  /** SQL that an administrator of each server runs once. Laid down beside the host's file. */
  setup?: readonly ServerSetup[];
  /** Hooks of the site on this host whose programs are not known, as the site file names them: lower-case letters, digits and "-". Root fills them in; what is filled in stays. */
  openHooks?: readonly string[];
};

/** The script that `npx freshet host install` prints, to be read and then run as root on the host. Idempotent. */
export async function installScript(options: InstallOptions): Promise<string> {
  const account = options.account ?? 'freshet';
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(account)) {
    throw inputError(
      'account-malformed',
      `Account "${account}" is not a plain account name.`,
      'Use "freshet".',
    );
  }
  const { file } = options;
  const at: InstalledAt = {
    program: '/usr/local/libexec/freshet-host',
    conf: '/etc/freshet/host.conf',
    ...(file.shell === undefined ? {} : { shell: file.shell }),
  };
  const conf = hostConf(file);
  const keys = authorizedKeysLine(options.publicKey, at, options.ports);
  const program = await readFile(programFile, 'utf8');
  const grants =
    file.grants === undefined
      ? []
      : [`install -d -o ${account} -g ${account} -m 0700 ${quoted(folderOf(file.grants))}`];
  return [
    '#!/bin/sh',
    '# Sets up a host for Freshet. Read it, then run it as root on the host. Running it again updates program and file.',
    'set -eu',
    '[ "$(id -u)" = 0 ] || { echo "run this as root" >&2; exit 1; }',
    '',
    `# An account without a password: the bot's key can run the program and nothing else.`,
    `id ${account} >/dev/null 2>&1 || useradd --system --create-home --home-dir /var/lib/${account} --shell /bin/sh ${account}`,
    '',
    'install -d -m 0755 /usr/local/libexec /etc/freshet',
    `install -d -o ${account} -g ${account} -m 0700 ${quoted(file.state)}`,
    ...grants,
    // One that is there keeps its owner: jobs may write into it, too.
    ...file.roots
      .filter(({ takes }) => takes === true)
      .map(
        ({ path }) =>
          `[ -d ${quoted(path)} ] || install -d -o ${account} -g ${account} -m 0700 ${quoted(path)}`,
      ),
    '',
    `cat > ${at.program}.new <<'END-OF-FRESHET-PROGRAM'`,
    program.trimEnd(),
    'END-OF-FRESHET-PROGRAM',
    `chown root:root ${at.program}.new && chmod 0755 ${at.program}.new && mv ${at.program}.new ${at.program}`,
    '',
    `cat > ${at.conf}.new <<'END-OF-FRESHET-CONF'`,
    conf.trimEnd(),
    'END-OF-FRESHET-CONF',
    ...openHookLines(at.conf, options.openHooks ?? []),
    `chown root:root ${at.conf}.new && chmod 0644 ${at.conf}.new && mv ${at.conf}.new ${at.conf}`,
    '',
    '# The key file belongs to root as well, so that the account cannot widen its own rights.',
    `home=$(getent passwd ${account} | cut -d: -f6)`,
    `chown root:${account} "$home" && chmod 0750 "$home"`,
    `install -d -o root -g ${account} -m 0750 "$home/.ssh"`,
    `cat > "$home/.ssh/authorized_keys" <<'END-OF-FRESHET-KEYS'`,
    keys,
    'END-OF-FRESHET-KEYS',
    `chown root:${account} "$home/.ssh/authorized_keys" && chmod 0640 "$home/.ssh/authorized_keys"`,
    '',
    ...sshdLines(account, file.grants),
    ...passfiles(file, account, options.setup ?? []),
    ...(options.setup ?? []).flatMap((setup) => setupLines(setup)),
    `su -s /bin/sh ${account} -c '${at.shell ?? '/bin/sh'} ${at.program} --config ${at.conf} --check'`,
    `echo 'freshet-host is ready'`,
    ...nextWords(options.setup ?? []),
    '',
  ].join('\n');
}

/** A line for each hook whose program only root knows: as it stands there already, or as a comment to be filled in. */
function openHookLines(conf: string, hooks: readonly string[]): string[] {
  if (hooks.length === 0) return [];
  return [
    '# Which program a hook is, root says alone: take the "#" away and name one that belongs to root. What stands there already stays.',
    `for hook in ${hooks.join(' ')}; do`,
    `  grep -s "^hook $hook /" ${conf} || echo "#hook $hook /path/of/the/program"`,
    `done >> ${conf}.new`,
  ];
}

/**
 * What sshd is told of the account. Forwarding is narrowed here as well as in the key's line: `port-forwarding` there would
 * let the key open sockets of the host (the database's own, with its peer login) and listen on its ports.
 */
function sshdLines(account: string, grants: string | undefined): string[] {
  const match = [
    `Match User ${account}`,
    // One-run keys for host-to-host transfers live in a second file, which the program writes.
    `  AuthorizedKeysFile .ssh/authorized_keys${grants === undefined ? '' : ` ${quoted(grants)}`}`,
    '  AllowTcpForwarding local',
    '  AllowStreamLocalForwarding no',
    'Match all',
  ];
  return [
    '# The account reaches the ports of its key over loopback; no sockets of the host, and it listens nowhere.',
    "cat > /etc/freshet/sshd.conf.new <<'END-OF-FRESHET-SSHD'",
    ...match,
    'END-OF-FRESHET-SSHD',
    'if [ -d /etc/ssh/sshd_config.d ]; then',
    '  mv /etc/freshet/sshd.conf.new /etc/ssh/sshd_config.d/freshet.conf',
    '  chown root:root /etc/ssh/sshd_config.d/freshet.conf && chmod 0644 /etc/ssh/sshd_config.d/freshet.conf',
    '  sshd -t && { systemctl reload ssh 2>/dev/null || systemctl reload sshd 2>/dev/null || echo "reload sshd by hand" >&2; }',
    'else',
    '  echo "add these lines to sshd_config and reload it:" >&2',
    '  cat /etc/freshet/sshd.conf.new >&2',
    'fi',
    '',
  ];
}

/** Empty password files, so that they have the right owner and mode before anything secret is in them. */
function passfiles(file: HostFile, account: string, setups: readonly ServerSetup[]): string[] {
  const paths = [...new Set(file.servers.flatMap(({ passfile }) => passfile ?? []))];
  const lines = [...new Set(setups.map(({ passwordLine }) => passwordLine))];
  return paths.flatMap((path) => [
    ...lines.map((line) => `# The passwords of the loader and the reader go in here by hand: ${line}`),
    `[ -e ${quoted(path)} ] || install -o ${account} -g ${account} -m 0600 /dev/null ${quoted(path)}`,
    '',
  ]);
}

/** What is left to do by hand, as text that the shell does not look into. */
function nextWords(setups: readonly ServerSetup[]): string[] {
  if (setups.length === 0) return [];
  const each = setups.map(({ server, run }) => `  ${server}: ${run(setupFile(server))}`);
  return [
    "cat <<'END-OF-FRESHET-WORDS'",
    'Left to do, as an administrator of each database server:',
    ...each,
    'END-OF-FRESHET-WORDS',
  ];
}

function setupFile(server: string): string {
  return plainPath(`/etc/freshet/setup-${server}.sql`);
}

function setupLines({ server, sql }: { server: string; sql: string }): string[] {
  return [
    '# Roles and tables of the database server; nothing here runs it.',
    `cat > ${setupFile(server)} <<'END-OF-FRESHET-SQL'`,
    sql.trimEnd(),
    'END-OF-FRESHET-SQL',
    `chown root:root ${setupFile(server)} && chmod 0644 ${setupFile(server)}`,
    '',
  ];
}

function folderOf(path: string): string {
  return plainPath(path.slice(0, path.lastIndexOf('/')) || '/');
}

/** An installation below a folder, for the sandbox and the tests: no account is made, the file belongs to us. */
export async function installLocally(options: {
  /** Folder for everything; made when it is missing. Its path must be plain. */
  folder: string;
  /** The host's file; `state` and `grants` are put into the folder. */
  file: Omit<HostFile, 'state' | 'grants'>;
  publicKey: string;
  ports: readonly number[];
}): Promise<{ program: string; conf: string; state: string; grants: string; authorizedKeys: string }> {
  const folder = plainPath(options.folder);
  const state = join(folder, 'state');
  const grants = join(folder, 'keys', 'grants');
  await mkdir(state, { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  const at: InstalledAt = {
    program: join(folder, 'freshet-host'),
    conf: join(folder, 'host.conf'),
    ownConf: true,
    ...(options.file.shell === undefined ? {} : { shell: options.file.shell }),
  };
  await copyFile(programFile, at.program);
  await chmod(at.program, 0o755);
  await writeFile(at.conf, hostConf({ ...options.file, state, grants }), { mode: 0o644 });
  const authorizedKeys = join(folder, 'keys', 'authorized_keys');
  await writeFile(authorizedKeys, `${authorizedKeysLine(options.publicKey, at, options.ports)}\n`, {
    mode: 0o600,
  });
  return { program: at.program, conf: at.conf, state, grants, authorizedKeys };
}
