import type { InitWords } from '../../../src/init/words.ts';

/** Host keys of the example site; their private halves are nowhere. */
export const hostKeys = {
  test: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGf9xfMpnbp6/8rCw7V4XFkF1qgG0h7OjB35CuRkYAyy',
  production: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB7gF9K5P2mWxXIJrWbiq/uiTpJu9k/MJLlszDEEViJ2',
};

/** All that init must be told for a small site, and nothing that has a default. */
export function complete(change: Partial<InitWords> = {}): InitWords {
  return {
    yes: true,
    name: 'Webshop',
    slack: 'socket',
    channel: 'C024CARDS01',
    operatorsChannel: 'C024ALERT02',
    jiraUrl: 'https://example.atlassian.net/',
    jiraEmail: 'freshet@example.org',
    jiraProject: 'DBR',
    person: [
      'ada; name=Ada Lindqvist; roles=developer; slack=U024ADA0001; jira=5b10ac8d82e05b22cc7d4e01',
      'chen; name=Chen Wei; roles=qa-manager,operator; slack=U024CHEN003',
    ],
    host: [
      `db-test; address=db2.example.org; key=${hostKeys.test}`,
      `db-production; address=db1.example.org; port=2222; key=${hostKeys.production}`,
    ],
    database: ['orders; production=shop_orders', 'stock'],
    environment: ['uat; approvers=qa-manager; orders=orders_uat', 'dev; protected=no'],
    repository: [
      "nightly; path=/srv/backups/nightly; pattern={database}_{dataAt:yyyyMMdd'T'HHmm'Z'}.dump; timezone=Z",
      'masked; host=db-test; path=/srv/backups/masked; anonymised=yes',
    ],
    ...change,
  };
}
