import { oneOf } from '../../domain/errors.ts';
import type { Person } from '../../domain/person.ts';
import type { Finding, Probe } from '../../domain/probe.ts';
import type { JiraSite } from '../../domain/jira-site.ts';
import { RetryAfter } from '../../service/feed.ts';
import { JiraFault, type JiraApi } from './api.ts';
import { lookAtServiceDesk } from './approvals.ts';
import type { Context } from './deps.ts';
import { lookAtFields, lookAtStatuses, lookAtTransitions } from './workflow.ts';
import { line } from './text.ts';
import { lookAtLinks } from './tickets.ts';

/** What the bot has to be allowed to do in the project. */
export const permissions = [
  'BROWSE_PROJECTS',
  'CREATE_ISSUES',
  'EDIT_ISSUES',
  'TRANSITION_ISSUES',
  'ADD_COMMENTS',
] as const;

/** What `npx freshet check` looks at in Jira. Reads only. */
export function probesOf(context: Pick<Context, 'api' | 'site'>): Probe[] {
  const { api } = context;
  const site = context.site.jira;
  return [
    probe(site, 'jira account', () => lookAtAccount(api, site)),
    probe(site, 'jira people', () => lookAtPeople(api, Object.values(context.site.people), site)),
    probe(site, 'jira project', () => lookAtProject(api, site)),
    probe(site, 'jira statuses', () => lookAtStatuses(api, site)),
    probe(site, 'jira transitions', () => lookAtTransitions(context)),
    probe(site, 'jira issue fields', () => lookAtFields(context)),
    probe(site, 'jira permissions', () => lookAtPermissions(api, site)),
    probe(site, 'jira links', () => lookAtLinks(api, site)),
    ...(site.serviceDesk ? [probe(site, 'jira service desk', () => lookAtServiceDesk(context))] : []),
    probe(site, 'jira webhook', () => Promise.resolve(lookAtWebhook(site))),
  ];
}

/** What is looked at all the time; in words that anybody may read. */
export function vitalOf(api: Pick<JiraApi, 'myself'>): Probe {
  return {
    name: 'jira',
    async run() {
      try {
        await api.myself();
        return { ok: true, says: 'answers' };
      } catch (error) {
        if (error instanceof RetryAfter) return { ok: false, says: 'takes no more calls for a while' };
        const status = error instanceof JiraFault ? error.status : undefined;
        if (status === 401 || status === 403) return { ok: false, says: 'refuses the token' };
        throw error;
      }
    },
  };
}

function probe(site: JiraSite, name: string, look: () => Promise<Finding>): Probe {
  return {
    name,
    async run() {
      try {
        return await look();
      } catch (error) {
        if (error instanceof RetryAfter) {
          return {
            ok: false,
            says: 'Jira takes no more calls for a while',
            remedy: 'Try again in some minutes.',
          };
        }
        if (!(error instanceof JiraFault)) throw error;
        return { ok: false, says: error.message, remedy: remedyFor(site, error) };
      }
    },
  };
}

/** What mends a call that Jira refused or did not answer. */
export function remedyFor({ kind }: JiraSite, { status }: JiraFault): string {
  if (status === 401 || status === 403) {
    return kind === 'cloud'
      ? 'Make a new API token for the account of jira.email and put it where jira.token points.'
      : 'Make a new personal access token in the profile of the bot and put it where jira.token points.';
  }
  if (status === 404)
    return 'See that jira.kind, jira.baseUrl and jira.project are right and that the account may browse the project.';
  return 'See that jira.baseUrl is right and can be reached from here.';
}

async function lookAtAccount(api: JiraApi, site: JiraSite): Promise<Finding> {
  const me = await api.myself();
  if (me.accountId === site.accountId) return { ok: true, says: `signed in as ${me.name} (${me.accountId})` };
  return {
    ok: false,
    says: `the token belongs to ${me.name} (${me.accountId}), not to "${site.accountId}"`,
    remedy: `Set jira.accountId to ${me.accountId}: what the bot does itself is known by it.`,
  };
}

async function lookAtProject(api: JiraApi, site: JiraSite): Promise<Finding> {
  const types = (await api.issueTypes()).map((type) => type.name);
  if (types.includes(site.issueType))
    return { ok: true, says: `${site.project} has the issue type "${site.issueType}"` };
  return {
    ok: false,
    says: `${site.project} has no issue type "${site.issueType}"; it has ${oneOf(types)}`,
    remedy: 'Set jira.issueType to one of them, or add it to the project.',
  };
}

async function lookAtPeople(api: JiraApi, people: readonly Person[], site: JiraSite): Promise<Finding> {
  const wrong: string[] = [];
  const named: string[] = [];
  for (const { id, name, jiraAccountId } of people) {
    if (jiraAccountId === undefined) continue;
    const user = await api.user(jiraAccountId);
    if (user === undefined) wrong.push(`people.${id}.jira "${jiraAccountId}" is nobody there`);
    // Names are given to others when somebody leaves; keys are not.
    else if (user.id !== jiraAccountId)
      wrong.push(`people.${id}.jira "${jiraAccountId}" is a user name; its key is "${user.id}"`);
    else named.push(line(name, 60));
  }
  if (wrong.length === 0) return { ok: true, says: `${named.length} of the site file are known there` };
  return {
    ok: false,
    says: wrong.join('; '),
    remedy:
      site.kind === 'cloud'
        ? 'Take account ids from the end of the address of the profile page.'
        : `Take user keys: ${site.baseUrl}/rest/api/2/user?username=NAME shows the key of a name.`,
  };
}

async function lookAtPermissions(api: JiraApi, site: JiraSite): Promise<Finding> {
  const wanted = [...permissions, ...(site.issue.assignee === 'none' ? [] : ['ASSIGN_ISSUES'])];
  const lacking = await api.lacks(wanted);
  if (lacking.length === 0) return { ok: true, says: `all ${wanted.length} held in ${site.project}` };
  return {
    ok: false,
    says: `the bot lacks ${lacking.join(', ')} in ${site.project}`,
    remedy: 'Grant them to its account in the permission scheme of the project.',
  };
}

/** Whether Jira's administrator made the webhook can't be asked without being one. */
function lookAtWebhook(site: JiraSite): Finding {
  if (site.webhookSecret !== undefined) return { ok: true, says: 'webhooks must be signed' };
  return {
    ok: true,
    says: `no webhook: polling only, every ${site.pollEverySeconds} s`,
  };
}
