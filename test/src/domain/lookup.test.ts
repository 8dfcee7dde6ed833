import assert from 'node:assert/strict';
import { databaseNamed, environmentNamed } from '../../../src/domain/lookup.ts';
import { paperSite } from '../../paper-site.ts';

describe('a name that is not configured', () => {
  const site = paperSite();
  for (const [what, name, hint] of [
    ['is met with the nearest one', 'uta', /^did you mean "uat"\?$/],
    [
      'or with the command whose verb was meant',
      'aprove',
      /^did you mean the command "approve"\? \/refresh help and \/backups help list them\.$/,
    ],
    ['or with all that there are', 'elsewhere', /^choose ".*"\.$/],
  ] as const) {
    it(`${what}: "${name}"`, () =>
      assert.throws(() => environmentNamed(site, name), { code: 'environment-unknown', hint }));
  }

  it('may be that of production where backups come from', () => {
    const hint = 'did you mean "production"?';
    assert.throws(() => environmentNamed(site, 'producton', { sources: true }), { hint });
    assert.throws(
      () => environmentNamed(site, 'producton'),
      ({ hint: said }: { hint: string }) => !said.includes('production'),
    );
  });
  it('is no verb where a database is that near', () =>
    assert.throws(() => databaseNamed(site, 'ordres'), { hint: 'did you mean "orders"?' }));
  it('may be a verb where a database stands', () =>
    assert.throws(() => databaseNamed(site, 'shwo'), { hint: /the command "show"/ }));
});
