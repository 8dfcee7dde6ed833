import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '../../src/sandbox/hosts/process.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { startProxy, type Proxy } from './proxy.ts';

/** What a site file says, as far as tests change it. */
export type SiteText = {
  hosts: Record<string, { port: number; transfer?: { address: string; port: number } }>;
  databases: Record<string, unknown>;
  environments: Record<
    string,
    { databases: Record<string, Record<string, unknown>>; drain?: string; [key: string]: unknown }
  >;
  repositories: Record<string, { scanEvery: string; host?: string; root?: string }>;
  schedules?: Record<string, { cron: string }>;
  jira: { pollEvery: string };
  http: { port: number; metrics?: { port: number } };
  [key: string]: unknown;
};

/** Both wires: between the bot and `test-db`, and between the hosts. */
export async function startWires(sandbox: Sandbox, ending: (() => Promise<unknown>)[]) {
  const { 'prod-db': source, 'test-db': target } = sandbox.hosts.hosts;
  const bot = await startProxy(target.port);
  ending.push(() => bot.close());
  const transfer = await startProxy(source.port);
  ending.push(() => transfer.close());
  return { bot, transfer };
}

/** Writes the site file that the processes read, beside the sandbox's own. */
export async function writeSite(
  sandbox: Sandbox,
  wires: { bot: Proxy; transfer: Proxy } | undefined,
  change: ((site: SiteText, sandbox: Sandbox) => void | Promise<void>) | undefined,
): Promise<string> {
  const site = parse(await readFile(sandbox.siteFile, 'utf8')) as SiteText;
  if (wires !== undefined) {
    site.hosts['test-db']!.port = wires.bot.port;
    site.hosts['prod-db']!.transfer = { address: '127.0.0.1', port: wires.transfer.port };
  }
  site.jira.pollEvery = '2s';
  for (const schedule of Object.values(site.schedules ?? {})) schedule.cron = notNow();
  await change?.(site, sandbox);
  const file = join(sandbox.folder, 'rig.yaml');
  await writeFile(file, stringify(site), { mode: 0o600 });
  return file;
}

/** Once a day, half a day from now: no schedule comes due while a test lasts, whenever that is. */
export function notNow(): string {
  return `0 ${(new Date().getUTCHours() + 12) % 24} * * *`;
}

/** Changes a site file that was written. */
export async function changeSite(file: string, change: (site: SiteText) => void): Promise<void> {
  const site = parse(await readFile(file, 'utf8')) as SiteText;
  change(site);
  await writeFile(file, stringify(site), { mode: 0o600 });
}

/** A copy of a site file for a second process of `serve` on the same machine: with a port of its own. */
export async function siteOfSecond(siteFile: string): Promise<{ file: string; port: number }> {
  const site = parse(await readFile(siteFile, 'utf8')) as SiteText;
  site.http.port = await freePort();
  const file = join(dirname(siteFile), 'second.yaml');
  await writeFile(file, stringify(site), { mode: 0o600 });
  return { file, port: site.http.port };
}
