import type { ServerAccess } from '../runners/engine.ts';
import type { HostProgram } from '../runners/host-program/client.ts';
import { connectHostProgram } from '../runners/host-program/session.ts';
import type { Host } from '../runners/transport/host.ts';
import { openSshHost } from '../runners/transport/ssh.ts';
import { configError } from './domain/errors.ts';
import type { SecretRef, Site } from './domain/site.ts';

type Secret = (ref: SecretRef) => Promise<string>;

/** Private keys are read once, at the start, so that a missing one is known before anyone waits for it. */
export async function hostKeys(options: {
  site: Site;
  secret: Secret;
}): Promise<Map<string, { key: string; passphrase?: string }>> {
  const keys = new Map<string, { key: string; passphrase?: string }>();
  for (const host of Object.values(options.site.hosts)) {
    keys.set(host.name, {
      key: await options.secret(host.key),
      ...(host.passphrase === undefined ? {} : { passphrase: await options.secret(host.passphrase) }),
    });
  }
  return keys;
}

/** One connection to each host, shared by everything in this process. */
export function openMachines(site: Site, keys: Map<string, { key: string; passphrase?: string }>) {
  const hosts = new Map<string, Host>();
  const programs = new Map<string, HostProgram>();

  function host(name: string): Host {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const entry = site.hosts[name];
    const key = keys.get(name);
    if (entry === undefined || key === undefined) {
      throw configError('host-unknown', `Host "${name}" is not configured.`, 'Add it to the site file.');
    }
    const opened = openSshHost({
      name,
      address: entry.address,
      port: entry.port,
      user: entry.user,
      privateKey: key.key,
      hostKey: entry.hostKey,
      ...(key.passphrase === undefined ? {} : { passphrase: key.passphrase }),
    });
    hosts.set(name, opened);
    return opened;
  }

  function program(name: string): HostProgram {
    const known = programs.get(name) ?? connectHostProgram(host(name));
    programs.set(name, known);
    return known;
  }

  return {
    program,
    access:
      (options: { secret: Secret }) =>
      (name: string): ServerAccess => {
        const server = site.servers[name]!;
        return {
          site: server,
          host: host(server.host),
          program: program(server.host),
          async password(identity) {
            const account = server[identity];
            if (account !== undefined) return options.secret(account.password);
            throw configError(
              'reader-missing',
              `Server "${name}" has no "${identity}" in the site file.`,
              'Set it there.',
            );
          },
        };
      },
    async close() {
      await Promise.allSettled([...programs.values()].map((one) => one.close()));
      await Promise.allSettled([...hosts.values()].map((one) => one.close()));
    },
  };
}
