import type { RequestState } from '../../domain/request.ts';
import type { Stage } from './stage.ts';
import { isOf } from './stage.ts';

/** The status of the issue for each state of a request, in the sandbox's workflow. */
const statusOf: Record<RequestState, string> = {
  pending: 'Waiting for approval',
  approved: 'Approved',
  rejected: 'Rejected',
  expired: 'Cancelled',
  cancelled: 'Cancelled',
  running: 'In progress',
  succeeded: 'Done',
  failed: 'Failed',
  fenced: 'Failed',
};

/** Looks at every request from all sides: one issue and one card each, in the state that the events lead to. */
export async function agreement(stage: Stage): Promise<{ what: string; differs?: string }[]> {
  const { sandbox, store } = stage;
  const { requests } = await store.requests.list({}, { limit: 1000, offset: 0 });
  const issues: string[] = [];
  const cards: string[] = [];
  const events: string[] = [];
  for (const request of requests) {
    const own = sandbox.jira
      .issues()
      .filter((issue) => issue.labels.some((label) => isOf(label, request.id)));
    if (own.length !== 1) issues.push(`${request.id} has ${own.length} issues`);
    else if (own[0]!.status !== statusOf[request.state]) {
      issues.push(`${request.id} is ${request.state}, ${own[0]!.key} is "${own[0]!.status}"`);
    }
    const ref = await store.mirrors.get(request.id, 'slack');
    const shown = sandbox.slack
      .messages('db-refreshes')
      .filter(
        (one) =>
          one.threadTs === undefined &&
          new RegExp(`\\b${request.id}\\b`).test(sandbox.slack.renderText(one)) &&
          JSON.stringify(ref).includes(one.ts),
      );
    if (shown.length !== 1) cards.push(`${request.id} has ${shown.length} cards`);
    const types = (await store.events.ofRequest(request.id)).map((event) => event.type);
    const approved = types.indexOf('request-approved');
    const started = types.indexOf('run-started');
    if (types[0] !== 'request-created') events.push(`${request.id} begins with ${types[0]}`);
    if (started !== -1 && (approved === -1 || approved > started))
      events.push(`${request.id} ran without an approval`);
    const ends: Partial<Record<RequestState, string>> = { succeeded: 'run-succeeded', failed: 'run-failed' };
    const end = ends[request.state];
    if (end !== undefined && !types.includes(end as (typeof types)[number]))
      events.push(`${request.id} has no ${end}`);
  }
  return [
    claimOf(`each of ${requests.length} requests has one Jira issue, in the right status`, issues),
    claimOf('each has one card', cards),
    claimOf('the events of each tell how it came about', events),
  ];
}

function claimOf(what: string, differences: readonly string[]): { what: string; differs?: string } {
  return differences.length === 0 ? { what } : { what, differs: differences.join('\n') };
}
