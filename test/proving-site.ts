import type { Site } from '../src/domain/site.ts';

/** The paper site with a server that proves. */
export function provingSite(site: Site): Site {
  const server = site.servers['test-pg']!;
  const proves = { databaseName: 'freshet_proof', target: 'proof', jobs: 2 };
  return { ...site, servers: { ...site.servers, 'proof-pg': { ...server, name: 'proof-pg', proves } } };
}
