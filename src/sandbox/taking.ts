import { proofDatabase } from './hosts/taking.ts';

// What the site file of a sandbox says where backups are taken of uat and proven, beside what it says anyway.

/** The repository that is taken into, and the root of the same name on the test host. */
export const takenInto = 'taken';

/** Where a server proves: the target in the host's own file is called after it. */
export function proofOn(server: string): { databaseName: string; target: string; jobs: number } {
  return { databaseName: proofDatabase, target: `proof-${server}`, jobs: 2 };
}

/** Of uat, beside its databases. A small retention: whoever takes some sees the first of them go. */
export function takenRepository(): object {
  return {
    host: 'test-db',
    root: takenInto,
    environment: 'uat',
    // As Freshet names them: whoever loses the catalogue still knows their moments.
    pattern: "uat-{database}-{dataAt:yyyyMMdd'T'HHmmss'Z'}-*",
    scanEvery: '10s',
    takes: true,
    retention: { last: 2 },
  };
}

/**
 * Everybody of the site asks; developers and QA have backups of uat taken, and whichever proven; QA decides on uat. What the shorter
 * keys cannot say: there operators alone take and prove.
 */
export function takingRules(): object[] {
  const rule = (
    name: string,
    may: string[],
    roles: string[] | 'everybody',
    environments: string[] | 'all',
  ) => ({
    name,
    may,
    roles,
    environments,
    allow: true,
  });
  return [
    rule('QA decides on uat', ['approve', 'hold', 'undo', 'cancel', 'retry'], ['qa-manager'], ['uat']),
    rule('Operations mend', ['undo', 'hold', 'cancel', 'retry', 'acknowledge'], ['operator'], 'all'),
    // Where no repository takes, that is what people read then.
    rule('Backups are taken for everybody', ['take'], 'everybody', ['uat', 'ci', 'dev']),
    rule(
      'Asking, and proving any backup',
      ['request', 'undo', 'schedule', 'prove', 'read-raw'],
      'everybody',
      'all',
    ),
    { may: 'everything', roles: 'everybody', environments: 'all', allow: false },
  ];
}
