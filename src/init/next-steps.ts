import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { engineNamed } from '../../runners/index.ts';
import { fingerprint } from './host-key.ts';
import { neededSecrets, refsOf } from './refs.ts';
import { jiraStates, type JiraState } from '../domain/jira-site.ts';
import type { Answers } from './words.ts';

export type StepsFor = {
  answers: Answers;
  /** The site file, as it was named. */
  site: string;
  /** `https://api.slack.com/apps?...` with the manifest in it. */
  link: string;
};

/** What is left to do, in the order in which it can be done. Each line with `npx` can be typed as it stands. */
export function nextSteps({ answers, site, link }: StepsFor): string {
  const folder = dirname(resolve(site));
  const steps = [
    slackSteps(answers, link),
    jiraSteps(answers),
    ['This site', `export FRESHET_CONFIG=${word(resolve(site))}`],
    secretSteps(answers, folder),
    ...answers.hosts.map((host) => hostSteps(answers, host.name, folder)),
    [
      "The bot's own database, and the look at everything",
      'export DATABASE_URL=postgresql://freshet@127.0.0.1:5432/freshet   # or say --embedded FOLDER below',
      'npx freshet migrate',
      'npx freshet check          # a line each, with the remedy',
      'npx freshet serve',
      ...(answers.slack.mode === 'http'
        ? [
            `Then, in Slack's Event Subscriptions, let Slack verify ${answers.publicUrl ?? ''}/slack/events, and run npx freshet check once more.`,
          ]
        : []),
    ],
  ];
  return steps
    .map(
      ([title, ...lines], at) =>
        `${at + 1}. ${title}\n\n${lines.map((line) => (line === '' ? '' : `   ${line}`)).join('\n')}`,
    )
    .join('\n\n');
}

function slackSteps({ slack, publicUrl }: Answers, link: string): string[] {
  const mode = slack.mode === 'http' ? ` --url ${word(publicUrl ?? '')}` : '';
  return [
    'Slack: make the app from its manifest',
    'Open this link, choose the workspace, and confirm what it shows:',
    link,
    `(or paste what "npx freshet manifest${mode}" prints under Create New App, From a manifest)`,
    'Install it to the workspace, and type /invite @freshet in both channels.',
  ];
}

const leadsTo: Readonly<Record<JiraState, string>> = {
  pending: 'approved, rejected, cancelled',
  approved: 'running, cancelled, and back to pending',
  rejected: 'back to pending',
  running: 'succeeded, failed, cancelled',
  succeeded: '',
  failed: 'running',
  cancelled: '',
};

function jiraSteps({ jira, publicUrl }: Answers): string[] {
  const open = jiraStates.filter((state) => jira.statuses[state] === undefined);
  const webhook = jira.webhook
    ? [
        'Webhook, made by an administrator of Jira under System, WebHooks:',
        `  URL      ${publicUrl ?? 'https://YOUR-BOT'}/jira/webhook`,
        '  Secret   the one of jira.webhookSecret, step 4',
        '  Events   Issue: updated',
        `  JQL      project = ${jira.project}`,
        ...(jira.kind === 'cloud'
          ? []
          : [
              'Before Jira 10 a webhook has no secret, and unsigned ones are not taken: leave jira.webhookSecret out there, and the bot looks by itself.',
            ]),
      ]
    : [
        'No webhook is needed: the bot looks at its open issues by itself. With one, decisions made in Jira count at once; say --url and --jira-webhook yes.',
      ];
  return [
    'Jira: an account of its own for the bot, and the workflow',
    `In project ${jira.project} the account needs the permissions to browse the project and to create, edit, transition and comment on issues.`,
    `The workflow of "${jira.issueType}" has a status for each of these; from each the ones behind it are reached:`,
    ...jiraStates.map((state) => {
      const id = jira.statuses[state];
      return `  ${state.padEnd(10)} ${(id === undefined ? 'not mapped' : `status ${id}`).padEnd(14)} ${leadsTo[state] === '' ? '' : `-> ${leadsTo[state]}`}`.trimEnd();
    }),
    ...(open.length === 0
      ? []
      : [
          `Not mapped yet: ${open.join(', ')}. npx freshet check lists the ids; put them into jira.statuses of the site file.`,
        ]),
    ...(jira.accountId === undefined
      ? ["The bot's account id is not known yet: npx freshet check tells it; put it into jira.accountId."]
      : []),
    ...webhook,
  ];
}

function secretSteps(answers: Answers, folder: string): string[] {
  const files = answers.secrets === 'file';
  const place = (ref: string) => {
    const name = ref.slice(ref.indexOf(':') + 1);
    return files ? shownPath(folder, name) : name;
  };
  return [
    `Secrets: ${files ? 'each a file that only the bot can read' : 'variables of the process'}`,
    ...(files ? [`install -d -m 0700 ${word(shownPath(folder, 'secrets'))}`] : []),
    ...neededSecrets(answers).map(({ ref, what }) => {
      const way = files ? `install -m 0600 /dev/stdin ${word(place(ref))}` : `export ${place(ref)}=...`;
      return `${way}   # ${what}`;
    }),
    ...(files ? ['(paste the secret, Enter, Ctrl-D)'] : []),
  ];
}

function hostSteps(answers: Answers, name: string, folder: string): string[] {
  const host = answers.hosts.find((one) => one.name === name)!;
  const key = shownPath(folder, refsOf(answers).key(name).slice('file:'.length));
  const roots = answers.repositories.filter((one) => one.host === name);
  const isTarget = answers.server.host === name;
  const { setup } = engineNamed(answers.server.engine);
  const words = [
    'npx freshet host install',
    name,
    ...roots.map((one) => `--root ${word(`${one.name}=${one.path}`)}`),
    ...(isTarget ? [`--passfile ${setup.passfile}`] : []),
  ];
  const script = `install-${name}.sh`;
  const ssh = host.port === 22 ? host.address : `-p ${host.port} ${host.address}`;
  return [
    `Host ${name} (${host.address}${host.port === 22 ? '' : `:${host.port}`}, ${fingerprint(host.hostKey)})`,
    `install -d -m 0700 ${word(dirname(key))}`,
    `ssh-keygen -q -t ed25519 -N '' -C freshet -f ${word(key)}`,
    `${words.join(' ')} > ${script}`,
    ...(isTarget
      ? [
          `Add --data FOLDER (what "${setup.dataFolderQuery}" says there), or free space is not looked at before a run; --bin FOLDER where ${setup.programs[0]} is not in /usr/bin.`,
        ]
      : []),
    `Read ${script}, then run it there as root: ssh ${ssh} sudo sh < ${script}`,
    ...(isTarget
      ? [
          `It prints which SQL to run, and where the passwords of ${answers.server.admin} and ${answers.server.loader} are set.`,
        ]
      : []),
  ];
}

/** From where the person stands. */
function shownPath(folder: string, name: string): string {
  const path = isAbsolute(name) ? name : resolve(folder, name);
  const near = relative('.', path);
  return near.startsWith('..') ? path : near;
}

/** A word of a shell's line. */
function word(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
