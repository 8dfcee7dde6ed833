import type { Finding, Probe } from '../../domain/probe.ts';
import { oneOf } from '../../domain/errors.ts';
import type { JiraSite } from '../../domain/site.ts';
import { RetryAfter } from '../../service/feed.ts';
import { JiraFault, type JiraApi } from './api.ts';

/** What the bot has to be allowed to do in the project. */
export const permissions = [
  'BROWSE_PROJECTS',
  'CREATE_ISSUES',
  'EDIT_ISSUES',
  'TRANSITION_ISSUES',
  'ADD_COMMENTS',
] as const;

/** What `npx freshet check` looks at in Jira. Reads only. */
export function probesOf(api: JiraApi, site: JiraSite): Probe[] {
  return [
    probe('jira account', () => lookAtAccount(api, site)),
    probe('jira project', () => lookAtProject(api, site)),
    probe('jira statuses', () => lookAtStatuses(api, site)),
    probe('jira permissions', () => lookAtPermissions(api, site)),
    probe('jira webhook', () => Promise.resolve(lookAtWebhook(site))),
  ];
}

function probe(name: string, look: () => Promise<Finding>): Probe {
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
        return { ok: false, says: error.message, remedy: remedyFor(error) };
      }
    },
  };
}

function remedyFor({ status }: JiraFault): string {
  if (status === 401 || status === 403)
    return 'Make a new API token for the account of jira.email and put it where jira.token points.';
  if (status === 404)
    return 'See that jira.baseUrl and jira.project are right and that the account may browse the project.';
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

async function lookAtStatuses(api: JiraApi, site: JiraSite): Promise<Finding> {
  const type = (await api.issueTypes()).find((each) => each.name === site.issueType);
  const known = type?.statuses ?? [];
  const wanted = Object.entries(site.statuses).flatMap(([state, ids]) =>
    [ids].flat().map((id: string) => ({ state, id })),
  );
  const missing = wanted.filter(({ id }) => !known.some((status) => status.id === id));
  if (missing.length > 0) {
    return {
      ok: false,
      says: `the workflow of "${site.issueType}" has no ${missing.map(({ state, id }) => `${state} "${id}"`).join(', ')}`,
      remedy: `Its statuses are ${known.map(({ id, name }) => `${id} (${name})`).join(', ') || 'not known'}: put their ids into jira.statuses.`,
    };
  }
  const named = wanted.map(
    ({ state, id }) => `${state} is "${known.find((each) => each.id === id)?.name ?? id}"`,
  );
  return { ok: true, says: named.join(', ') };
}

async function lookAtPermissions(api: JiraApi, site: JiraSite): Promise<Finding> {
  const lacking = await api.lacks(permissions);
  if (lacking.length === 0) return { ok: true, says: `all ${permissions.length} held in ${site.project}` };
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
