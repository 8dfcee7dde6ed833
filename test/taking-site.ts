import type { RepositorySite, Site } from '../src/domain/site.ts';

/** The paper site with a reader, and repositories that take backups of `uat` and `dev`. */
export function takingSite(site: Site): Site {
  const taking = (name: string, environment: string): RepositorySite => ({
    name,
    host: 'test-db',
    root: name,
    environment,
    anonymisation: 'raw',
    scope: 'full',
    scanEverySeconds: 60,
    takes: true,
  });
  const server = site.servers['test-pg']!;
  return {
    ...site,
    servers: {
      ...site.servers,
      'test-pg': { ...server, reader: { user: 'freshet_reader', password: 'env:READER' } },
    },
    repositories: {
      ...site.repositories,
      taken: taking('taken', 'uat'),
      'taken-dev': taking('taken-dev', 'dev'),
    },
  };
}
