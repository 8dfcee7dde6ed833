import { badFields, badRequest } from '../errors.ts';
import type { Http } from '../http.ts';
import { listOf } from '../http.ts';
import { account as accountAuthor } from '../model.ts';
import { fieldOf, may } from '../site.ts';
import type { State } from '../state.ts';
import { transitionsFrom } from '../workflow.ts';
import { isObject } from '../value-text.ts';
import { notOnScreen, parseFields } from './fields.ts';
import { bodyOf, partOf } from './issue-routes.ts';
import { visibleIssue } from './permissions.ts';
import type { Renderer } from './render.ts';
import { transitionJson } from './render.ts';
import { commentInUpdate, propertiesIn } from './write.ts';

/** Which ways lead out of an issue's status for the account that asks, and taking one. */
export function addTransitionRoutes(http: Http, state: State, renderer: Renderer): void {
  const { site } = state;

  http.route('get', '/issue/:issueIdOrKey/transitions', (call) => {
    const issue = visibleIssue(state, call);
    const wanted = call.query['transitionId'];
    const available = may(call.account, 'TRANSITION_ISSUES')
      ? transitionsFrom(site.workflow, issue.statusId).filter(
          (each) => wanted === undefined || each.id === wanted,
        )
      : [];
    const withFields = listOf(call.query['expand']).includes('transitions.fields');
    return {
      status: 200,
      body: {
        expand: 'transitions',
        transitions: available.map((each) => transitionJson(renderer, each, withFields)),
      },
    };
  });

  http.route('post', '/issue/:issueIdOrKey/transitions', (call) => {
    const issue = visibleIssue(state, call);
    const body = bodyOf(call);
    const given = isObject(body['transition']) ? body['transition']['id'] : undefined;
    if (given === undefined) throw badRequest("Missing 'transition' identifier");
    const wanted = typeof given === 'number' ? String(given) : given;
    if (typeof wanted !== 'string' || !/^\d+$/.test(wanted)) {
      throw badRequest("'transition' identifier must be an integer");
    }
    const transition = may(call.account, 'TRANSITION_ISSUES')
      ? transitionsFrom(site.workflow, issue.statusId).find((each) => each.id === wanted)
      : undefined;
    if (!transition) throw badRequest(`Transition id '${wanted}' is not valid for this issue.`);
    const screen = transition.screen ?? [];
    const { comment, ...update } = partOf(body, 'update');
    const parsed = parseFields(renderer, partOf(body, 'fields'), update, issue.fields, (field) =>
      screen.some(({ fieldId }) => fieldId === field.id),
    );
    for (const { fieldId, required } of screen) {
      const value = fieldId in parsed.values ? parsed.values[fieldId] : issue.fields[fieldId];
      const empty =
        value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
      if (required && empty && !(fieldId in parsed.errors)) {
        parsed.errors[fieldId] = `${fieldOf(site, fieldId)?.name ?? fieldId} is required.`;
      }
    }
    if (comment !== undefined && !may(call.account, 'ADD_COMMENTS'))
      parsed.errors['comment'] = notOnScreen('comment');
    if (Object.keys(parsed.errors).length > 0) throw badFields(parsed.errors);
    // Without a screen Jira moves the issue and says nothing of the comment it did not add.
    const text = transition.screen === undefined ? undefined : commentInUpdate(renderer.dialect, comment);
    state.edit(accountAuthor(call.account.accountId), issue.key, {
      statusId: transition.to,
      fields: parsed.values,
      properties: propertiesIn(renderer.dialect, body['properties']),
      comment: text,
    });
    return { status: 204 };
  });
}
