import type { Site } from '../src/domain/site.ts';

/** The site of the paper house: four people, two databases, a protected environment and two open ones. */
export function paperSite(): Site {
  const host = {
    address: '127.0.0.1',
    port: 22,
    user: 'freshet',
    key: 'env:KEY' as const,
    hostKey: 'ssh-ed25519 AAAA',
    transfer: { address: '127.0.0.1', port: 22 },
    holdsRawData: true,
  };
  const placement = (environment: string, database: string) => ({
    database,
    server: 'test-pg',
    databaseName: `${database}_${environment}`,
    target: `${environment}-${database}`,
    scripts: [{ path: `${environment}.sql`, sha256: 'a'.repeat(64), text: 'select 1' }],
    minimumRows: {},
    sentinels: [],
    jobs: 2,
  });
  const environment = (
    name: string,
    isProtected: boolean,
    accepts: Site['environments'][string]['accepts'],
  ) => ({
    name,
    title: name.toUpperCase(),
    timeZone: 'Europe/Berlin',
    production: false,
    protected: isProtected,
    accepts,
    approvers: ['qa-manager'],
    requesters: [],
    keepOldSeconds: 86_400,
    keepFailedSeconds: 7200,
    approvalSeconds: 3600,
    standingApprovalSeconds: 90 * 86_400,
    drainSeconds: 5,
    freezes: [],
    onFreeze: 'wait' as const,
    onHold: 'ask' as const,
    alignment: { toleranceSeconds: 6 * 3600, beyond: 'warn' as const, clockOffsetSeconds: 0 },
    databases: { orders: placement(name, 'orders'), billing: placement(name, 'billing') },
  });
  const person = (id: string, name: string, roles: string[]) => ({
    id,
    name,
    roles,
    slackUserId: `U0${id.toUpperCase()}`,
    jiraAccountId: `70121:${id}`,
  });
  return {
    name: 'Paper',
    operators: ['operator'],
    people: {
      dana: person('dana', 'Dana', ['developer']),
      quinn: person('quinn', 'Quinn', ['qa-manager']),
      rosa: person('rosa', 'Rosa', ['qa-manager']),
      otto: person('otto', 'Otto', ['operator']),
    },
    hosts: {
      'test-db': { ...host, name: 'test-db' },
      'prod-db': { ...host, name: 'prod-db' },
    },
    servers: {
      'test-pg': {
        name: 'test-pg',
        engine: 'postgres',
        host: 'test-db',
        port: 5432,
        maintenanceDatabase: 'postgres',
        admin: { user: 'freshet_admin', password: 'env:ADMIN' },
        loader: { user: 'freshet_loader', password: 'env:LOADER' },
        extensions: [],
      },
    },
    databases: {
      orders: { name: 'orders', engine: 'postgres', title: 'Orders' },
      billing: { name: 'billing', engine: 'postgres', title: 'Billing' },
    },
    repositories: {
      nightly: {
        name: 'nightly',
        host: 'prod-db',
        root: 'nightly',
        environment: 'production',
        anonymisation: 'declared',
        scope: 'full',
        scanEverySeconds: 60,
      },
    },
    environments: {
      production: {
        ...environment('production', true, []),
        production: true,
        databases: { orders: placement('production', 'orders') },
      },
      uat: environment('uat', true, ['declared', 'proven']),
      ci: environment('ci', false, ['declared', 'proven']),
      dev: environment('dev', false, ['raw', 'declared', 'proven']),
    },
    schedules: {},
    slack: {
      appToken: 'env:SLACK_APP_TOKEN',
      botToken: 'env:SLACK_BOT_TOKEN',
      channel: 'C0REFRESH1',
      operatorsChannel: 'C0OPERATE1',
    },
    jira: {
      kind: 'cloud',
      baseUrl: 'http://127.0.0.1:1',
      email: 'bot@paper.example',
      token: 'env:JIRA_TOKEN',
      accountId: '70121:bot',
      project: 'DBR',
      issueType: 'Task',
      issue: { labels: [], components: [], fields: {}, assignee: 'none' },
      transitionFields: {},
      statuses: {
        pending: '10010',
        approved: ['10011'],
        rejected: '10012',
        running: '10013',
        succeeded: '10014',
        failed: '10015',
        cancelled: '10016',
      },
      pollEverySeconds: 60,
      linkType: 'Relates',
      ticketComments: true,
      serviceDesk: false,
    },
    audit: { post: 'slack', channel: 'C0OPERATE1', atMinute: 9 * 60, timeZone: 'Europe/Berlin' },
    http: { address: '127.0.0.1', port: 0 },
  };
}
