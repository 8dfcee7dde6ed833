import type { Case } from '../case.ts';

const at = 'environments.uat.hooks';
const call = { name: 'deploy', url: 'https://deploy.example.org/x', secret: 'env:HOOK' };

export const hooks: readonly Case[] = [
  {
    set: at,
    to: [{ name: 'deploy' }],
    faults: [`${at}[0]: It names no way; expected "url" and "secret", or "host" and "command".`],
  },
  {
    set: at,
    to: [{ ...call, host: 'db-test', command: 'x' }],
    faults: [
      `${at}[0]: It names an address and a command; expected either "url" and "secret", or "host" and "command".`,
    ],
  },
  {
    set: at,
    to: [{ name: 'deploy', url: 'https://deploy.example.org' }],
    faults: [`${at}[0].secret: It is missing; expected the key of its signature.`],
  },
  ...['http://deploy.internal/x', 'HTTP://deploy.example.org/x', ' http://deploy.example.org/x'].map(
    (url) => ({
      set: at,
      to: [{ ...call, url }],
      faults: [
        `${at}[0].url: Without TLS what is called, and with which key, can be read on the way; expected https://. Within your own network "plainHttp: true" allows it.`,
      ],
    }),
  ),
  {
    set: at,
    to: [{ ...call, url: 'http://example.org/x', plainHttp: true }],
    faults: [
      `${at}[0].url: Without TLS only an address of your own network may be called: a private IP address, or a name such as "deploy" or "deploy.internal". Use https://.`,
    ],
  },
  {
    set: at,
    to: [{ ...call, url: 'ftp://example.org' }],
    faults: [
      `${at}[0].url: "ftp://example.org" is not allowed; expected an https:// address without user, password or fragment (http:// only in your own network, with "plainHttp: true").`,
    ],
  },
  {
    set: at,
    to: [call, { ...call, databases: ['ordes'] }],
    faults: [
      `${at}[1].name: "deploy" is the name of two hooks. Choose another one.`,
      `${at}[1].databases[0]: "ordes" does not live in "uat"; expected "orders", "stock" or "catalog". Did you mean "orders"?`,
    ],
  },
  {
    set: at,
    to: [{ name: 'x', host: 'db-tset', command: 'x' }],
    faults: [
      `${at}[0].host: "db-tset" is not a host of this file; expected "db-production" or "db-test". Did you mean "db-test"?`,
    ],
  },
  {
    set: at,
    to: [{ name: 'x', host: 'db-test', command: 'rm -rf' }],
    faults: [
      `${at}[0].command: "rm -rf" is not allowed; expected the name of a hook in the host's own file, such as "migrate".`,
    ],
  },
];
