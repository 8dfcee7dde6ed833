import { stringify } from 'yaml';
import { bot, channels, players, project, sam } from './cast.ts';
import { BILLING_ENVIRONMENTS, billingIn } from './hosts/billing/billing.ts';
import { CATALOG_ENVIRONMENTS, catalogIn } from './hosts/catalog/catalog.ts';
import type { BotFiles } from './hosts/filling.ts';
import type { SandboxHost } from './hosts/hosts.ts';
import { statusIds } from './jira/workflow.ts';
import { proofOn, takenInto, takenRepository, takingRules } from './taking.ts';

export type SiteFacts = {
  hosts: Readonly<Record<'prod-db' | 'test-db', SandboxHost>>;
  /** Files that hold secrets, by name; absolute. */
  secrets: Readonly<
    Record<
      'key' | 'admin' | 'loader' | 'reader' | 'slackApp' | 'slackBot' | 'slackSigning' | 'jira' | 'webhook',
      string
    >
  >;
  jiraUrl: string;
  jiraKind: 'cloud' | 'data-center';
  httpPort: number;
  slackMode: 'socket' | 'http';
  /** Whether there is a second database beside the shop's orders. */
  billing: boolean;
  /** Whether backups are taken of uat, and proven. */
  takes: boolean;
  /** Passwords on the MariaDB with the webshop's catalogue, where the hosts have one; absolute. */
  mariadb?: NonNullable<BotFiles['mariadb']>;
};

/** What else an environment has beside the shop's orders. */
function beside(name: string, facts: SiteFacts): object {
  const has = (places: readonly { environment: string }[]) =>
    places.some(({ environment }) => environment === name);
  return {
    ...(facts.billing && has(BILLING_ENVIRONMENTS) ? { billing: billing(name) } : {}),
    ...(facts.mariadb && has(CATALOG_ENVIRONMENTS) ? { catalog: catalog(name) } : {}),
  };
}

function billing(environment: string): object {
  return {
    server: 'test-pg',
    databaseName: billingIn(environment),
    target: `${environment}-billing`,
    jobs: 1,
    minimumRows: { 'billing.account': 10 },
    sentinels: [
      {
        name: 'nobody owes less than nothing',
        sql: 'select count(*) from billing.unpaid where amount < 0',
        expect: '0',
      },
    ],
  };
}

function catalog(environment: string): object {
  return {
    server: 'test-maria',
    databaseName: catalogIn(environment),
    target: `${environment}-catalog`,
    // What testers have set up in uat stays theirs, and nobody is written to from there.
    ...(environment === 'uat'
      ? {
          keep: [{ table: 'account', where: 'is_test' }, { table: 'feature_flag' }],
          neutralise: { 'mail-queue': { tables: ['mail_queue'] } },
        }
      : {}),
    minimumRows: { product: 20 },
    sentinels: [
      {
        name: 'everything in stock is a product',
        sql: 'select count(*) from stock left join product using (product_id) where product.product_id is null',
        expect: '0',
      },
    ],
  };
}

