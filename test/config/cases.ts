/** Each change of the example, and exactly what is said about it: `path: message hint`. */
export const cases: readonly { set?: string; rename?: string; to: unknown; faults: string[] }[] = [
  {
    set: 'environments.uat.databases.orders.server',
    to: 'test-postgers',
    faults: [
      'environments.uat.databases.orders.server: "test-postgers" is not a server of this file; expected "test-postgres". Did you mean "test-postgres"?',
    ],
  },
  {
    set: 'environments.uat.databases.orders.server',
    to: undefined,
    faults: ['environments.uat.databases.orders.server: It is missing; expected the name of a server.'],
  },
  {
    set: 'environments.uat.databases.orders.databaseName',
    to: 'uat_stock',
    faults: [
      'environments.uat.databases.stock.databaseName: "uat_stock" on "test-postgres" is already environments.uat.databases.orders; one would overwrite the other.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.databaseName',
    to: 'postgres',
    faults: [
      'environments.uat.databases.orders.databaseName: "postgres" is a database of the server itself and never a target.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.databaseName',
    to: 'x__new_abcdefgh',
    faults: [
      'environments.uat.databases.orders.databaseName: "x__new_abcdefgh" looks like a copy made by Freshet; expected the live name.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.databaseName',
    to: 'üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü',
    faults: [
      'environments.uat.databases.orders.databaseName: "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü" has 80 bytes; a server takes at most 63.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.target',
    to: 'dev-orders',
    faults: [
      'environments.dev.databases.orders.target: "dev-orders" on host "db-test" is already environments.uat.databases.orders; a target is one database.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.jobs',
    to: 0,
    faults: [
      'environments.uat.databases.orders.jobs: 0 is not allowed; expected a whole number from 1 to 64.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.scripts.1',
    to: 'sql/uat/endpoints.sql',
    faults: [
      'environments.uat.databases.orders.scripts[1]: "sql/uat/endpoints.sql" stands in this list twice. Remove one.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.minimumRows',
    to: { customers: -1 },
    faults: [
      'environments.uat.databases.orders.minimumRows.customers: -1 is not allowed; expected a whole number, 0 or more.',
    ],
  },
  {
    set: 'environments.uat.databases.orders.sentinels.0.expect',
    to: undefined,
    faults: [
      'environments.uat.databases.orders.sentinels[0].expect: It is missing; expected the answer as text.',
    ],
  },
  {
    rename: 'environments.uat.databases.orders.server',
    to: 'servr',
    faults: [
      'environments.uat.databases.orders.servr: "servr" is not a key; expected "databaseName", "server", "target", "scripts", "minimumRows", "sentinels" or "jobs". Did you mean "server"?',
    ],
  },
  {
    rename: 'environments.uat.approvers',
    to: 'aprovers',
    faults: [
      'environments.uat.aprovers: "aprovers" is not a key; expected "title", "production", "protected", "accepts", "approvers", "requesters", "keepOld", "approvalWithin", "drain" or "databases". Did you mean "approvers"?',
    ],
  },
  {
    rename: 'environments.uat',
    to: 'status',
    faults: [
      'environments.status: "status" is a word of the commands; "/refresh status" would mean two things. For example "status-db".',
    ],
  },
  {
    rename: 'environments.uat',
    to: 'UAT 1',
    faults: [
      'environments.UAT 1: "UAT 1" is not a name here; expected a name of lower-case letters, digits and single hyphens, at most 40, such as "uat-2". For example "uat-1".',
    ],
  },
  {
    rename: 'databases.stock',
    to: 'uat',
    faults: [
      'databases.uat: An environment is called "uat" too; what people type must mean one thing.',
      'environments.production.databases.stock: "stock" is not a database of this file; expected "orders" or "uat".',
      'environments.uat.databases.stock: "stock" is not a database of this file; expected "orders" or "uat".',
    ],
  },
  {
    rename: 'environments.uat.databases.orders',
    to: 'ordres',
    faults: [
      'environments.uat.databases.ordres: "ordres" is not a database of this file; expected "orders" or "stock". Did you mean "orders"?',
    ],
  },
  {
    set: 'environments.uat.keepOld',
    to: '7 days',
    faults: [
      'environments.uat.keepOld: "7 days" is not allowed; expected a duration from 1h to 90d, such as "90s", "30m", "12h" or "7d".',
    ],
  },
  {
    set: 'environments.uat.accepts.0',
    to: 'decalred',
    faults: [
      'environments.uat.accepts[0]: "decalred" is not allowed; expected "raw", "declared" or "proven". Did you mean "declared"?',
    ],
  },
  {
    set: 'environments.uat.accepts',
    to: ['raw'],
    faults: [
      'environments.uat.accepts: "raw" is accepted, and "orders" lives on host "db-test", which may not hold raw data. Leave "raw" out, or set "hosts.db-test.holdsRawData: true" if it may.',
      'environments.uat.accepts: "raw" is accepted, and "stock" lives on host "db-test", which may not hold raw data. Leave "raw" out, or set "hosts.db-test.holdsRawData: true" if it may.',
    ],
  },
  {
    set: 'environments.uat.approvers',
    to: [],
    faults: [
      'environments.uat: It is protected, and "approvers" names no role; no request could ever be approved. Add "approvers", or "protected: false".',
    ],
  },
  {
    set: 'environments.uat.approvers',
    to: ['qa-manger'],
    faults: [
      'environments.uat.approvers[0]: Nobody in "people" holds the role "qa-manger"; expected "developer", "operator" or "qa-manager". Did you mean "qa-manager"?',
    ],
  },
  {
    set: 'environments.uat.approvers',
    to: ['nobody-at-all'],
    faults: [
      'environments.uat.approvers[0]: Nobody in "people" holds the role "nobody-at-all"; expected "developer", "operator" or "qa-manager". Give the role to somebody.',
    ],
  },
  {
    set: 'environments.production.protected',
    to: false,
    faults: [
      "environments.production.protected: Production can't be unprotected; expected true, or no such line.",
    ],
  },
  {
    set: 'environments.production.approvers',
    to: ['qa-manager'],
    faults: [
      'environments.production.approvers: "approvers" means nothing here: production is never a target. Remove the line.',
    ],
  },
  {
    set: 'environments.production.databases.orders.target',
    to: 'x',
    faults: [
      'environments.production.databases.orders.target: "target" means nothing here: production is never a target. Remove the line.',
    ],
  },
  {
    set: 'people.ada.slack',
    to: 'U024BEN0002',
    faults: [
      'people.ben.slack: "U024BEN0002" is already the id of "ada"; two people can\'t be one account. One person is one entry, with all of their roles.',
    ],
  },
  {
    set: 'people.ada.jira',
    to: '5b10ac8d82e05b22cc7d4e02',
    faults: [
      'people.ben.jira: "5b10ac8d82e05b22cc7d4e02" is already the id of "ada"; two people can\'t be one account. One person is one entry, with all of their roles.',
    ],
  },
  {
    set: 'people.ada.jira',
    to: 557058,
    faults: [
      'people.ada.jira: 557058 is not allowed; expected a Jira account id in quotes, such as "5b10ac8d82e05b22cc7d4ef5" (the end of the address of the profile). Without quotes YAML reads a number and loses digits.',
    ],
  },
  {
    set: 'people.ada.jira',
    to: '5b10ac8d82e05b22cc7d4eff',
    faults: [
      'people.ada.jira: This is the account of the bot itself ("jira.accountId"); the bot\'s own changes are never a decision. Give the bot an account of its own.',
    ],
  },
  {
    set: 'people.ada',
    to: { name: 'A' },
    faults: [
      'people.ada: Neither "slack" nor "jira" is given; without one of them nobody can be recognised.',
    ],
  },
  {
    set: 'people.ada.slack',
    to: 'ada',
    faults: [
      'people.ada.slack: "ada" is not allowed; expected a Slack member id such as "U024BE7LH" (profile, "Copy member ID").',
    ],
  },
  {
    set: 'operators',
    to: ['oprator'],
    faults: [
      'operators[0]: Nobody in "people" holds the role "oprator"; expected "developer", "operator" or "qa-manager". Did you mean "operator"?',
    ],
  },
  {
    set: 'operators',
    to: [],
    faults: ['operators: An empty list is not allowed; expected a list of at least one role.'],
  },
  {
    set: 'hosts.db-test.hostKey',
    to: 'ssh-ed25519 AAAA',
    faults: [
      'hosts.db-test.hostKey: "ssh-ed25519 AAAA" is not allowed; expected the public host key as the host has it, "ssh-ed25519 AAAA...", without the name before it.',
    ],
  },
  {
    set: 'hosts.db-test.port',
    to: 70000,
    faults: ['hosts.db-test.port: 70000 is not allowed; expected a whole number from 1 to 65535.'],
  },
  {
    set: 'hosts.db-test.key',
    to: 'id_ed25519',
    faults: [
      'hosts.db-test.key: Secrets are not written into this file; expected env:NAME (a variable of the process) or file:/path (a file that only the bot can read). What stands there is not shown. Move it to a file (chmod 600) or a variable, and change it if this file was shared.',
    ],
  },
  {
    set: 'hosts.db-test.address',
    to: 'db2 example',
    faults: [
      'hosts.db-test.address: "db2 example" is not allowed; expected a host name or an IP address, such as "db1.example.org" or "10.0.0.5".',
    ],
  },
  {
    set: 'hosts.db-test.holdsRawData',
    to: 'yes',
    faults: ['hosts.db-test.holdsRawData: "yes" is not allowed; expected true or false.'],
  },
  {
    set: 'hosts.db-test.address',
    to: 'db1.example.org',
    faults: ['hosts.db-test: "db-production" has the same address and port; a host has one name.'],
  },
  {
    set: 'servers.test-postgres.host',
    to: 'db-tset',
    faults: [
      'servers.test-postgres.host: "db-tset" is not a host of this file; expected "db-production" or "db-test". Did you mean "db-test"?',
    ],
  },
  {
    set: 'servers.test-postgres.engine',
    to: 'postgers',
    faults: [
      'servers.test-postgres.engine: "postgers" is not an engine of Freshet; expected "postgres". Did you mean "postgres"?',
    ],
  },
  {
    set: 'servers.test-postgres.loader.user',
    to: 'freshet_admin',
    faults: [
      'servers.test-postgres.loader.user: "admin" and "loader" are the same account; backups are loaded under an account without further rights. Give the loader a role of its own that owns new databases only.',
    ],
  },
  {
    set: 'servers.test-postgres.admin.password',
    to: 12345678,
    faults: [
      'servers.test-postgres.admin.password: Secrets are not written into this file; expected env:NAME (a variable of the process) or file:/path (a file that only the bot can read). What stands there is not shown. Move it to a file (chmod 600) or a variable, and change it if this file was shared.',
    ],
  },
  {
    set: 'repositories.nightly.host',
    to: 'db-test',
    faults: [
      'repositories.nightly.host: Its backups are raw, and host "db-test" may not hold raw data. Set "hosts.db-test.holdsRawData: true", or "anonymisation: declared" if they were anonymised.',
    ],
  },
  {
    set: 'repositories.nightly.environment',
    to: 'prod',
    faults: [
      'repositories.nightly.environment: "prod" is not an environment of this file; expected "production", "uat" or "dev".',
    ],
  },
  {
    set: 'repositories.nightly.pattern',
    to: '{database}{dataAt:yyyyMMdd',
    faults: ['repositories.nightly.pattern: The pattern has a lone "{". Braces come in pairs: {database}.'],
  },
  {
    set: 'repositories.nightly.pattern',
    to: '{db}-{dataAt:yyyyMMdd}',
    faults: [
      "repositories.nightly.pattern: {db} is not known in a pattern; expected {database} or {dataAt:FORMAT}. For example {dataAt:yyyyMMdd'T'HHmm'Z'}.",
    ],
  },
  {
    set: 'repositories.nightly.pattern',
    to: '{database}*{dataAt:epoch}',
    faults: [
      'repositories.nightly.pattern: The pattern is ambiguous: nothing stands between two parts of open length. Put the text between them that the names have.',
    ],
  },
  {
    set: 'repositories.nightly.timeZone',
    to: 'Europe/Berln',
    faults: [
      'repositories.nightly.timeZone: "Europe/Berln" is no zone; expected a name such as "Europe/Berlin", an offset such as "+01:00", or "Z".',
    ],
  },
  {
    set: 'repositories.nightly.anonymisation',
    to: 'proven',
    faults: ['repositories.nightly.anonymisation: "proven" is not allowed; expected "raw" or "declared".'],
  },
  {
    set: 'slack.botToken',
    to: 'xoxb-1234-abcd',
    faults: [
      'slack.botToken: Secrets are not written into this file; expected env:NAME (a variable of the process) or file:/path (a file that only the bot can read). What stands there is not shown. Move it to a file (chmod 600) or a variable, and change it if this file was shared.',
    ],
  },
  {
    set: 'slack.channel',
    to: '#db',
    faults: [
      'slack.channel: "#db" is not allowed; expected a Slack channel id such as "C024BE91L", not its name.',
    ],
  },
  {
    set: 'jira.baseUrl',
    to: 'http://example.org',
    faults: [
      'jira.baseUrl: "http://example.org" is not allowed; expected an https:// address without user, password, query or fragment (http:// only on this machine).',
    ],
  },
  {
    set: 'jira.statuses.pending',
    to: 'Open',
    faults: ['jira.statuses.pending: "Open" is not allowed; expected the id of a status (a number).'],
  },
  {
    set: 'jira.statuses.failed',
    to: undefined,
    faults: ['jira.statuses.failed: It is missing; expected the id of a status (a number).'],
  },
  {
    set: 'jira',
    to: undefined,
    faults: [
      'jira: It is missing; expected a mapping with "baseUrl", "email", "token", "project", "statuses" ...',
    ],
  },
  {
    set: 'slack',
    to: 'xoxb-123',
    faults: [
      'slack: Text stands here; expected a mapping with "appToken", "botToken", "channel" and "operatorsChannel".',
    ],
  },
  {
    set: 'http.port',
    to: '8080',
    faults: ['http.port: "8080" is not allowed; expected a whole number from 1 to 65535.'],
  },
  { set: 'name', to: '', faults: ['name: "" is not allowed; expected a line of 1 to 80 characters.'] },
];
