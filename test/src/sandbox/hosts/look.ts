import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client, ClientBase } from 'pg';
import type { SandboxHost, SandboxHosts } from '../../../../src/sandbox/hosts/hosts.ts';

/** Work as the superuser in one database of a host. */
export async function on<T>(
  host: SandboxHost,
  database: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await host.connect(database);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The first column of what is asked. */
export async function column(client: ClientBase, sql: string): Promise<unknown[]> {
  const { rows } = await client.query({ text: sql, rowMode: 'array' });
  return rows.map((row: unknown[]) => row[0]);
}

/** An archive as text in lower case, to look for what must not be in it. */
export async function search(host: SandboxHost, backup: string): Promise<string> {
  const { stdout } = await host.exec([join(host.pgBin, 'pg_restore'), '-f', '-', backup]);
  return stdout.toLowerCase();
}

export async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/** Logs in with the bot's key, as ssh itself does it. */
export function ssh(sandbox: SandboxHosts, host: SandboxHost): Promise<{ stdout: string; stderr: string }> {
  const options = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'BatchMode=yes',
    'IdentitiesOnly=yes',
  ];
  return promisify(execFile)('ssh', [
    '-F',
    'none',
    '-i',
    sandbox.bot.privateKeyFile,
    '-p',
    String(host.port),
    ...options.flatMap((option) => ['-o', option]),
    `${host.user}@${host.address}`,
    'ignored',
  ]);
}
