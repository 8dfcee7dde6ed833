import { isIP } from 'node:net';
import { nearest, oneOf } from '../../src/domain/errors.ts';
import type { z } from 'zod';
import { didYouMean, shown } from '../faults.ts';
import type { Loose } from '../salvage.ts';
import type { hooks } from '../schema/hooks.ts';
import { checkName } from './hosts.ts';
import { each, type Report } from './report.ts';

type HookFile = Loose<z.output<typeof hooks>>[number];

/** Hooks: a way each, that is there and safe, and databases that live there. */
export function checkHooks(report: Report): void {
  for (const [environment, { hooks = [], databases, production }] of each(report.file.environments)) {
    if (production !== false) continue;
    hooks.forEach((hook, index) => {
      const at = ['environments', environment, 'hooks', index];
      checkWay(report, at, hook);
      if (hooks.findIndex(({ name }) => name !== undefined && name === hook.name) < index)
        report.fault([...at, 'name'], `${shown(hook.name)} is the name of two hooks.`, 'Choose another one.');
      const here = Object.keys(databases ?? {});
      hook.databases?.forEach((database, place) => {
        if (here.includes(database)) return;
        report.fault(
          [...at, 'databases', place],
          `${shown(database)} does not live in "${environment}"; expected ${oneOf(here)}.`,
          didYouMean(nearest(database, here)),
        );
      });
    });
  }
}

const ofCalls = ['url', 'secret', 'token', 'attempts', 'plainHttp'] as const;
const ofCommands = ['command', 'host'] as const;

function checkWay(report: Report, at: readonly PropertyKey[], hook: HookFile): void {
  if (!report.whole(at)) return;
  const isCommand = ofCommands.some((key) => hook[key] !== undefined);
  const isCall = ofCalls.some((key) => hook[key] !== undefined);
  if (isCommand === isCall) {
    report.fault(
      at,
      isCall
        ? 'It names an address and a command; expected either "url" and "secret", or "host" and "command".'
        : 'It names no way; expected "url" and "secret", or "host" and "command".',
    );
    return;
  }
  const missing = (isCall ? (['url', 'secret'] as const) : ofCommands).find((key) => hook[key] === undefined);
  if (missing !== undefined) report.fault([...at, missing], `It is missing; expected ${what[missing]}.`);
  checkName(report, [...at, 'host'], hook.host, 'hosts', 'a host');
  if (hook.url === undefined) return;
  // As it will be called: blanks and capitals of a scheme count for nothing.
  const { protocol, hostname } = new URL(hook.url);
  if (protocol === 'https:' || (hook.plainHttp === true && isOwnNetwork(hostname))) return;
  report.fault(
    [...at, 'url'],
    hook.plainHttp === true
      ? 'Without TLS only an address of your own network may be called: a private IP address, or a name such as "deploy" or "deploy.internal".'
      : 'Without TLS what is called, and with which key, can be read on the way; expected https://.',
    hook.plainHttp === true ? 'Use https://.' : 'Within your own network "plainHttp: true" allows it.',
  );
}

const what = {
  url: 'the address that is called',
  secret: 'the key of its signature',
  host: 'the name of a host',
  command: "the name of a hook in the host's own file",
} as const;

/** Addresses that no one outside has: RFC 1918, loopback, unique local ones, and names without a public ending. */
function isOwnNetwork(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) === 4) return /^(?:127|10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\./.test(bare);
  if (isIP(bare) === 6) return bare === '::1' || /^f[cd][0-9a-f]{2}:/.test(bare);
  return !bare.includes('.') || /\.(?:internal|local|lan|svc|cluster\.local|home\.arpa)$/.test(bare);
}
