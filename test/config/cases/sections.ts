import type { Case } from '../case.ts';

export const sections: readonly Case[] = [
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
      'people.ada.jira: 557058 is not allowed; expected a Jira account id in quotes, such as "5b10ac8d82e05b22cc7d4ef5" (the end of the address of the profile), or a user key of Data Center. Without quotes YAML reads a number and loses digits.',
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
      'servers.test-postgres.engine: "postgers" is not an engine of Freshet; expected "postgres", "mysql". Did you mean "postgres"?',
    ],
  },
  {
    set: 'servers.test-postgres.loader.user',
    to: 'freshet_admin',
    faults: [
      'servers.test-postgres.loader.user: "admin" and "loader" are the same account; backups are loaded under an account without further rights. Give the loader a role of its own that owns new databases only.',
    ],
  },
  ...(['admin', 'loader'] as const).map((other) => ({
    set: 'servers.test-postgres.reader.user',
    to: `freshet_${other}`,
    faults: [
      `servers.test-postgres.reader.user: "reader" and "${other}" are the same account; backups are taken under one that reads everything and writes nothing. Give the reader a role of its own.`,
    ],
  })),
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
    set: 'jira.statuses.stages',
    to: { qa: 10021 },
    faults: [
      'jira.statuses.stages.qa: No environment has a stage "qa"; the site file has none. Stages are those of environments.NAME.approval.stages, by their names.',
    ],
  },
  {
    set: 'jira',
    to: undefined,
    faults: [
      'jira: It is missing; expected a mapping with "baseUrl", "token", "accountId", "project", "statuses" ...',
    ],
  },
  {
    set: 'jira.email',
    to: undefined,
    faults: [
      'jira: "email" is missing; Jira Cloud signs in with the e-mail address of the account and its API token. Add "email", or say "kind: data-center" where it is not Cloud.',
    ],
  },
  {
    set: 'jira.kind',
    to: 'data-center',
    faults: [
      'jira.email: "email" is given; Jira Data Center signs in with a personal access token alone. Leave "email" out.',
    ],
  },
  {
    set: 'jira.kind',
    to: 'server',
    faults: ['jira.kind: "server" is not allowed; expected "cloud" or "data-center".'],
  },
  {
    set: 'jira.issue',
    to: { fields: { summary: 'mine' } },
    faults: [
      'jira.issue.fields: A mapping is not allowed; expected fields other than project, issuetype, summary, description, labels, priority, components, assignee.',
    ],
  },
  {
    set: 'jira.transitionFields',
    to: { done: { resolution: 'Done' } },
    faults: [
      'jira.transitionFields.done: "done" is not a key; expected "pending", "approved", "rejected", "running", "succeeded", "failed" or "cancelled".',
    ],
  },
  {
    set: 'slack',
    to: 'xoxb-123',
    faults: [
      'slack: Text stands here; expected a mapping with "appToken" or "signingSecret", and "botToken", "channel" and "operatorsChannel".',
    ],
  },
  {
    set: 'slack.appToken',
    to: undefined,
    faults: [
      'slack: Neither "appToken" (Socket Mode) nor "signingSecret" (HTTP mode) is given; expected exactly one of them. Socket Mode needs no way in from the internet: give "appToken" if you do not know which.',
    ],
  },
  {
    set: 'slack.signingSecret',
    to: 'env:SLACK_SIGNING_SECRET',
    faults: [
      'slack.signingSecret: "appToken" (Socket Mode) and "signingSecret" (HTTP mode) are both given; expected exactly one of them. Keep "appToken" where the bot is to connect to Slack, "signingSecret" where Slack is to reach the bot at http.publicUrl.',
    ],
  },
  {
    set: 'http.publicUrl',
    to: 'http://freshet.example.org',
    faults: [
      'http.publicUrl: "http://freshet.example.org" is not allowed; expected an https:// address without user, password, query or fragment (http:// only on this machine).',
    ],
  },
  {
    set: 'http.port',
    to: '8080',
    faults: ['http.port: "8080" is not allowed; expected a whole number from 1 to 65535.'],
  },
  {
    set: 'http.metrics',
    to: { port: 8080 },
    faults: [
      'http.metrics.port: "8080" is http.port, too; expected a port of its own. Slack and Jira may reach http.port from the internet; metrics are for your own network.',
    ],
  },
  {
    set: 'http.metrics',
    to: 9464,
    faults: ['http.metrics: 9464 is not allowed; expected a mapping with "port" and "address".'],
  },
  {
    set: 'audit',
    to: { post: 'jira', at: '9:00' },
    faults: ['audit.at: "9:00" is not allowed; expected a time of the day, such as "09:00".'],
  },
  {
    set: 'audit',
    to: { post: 'jira', channel: 'C024ALERT02' },
    faults: [
      'audit: "issue" is missing; with "post: jira" the newest seal is told of as a comment on an issue. Make an issue for it in a project that the bot may comment in, and give its key.',
      'audit.channel: "channel" is given; it counts with "post: slack" only. Leave it out.',
    ],
  },
  {
    set: 'audit',
    to: { issue: 'OPS-12' },
    faults: ['audit.issue: "issue" is given; it counts with "post: jira" only. Leave it out.'],
  },
  {
    set: 'audit.keep',
    to: '90d',
    faults: ['audit.keep: "90d" is not allowed; expected a number of years from 1y to 100y, such as "3y".'],
  },
  { set: 'name', to: '', faults: ['name: "" is not allowed; expected a line of 1 to 80 characters.'] },
];
