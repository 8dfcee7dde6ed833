import { createHmac, randomUUID } from 'node:crypto';
import { userJson, type Renderer } from './rest/render.ts';
import type { State } from './state.ts';
import { signature } from './webhooks.ts';

/** A claim that somebody moved an issue, which Jira never made. */
export interface Forgery {
  /** `wrong` signs with another secret, `sha1` by a weaker method, `none` not at all; `right` with the real secret. */
  readonly signature: 'none' | 'wrong' | 'sha1' | 'right';
  /** May name an issue that does not exist. */
  readonly issueKey: string;
  /** Whom it claims to come from. */
  readonly accountId: string;
  readonly toStatusId: string;
}

/** The bytes and headers of a forged delivery. */
export function forge(
  renderer: Renderer,
  state: State,
  { signature: kind, issueKey, accountId, toStatusId }: Forgery,
  secret: string,
): { readonly body: string; readonly headers: Record<string, string> } {
  const real = state.read(issueKey);
  const items = [
    { field: 'status', fieldId: 'status', fieldtype: 'jira', from: real?.statusId ?? null, to: toStatusId },
  ];
  const body = JSON.stringify({
    timestamp: state.site.now(),
    webhookEvent: 'jira:issue_updated',
    issue_event_type_name: 'issue_generic',
    user: userJson(renderer, accountId),
    issue: { id: real?.id ?? '1', key: issueKey, fields: { status: { id: toStatusId } } },
    changelog: { id: '999999999', items },
  });
  const headers: Record<string, string> = { 'X-Atlassian-Webhook-Identifier': randomUUID() };
  if (kind === 'right') headers['X-Hub-Signature'] = signature(secret, body);
  if (kind === 'wrong') headers['X-Hub-Signature'] = signature(`not ${secret}`, body);
  if (kind === 'sha1') {
    headers['X-Hub-Signature'] = `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;
  }
  return { body, headers };
}
