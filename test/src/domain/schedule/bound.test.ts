import assert from 'node:assert/strict';
import { boundSchedule } from '../../../../src/domain/schedule/bound.ts';
import type { EnvironmentSite, Placement, Site } from '../../../../src/domain/site.ts';
import { paperSite } from '../../../paper-site.ts';

describe('what an approval is given to', () => {
  /** Another value of each key that says how a copy comes, or what is done to it; the compiler names a key that is new. */
  const others: { [Key in keyof Required<Omit<Placement, 'database'>>]: Placement[Key] } = {
    server: 'other-pg',
    databaseName: 'other',
    target: 'other',
    scripts: [{ path: 'uat.sql', sha256: 'b'.repeat(64), text: 'select 2' }],
    neutralise: [
      {
        kind: 'pack',
        name: 'mail-queue',
        script: { path: 'packs/mail-queue/postgres.sql', sha256: 'c'.repeat(64), text: '' },
        parameters: { tables: ['mail_queue'] },
      },
    ],
    minimumRows: { customer: 1 },
    sentinels: [{ name: 'one', sql: 'select 1', expect: '1' }],
    keep: [{ table: 'feature_flag' }],
    jobs: 3,
    events: 'as-live',
  };

  function digestWith(change: Partial<Placement>): string {
    const site = paperSite();
    const { uat } = site.environments as { uat: EnvironmentSite };
    const orders = { ...uat.databases['orders']!, ...change };
    const changed: Site = {
      ...site,
      servers: { ...site.servers, 'other-pg': { ...site.servers['test-pg']!, name: 'other-pg' } },
      environments: { ...site.environments, uat: { ...uat, databases: { ...uat.databases, orders } } },
    };
    return boundSchedule(changed, {
      name: 'nightly',
      wish: { kind: 'refresh', environment: 'uat', databases: ['orders'] },
      reason: 'x',
      owner: 'dana',
      cron: '0 3 * * *',
      timeZone: 'UTC',
      catchUpSeconds: 3600,
      enabled: true,
    }).digest;
  }

  it('is all that the site file says of how a copy comes', () => {
    const approved = digestWith({});
    for (const [key, value] of Object.entries(others))
      assert.notEqual(digestWith({ [key]: value }), approved, key);
  });

  it('is the same where a default is written out', () => {
    assert.equal(digestWith({ events: 'disabled' }), digestWith({}));
  });
});
