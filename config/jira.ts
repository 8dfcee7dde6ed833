import type { SecretRef } from '../src/domain/site.ts';
import type { JiraSite } from '../src/domain/jira-site.ts';
import type { SiteFile } from './schema.ts';
import { secondsOf } from './schema/values.ts';

/** The Jira part of a site, with defaults that depend on other keys. */
export function toJira(
  jira: SiteFile['jira'],
  baseUrl: string | undefined,
  ref: (text: string) => SecretRef,
): JiraSite {
  const { priority, ...issue } = jira.issue;
  const { email, webhookSecret } = jira;
  const { stages, ...statuses } = jira.statuses;
  // Nothing else tells of a decision where no webhook does.
  const pollEvery = secondsOf(webhookSecret === undefined ? '15s' : '1m')!;
  return {
    kind: jira.kind,
    baseUrl: baseUrl ?? jira.baseUrl,
    ...(email === undefined ? {} : { email }),
    token: ref(jira.token),
    accountId: jira.accountId,
    project: jira.project,
    issueType: jira.issueType,
    issue: { ...issue, ...(priority === undefined ? {} : { priority }) },
    ...(webhookSecret === undefined ? {} : { webhookSecret: ref(webhookSecret) }),
    statuses: { ...statuses, ...(stages === undefined ? {} : { stages }) },
    transitionFields: Object.fromEntries(
      Object.entries(jira.transitionFields).filter(([, fields]) => fields !== undefined),
    ),
    linkType: jira.linkType,
    ticketComments: jira.ticketComments,
    serviceDesk: jira.serviceDesk,
    pollEverySeconds: jira.pollEvery ?? pollEvery,
  };
}
