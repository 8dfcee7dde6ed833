import { z } from 'zod';
import { address, baseUrl, channel, port, secret } from './values.ts';

export { audit } from './audit.ts';
export { jira } from './jira.ts';

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

const metrics = z
  .strictObject(
    {
      address: address
        .prefault('127.0.0.1')
        .describe('Address it listens on: one of your own network, never one that the internet reaches.'),
      port: port.describe('Port, another one than `http.port`.'),
    },
    { error: 'a mapping with "port" and "address"' },
  )
  .describe('A port of its own for `/metrics`, and for `/readyz` with the names of hosts. Default: none.');

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
      metrics: metrics.optional(),
    },
    { error: 'a mapping with "address", "port", "publicUrl" and "metrics"' },
  )
  .describe("The bot's own HTTP port: Slack in HTTP mode, webhooks, health.");