/** The site file of the sandbox: an ordinary one, read by the bot like any other. */
export function siteFile(facts: SiteFacts): string {
  const { hosts, secrets } = facts;
  const environment = (name: string, more: object) => ({
    ...more,
    databases: {
      orders: {
        server: 'test-pg',
        databaseName: `orders_${name}`,
        target: `${name}-orders`,
        jobs: 2,
        scripts: ['scripts/every-environment.sql', `scripts/${name}.sql`],
        minimumRows: { 'shop.customer': 100 },
        sentinels: [
          {
            name: 'every order has a customer',
            sql: 'select count(*) from shop.orders o left join shop.customer c using (customer_id) where c.customer_id is null',
            expect: '0',
          },
        ],
      },
      ...beside(name, facts),
    },
  });
  const repository = (root: string, more: object) => ({
    host: 'prod-db',
    root,
    environment: 'production',
    pattern: "{database}_{dataAt:yyyy-MM-dd'T'HHmm'Z'}*",
    timeZone: 'UTC',
    scanEvery: '10s',
    ...more,
  });
  const readAndProven = (server: string, password: string) =>
    facts.takes
      ? { reader: { user: 'freshet_reader', password: `file:${password}` }, proves: proofOn(server) }
      : {};
  const proof = (minimumRows: object) => (facts.takes ? { proof: { minimumRows } } : {});
  return stringify({
    name: 'Webshop',
    operators: ['operator'],
    ...(facts.takes ? { rules: takingRules() } : {}),
    people: Object.fromEntries(
      players
        .filter((player) => player !== sam)
        .map(({ id, name, roles, slack, jira }) => [id, { name, roles: [...roles], slack, jira }]),
    ),
    hosts: Object.fromEntries(
      Object.values(hosts).map((host) => [
        host.name,
        {
          address: host.address,
          port: host.port,
          user: host.user,
          key: `file:${secrets.key}`,
          hostKey: host.hostKey,
          holdsRawData: true,
        },
      ]),
    ),
    servers: {
      'test-pg': {
        engine: 'postgres',
        host: 'test-db',
        port: hosts['test-db'].pgPort,
        admin: { user: 'freshet_admin', password: `file:${secrets.admin}` },
        loader: { user: 'freshet_loader', password: `file:${secrets.loader}` },
        extensions: ['citext', 'pg_trgm', 'btree_gist', 'pgcrypto'],
        ...readAndProven('test-pg', secrets.reader),
      },
      ...(facts.mariadb
        ? {
            'test-maria': {
              engine: 'mysql',
              host: 'test-db',
              port: hosts['test-db'].mariadbPort,
              admin: { user: 'freshet_admin', password: `file:${facts.mariadb.adminPasswordFile}` },
              loader: { user: 'freshet_loader', password: `file:${facts.mariadb.loaderPasswordFile}` },
              ...readAndProven('test-maria', facts.mariadb.readerPasswordFile),
            },
          }
        : {}),
    },
    databases: {
      orders: {
        engine: 'postgres',
        title: 'The webshop’s orders',
        ...proof({ 'shop.customer': 10 }),
      },
      ...(facts.billing ? { billing: { engine: 'postgres', title: 'What customers owe' } } : {}),
      ...(facts.mariadb
        ? { catalog: { engine: 'mysql', title: 'What the webshop sells', ...proof({ product: 20 }) } }
        : {}),
    },
    repositories: {
      nightly: repository('nightly', {}),
      weekly: repository('weekly', {}),
      anonymised: repository('anonymised', { anonymisation: 'declared' }),
      ...(facts.takes ? { [takenInto]: takenRepository() } : {}),
    },
    environments: {
      production: {
        production: true,
        databases: {
          orders: { databaseName: 'orders' },
          ...(facts.billing ? { billing: { databaseName: 'billing' } } : {}),
          ...(facts.mariadb ? { catalog: { databaseName: 'catalog' } } : {}),
        },
      },
      uat: environment('uat', {
        title: 'User acceptance test',
        protected: true,
        accepts: ['declared', 'proven'],
        ...(facts.takes ? { acceptsOwn: true } : { approvers: ['qa-manager'] }),
        drain: '5s',
      }),
      ci: environment('ci', {
        title: 'Continuous integration',
        protected: false,
        accepts: ['declared', 'proven'],
        keepOld: '1d',
        drain: '2s',
        ...(facts.billing ? { alignment: { tolerance: '6h', beyond: 'refuse' } } : {}),
      }),
      dev: environment('dev', {
        title: 'Development',
        protected: false,
        accepts: ['raw', 'declared', 'proven'],
        keepOld: '1d',
        drain: '2s',
      }),
    },
    ...(facts.billing
      ? {
          schedules: {
            'nightly-ci': {
              cron: '0 5 * * *',
              environment: 'ci',
              databases: ['orders', 'billing'],
              reason: 'a fresh start into the day',
            },
          },
        }
      : {}),
    slack: {
      ...(facts.slackMode === 'http'
        ? { signingSecret: `file:${secrets.slackSigning}` }
        : { appToken: `file:${secrets.slackApp}` }),
      botToken: `file:${secrets.slackBot}`,
      channel: channels.refreshes,
      operatorsChannel: channels.operators,
    },
    jira: {
      kind: facts.jiraKind,
      baseUrl: facts.jiraUrl,
      ...(facts.jiraKind === 'cloud' ? { email: bot.email } : {}),
      token: `file:${secrets.jira}`,
      accountId: bot.jira,
      project,
      webhookSecret: `file:${secrets.webhook}`,
      statuses: {
        pending: statusIds.waiting,
        approved: [statusIds.approved],
        rejected: statusIds.rejected,
        running: statusIds.inProgress,
        succeeded: statusIds.done,
        failed: statusIds.failed,
        cancelled: statusIds.cancelled,
      },
      pollEvery: '5s',
    },
    http: {
      address: '127.0.0.1',
      port: facts.httpPort,
      publicUrl: `http://127.0.0.1:${facts.httpPort}`,
    },
  });
}
