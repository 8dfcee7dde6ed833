import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Version3Client } from 'jira.js';
import type { JiraStandIn } from '../../../../src/sandbox/jira/jira.ts';
import type { Account } from '../../../../src/sandbox/jira/model.ts';
import { isObject } from '../../../../src/sandbox/jira/value-text.ts';

export const bot: Account = {
  accountId: '712020:bot',
  displayName: 'Freshet',
  email: 'freshet@example.org',
  token: 'bot-token',
  accountType: 'app',
};
export const quinn: Account = {
  accountId: '712020:quinn',
  displayName: 'Quinn',
  email: 'quinn@example.org',
  token: 'quinn-token',
};
export const viewer: Account = {
  accountId: '712020:viewer',
  displayName: 'Vi',
  email: 'vi@example.org',
  token: 'vi-token',
  permissions: ['BROWSE_PROJECTS'],
};
export const stranger: Account = {
  accountId: '712020:stranger',
  displayName: 'Stran',
  email: 'stran@example.org',
  token: 'stran-token',
  permissions: [],
};
export const accounts = [bot, quinn, viewer, stranger];

export function clientOf(jira: JiraStandIn, account: Account): Version3Client {
  return new Version3Client({
    host: jira.url,
    authentication: { basic: { email: account.email, apiToken: account.token } },
  });
}

interface Doc {
  type: string;
  version: number;
  content: { type: string; content: { type: string; text: string }[] }[];
}

/** A document of one paragraph. */
export function doc(text: string): Doc {
  return { type: 'doc', version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text }] }] };
}

export interface Made {
  readonly key: string;
  readonly id: string;
}

/** Makes an issue through the API, as the bot does. */
export async function makeIssue(client: Version3Client, fields: Record<string, unknown> = {}): Promise<Made> {
  const { key, id } = await client.issues.createIssue({
    fields: { project: { key: 'REF' }, issuetype: { name: 'Task' }, summary: 'Refresh uat', ...fields },
  });
  return { key, id };
}

export interface Refusal {
  readonly status: number;
  readonly messages: readonly unknown[];
  readonly errors: Readonly<Record<string, unknown>>;
}

/** What Jira said no with; fails when it said yes. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const error: unknown = await call.then(
    () => assert.fail('Jira accepted it'),
    (reason: unknown) => reason,
  );
  const response = isObject(error) ? error['response'] : undefined;
  if (!isObject(response)) throw error;
  const { data } = response;
  assert.ok(
    isObject(data) && Array.isArray(data['errorMessages']) && isObject(data['errors']),
    'Jira-shaped body',
  );
  return { status: Number(response['status']), messages: data['errorMessages'], errors: data['errors'] };
}

/** Any request, past what jira.js would let through. */
export async function raw(
  jira: JiraStandIn,
  account: Account | undefined,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = { 'Content-Type': 'application/json' },
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const sign = account && Buffer.from(`${account.email}:${account.token}`).toString('base64');
  const response = await fetch(`${jira.url}/rest/api/3${path}`, {
    method,
    headers: { ...headers, ...(sign === undefined ? {} : { Authorization: `Basic ${sign}` }) },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const parsed: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, headers: response.headers, body: parsed };
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A receiver of webhooks that answers as told. */
export async function startReceiver(): Promise<{
  url: string;
  got: Received[];
  answer: (response: ServerResponse, received: Received) => void;
  close(): void;
}> {
  const receiver = {
    url: '',
    got: [] as Received[],
    answer(response: ServerResponse, _received: Received): void {
      response.end();
    },
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const body: unknown = JSON.parse(text);
      assert.ok(isObject(body));
      const received = { headers: request.headers, raw: text, body };
      receiver.got.push(received);
      receiver.answer(response, received);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  receiver.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/webhook`;
  return receiver;
}
