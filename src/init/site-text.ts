import { Document, isMap, isScalar } from 'yaml';
import { refsOf } from './refs.ts';
import { jiraStates } from '../domain/jira-site.ts';
import { placeholders, type Answers } from './words.ts';

/** The site file that the answers make, with a word on what is worth changing. `schemaPath`: from the file's folder. */
export function siteText(answers: Answers, schemaPath: string): string {
  const document = new Document(siteOf(answers));
  document.commentBefore = [
    ` yaml-language-server: $schema=${schemaPath}`,
    '',
    ' Written by npx freshet init. docs/configuration.md explains every key, and config/example/site.yaml shows them all.',
    ' Secrets are never written here: file:PATH is a file that only the bot can read (chmod 600), env:NAME a variable.',
  ].join('\n');
  const say = (path: string[], text: string) => comment(document, path, text);
  say(['timeZone'], 'In which people say and read times (--at "22:00"); an environment may have its own.');
  say(['people'], 'Everybody who may use Freshet. Somebody who is not listed is refused.');
  say(['hosts'], 'Machines, reached over SSH; npx freshet host install prepares each.');
  say(
    ['servers'],
    "Database servers on these hosts. Production's needs no entry: the bot has no business there.",
  );
  say(
    ['environments'],
    'Scripts that fit a copy to its environment, least numbers of rows and sentinel queries belong to each database here.',
  );
  say(['repositories'], 'Where backups lie, as your jobs leave them. Nothing is ever written there.');
  if (answers.jira.accountId === undefined) {
    say(['jira', 'accountId'], "Not known yet: npx freshet check tells the bot's own.");
  }
  if (jiraStates.some((state) => answers.jira.statuses[state] === undefined)) {
    say(
      ['jira', 'statuses'],
      'Ids from 900001 on are not known yet: npx freshet check lists those of the project.',
    );
  }
  return document.toString({ lineWidth: 0, singleQuote: true });
}

function siteOf(answers: Answers) {
  const refs = refsOf(answers);
  const { slack, jira, server } = answers;
  const status = (state: (typeof jiraStates)[number]) => jira.statuses[state] ?? placeholders.status(state);
  return {
    name: answers.name,
    timeZone: answers.timeZone,
    operators: answers.operators,
    people: named(answers.people, ({ name, roles, slack: member, jira: account }) => ({
      // The id is the key; this is what cards show.
      name,
      roles,
      ...(member === '' ? {} : { slack: member }),
      ...(account === '' ? {} : { jira: account }),
    })),
    hosts: Object.fromEntries(
      answers.hosts.map(({ name, address, port, user, hostKey }) => [
        name,
        {
          address,
          ...(port === 22 ? {} : { port }),
          user,
          key: refs.key(name),
          hostKey,
          holdsRawData: holdsRaw(answers, name),
        },
      ]),
    ),
    servers: {
      [server.name]: {
        engine: server.engine,
        host: server.host,
        port: server.port,
        admin: { user: server.admin, password: refs.admin },
        loader: { user: server.loader, password: refs.loader },
        ...(server.extensions === undefined ? {} : { extensions: server.extensions }),
      },
    },
    databases: Object.fromEntries(answers.databases.map(({ name }) => [name, { engine: server.engine }])),
    environments: {
      production: {
        production: true,
        databases: Object.fromEntries(
          answers.databases.map(({ name, production }) => [name, { databaseName: production }]),
        ),
      },
      ...Object.fromEntries(answers.environments.map((one) => [one.name, environmentOf(one, server.name)])),
    },
    repositories: Object.fromEntries(
      answers.repositories.map(({ name, host, anonymised, pattern, timeZone }) => [
        name,
        {
          host,
          root: name,
          environment: 'production',
          anonymisation: anonymised ? 'declared' : 'raw',
          ...(pattern === '' ? {} : { pattern }),
          ...(timeZone === '' ? {} : { timeZone }),
        },
      ]),
    ),
    slack: {
      ...(slack.mode === 'socket' ? { appToken: refs.slackApp } : { signingSecret: refs.slackSigning }),
      botToken: refs.slackBot,
      channel: slack.channel,
      operatorsChannel: slack.operatorsChannel,
    },
    jira: {
      ...(jira.kind === 'cloud' ? {} : { kind: jira.kind }),
      baseUrl: jira.baseUrl,
      ...(jira.email === undefined ? {} : { email: jira.email }),
      token: refs.jira,
      accountId: jira.accountId ?? placeholders.accountId,
      project: jira.project,
      issueType: jira.issueType,
      ...(jira.webhook ? { webhookSecret: refs.jiraWebhook } : {}),
      statuses: {
        pending: status('pending'),
        approved: [status('approved')],
        ...Object.fromEntries(
          jiraStates
            .filter((one) => one !== 'pending' && one !== 'approved')
            .map((one) => [one, status(one)]),
        ),
      },
    },
    http: {
      address: '127.0.0.1',
      port: answers.httpPort,
      ...(answers.publicUrl === undefined ? {} : { publicUrl: answers.publicUrl }),
    },
  };
}

function environmentOf(environment: Answers['environments'][number], server: string) {
  return {
    protected: environment.protected,
    accepts: [...(environment.raw ? ['raw'] : []), 'declared', 'proven'],
    ...(environment.approvers.length === 0 ? {} : { approvers: environment.approvers }),
    databases: Object.fromEntries(
      Object.entries(environment.databases).map(([database, databaseName]) => [
        database,
        { server, databaseName, target: `${environment.name}-${database}` },
      ]),
    ),
  };
}

/** Raw data may lie where raw backups do, and where an environment takes them; nowhere else. */
function holdsRaw({ repositories, environments, server }: Answers, host: string): boolean {
  return (
    repositories.some((one) => one.host === host && !one.anonymised) ||
    (server.host === host && environments.some((one) => one.raw))
  );
}

function named<T extends { id: string }, U>(entries: readonly T[], make: (entry: T) => U): Record<string, U> {
  return Object.fromEntries(entries.map((entry) => [entry.id, make(entry)]));
}

/** Before the key, on a line of its own. */
function comment(document: Document, path: string[], text: string): void {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1));
  if (!isMap(parent)) return;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
  if (pair === undefined || !isScalar(pair.key)) return;
  pair.key.commentBefore = ` ${text}`;
  if (path.length === 1) pair.key.spaceBefore = true;
}
