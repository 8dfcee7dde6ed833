import type { Answers } from './words.ts';

/** Every secret that a site needs, with what it is to people. */
export type Needed = { ref: string; what: string };

/** Where each secret is to be: init writes the references and never asks for a value. */
export function refsOf(answers: { secrets: Answers['secrets']; server: { name: string } }) {
  const at = (file: string, variable: string) =>
    answers.secrets === 'file' ? `file:secrets/${file}` : `env:${variable}`;
  return {
    slackApp: at('slack-app-token', 'SLACK_APP_TOKEN'),
    slackSigning: at('slack-signing-secret', 'SLACK_SIGNING_SECRET'),
    slackBot: at('slack-bot-token', 'SLACK_BOT_TOKEN'),
    jira: at('jira-token', 'JIRA_TOKEN'),
    jiraWebhook: at('jira-webhook-secret', 'JIRA_WEBHOOK_SECRET'),
    admin: at(`${answers.server.name}-admin`, 'FRESHET_ADMIN_PASSWORD'),
    loader: at(`${answers.server.name}-loader`, 'FRESHET_LOADER_PASSWORD'),
    /** A private key is a file in any case: it has many lines. */
    key: (host: string) => `file:keys/${host}`,
  };
}

/** The secrets to be set, in the order in which people come by them; keys of hosts are made apart. */
export function neededSecrets(answers: Answers): Needed[] {
  const refs = refsOf(answers);
  return [
    answers.slack.mode === 'socket'
      ? {
          ref: refs.slackApp,
          what: 'Slack, Basic Information, App-Level Tokens: one with connections:write (xapp-...)',
        }
      : { ref: refs.slackSigning, what: 'Slack, Basic Information, App Credentials: the Signing Secret' },
    { ref: refs.slackBot, what: 'Slack, OAuth & Permissions: the Bot User OAuth Token (xoxb-...)' },
    {
      ref: refs.jira,
      what:
        answers.jira.kind === 'cloud'
          ? `Jira: an API token of ${answers.jira.email ?? 'the account'}, from id.atlassian.com, Security`
          : "Jira: a personal access token of the bot's account, from its profile",
    },
    ...(answers.jira.webhook
      ? [{ ref: refs.jiraWebhook, what: 'made up by you (openssl rand -hex 32), the same in the webhook' }]
      : []),
    { ref: refs.admin, what: `made up by you: the password that ${answers.server.admin} gets on the server` },
    {
      ref: refs.loader,
      what: `made up by you: the password that ${answers.server.loader} gets on the server`,
    },
  ];
}
