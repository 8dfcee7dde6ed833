import type { StateEvent } from '../model.ts';
import type { WebhookPayload } from '../webhooks.ts';
import { fieldsJson } from './issue-json.ts';
import type { Json, Renderer } from './render.ts';
import { authorJson, changeJson, commentJson } from './render.ts';

/** The delivery for an event; undefined where Jira sends none that we know.
 *  Deliveries show issues as REST v2 does: formatted text is plain text there, and addresses say `/rest/api/2`. */
export function webhookPayload(renderer: Renderer, event: StateEvent): WebhookPayload | undefined {
  const { issue, comment, change, by, at } = event;
  const fields = fieldsJson(renderer, issue, ({ plain }) => plain);
  const issuePart = (names?: readonly string[]): Json => ({
    id: issue.id,
    self: `${renderer.base}/rest/api/2/issue/${issue.id}`,
    key: issue.key,
    fields: names ? Object.fromEntries(names.map((name) => [name, fields[name]])) : fields,
  });
  switch (event.kind) {
    case 'issue-created':
    case 'issue-updated': {
      const created = event.kind === 'issue-created';
      const moved = change?.items.some((item) => item.field === 'status') ?? false;
      return {
        timestamp: at,
        webhookEvent: created ? 'jira:issue_created' : 'jira:issue_updated',
        issue_event_type_name: created ? 'issue_created' : moved ? 'issue_generic' : 'issue_updated',
        user: authorJson(renderer, by),
        issue: issuePart(),
        ...(change ? { changelog: { id: change.id, items: changeJson(renderer, change)['items'] } } : {}),
      };
    }
    case 'comment-created':
    case 'comment-updated':
      return {
        timestamp: at,
        webhookEvent: event.kind === 'comment-created' ? 'comment_created' : 'comment_updated',
        comment: comment && { ...commentJson(renderer, issue, comment), body: comment.body.plain },
        issue: issuePart(['summary', 'issuetype', 'project', 'assignee', 'priority', 'status']),
        eventType: 'primaryAction',
      };
    default:
      return undefined;
  }
}
