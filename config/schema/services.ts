import { z } from 'zod';
import { address, baseUrl, duration, idNumber, line, list, matching, port, secret } from './values.ts';

const channel = matching(/^[CG][A-Z0-9]{2,20}$/, 'a Slack channel id such as "C024BE91L", not its name');

export const slack = z
  .strictObject(
    {
      appToken: secret
        .optional()
        .describe(
          'App-level token (xapp-) for Socket Mode: env:NAME or file:/path. Either this or `signingSecret`.',
        ),
      signingSecret: secret
        .optional()
        .describe(
          'Signing secret of the app, for HTTP mode: env:NAME or file:/path. Either this or `appToken`.',
        ),
      botToken: secret.describe('Bot token (xoxb-): env:NAME or file:/path.'),
      channel: channel.describe('Id of the channel for the cards; the end of "Copy link".'),
      operatorsChannel: channel.describe('Id of the channel for failures and alerts.'),
    },
    {
      error: 'a mapping with "appToken" or "signingSecret", and "botToken", "channel" and "operatorsChannel"',
    },
  )
  .describe('The Slack workspace.');

const statuses = z.strictObject(
  {
    pending: idNumber('a status').describe('Waiting for approval; new issues start there.'),
    approved: list(idNumber('a status'), 'status ids')
      .min(1, { error: 'a list of at least one status id' })
      .describe('Any of these counts as a yes when an approver moves the issue there.'),
    rejected: idNumber('a status').describe('A no, when an approver moves the issue there.'),
    running: idNumber('a status').describe('Set by the bot when the run starts.'),
    succeeded: idNumber('a status').describe('Set by the bot at the end.'),
    failed: idNumber('a status').describe('Set by the bot when the run failed.'),
    cancelled: idNumber('a status').describe('Set by the bot when the request was cancelled or expired.'),
  },
  { error: 'a mapping from each state to the id of a status' },
);

export const jira = z
  .strictObject(
    {
      baseUrl: baseUrl.describe(
        'Address of the site: "https://example.atlassian.net". JIRA_BASE_URL goes before it.',
      ),
      email: matching(/^[^\s@:/]+@[^\s@:/]+$/, 'the e-mail address of an account').describe(
        "E-mail address of the bot's account.",
      ),
      token: secret.describe('API token of that account: env:NAME or file:/path.'),
      accountId: matching(/^[A-Za-z0-9:_-]{3,128}$/, 'a Jira account id in quotes').describe(
        'Account id of the bot: its own changes are never a decision.',
      ),
      project: matching(/^[A-Z][A-Z0-9_]{1,19}$/, 'a project key such as "DBR"').describe(
        'Key of the project.',
      ),
      issueType: line(60).prefault('Task').describe('Name of the issue type.'),
      webhookSecret: secret
        .optional()
        .describe('Secret of the webhook: env:NAME or file:/path. Without it only polling is used.'),
      statuses: statuses.describe('Ids of statuses; `npx freshet check` lists those of the project.'),
      pollEvery: duration('1s', '1h')
        .prefault('1m')
        .describe('How often open issues are read, webhook or not.'),
    },
    { error: 'a mapping with "baseUrl", "email", "token", "project", "statuses" ...' },
  )
  .describe('The Jira site.');

export const http = z
  .strictObject(
    {
      address: address
        .prefault('127.0.0.1')
        .describe('Address it listens on; a proxy with TLS belongs before it.'),
      port: port.prefault(8080).describe('Port.'),
      publicUrl: baseUrl
        .optional()
        .describe('Address under which Slack and Jira reach this port from outside, before any path.'),
    },
    { error: 'a mapping with "address", "port" and "publicUrl"' },
  )
  .describe("The bot's own HTTP port: Slack in HTTP mode, webhooks, health.");
