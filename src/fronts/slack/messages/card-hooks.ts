import { hookFailureText, hooksOf, openHookFailure } from '../../../domain/hook.ts';
import { type RequestView } from '../../../service/views/view.ts';
import { cutText, mrkdwn, type Markup } from './markup.ts';

/** What is done once all is in place. */
export function hooksLine({ request, environment }: RequestView): Markup | undefined {
  const { kind, items } = request;
  const hooks = hooksOf(environment, { kind, databases: items.map(({ database }) => database) });
  if (hooks.length === 0) return undefined;
  return mrkdwn`:hook: After the swap: ${cutText(hooks.map(({ name }) => name).join(', '), 400)}`;
}

/** What came of the hooks, where it was not all well at once. */
export function hooksFact({ events }: RequestView): Markup[] {
  const failure = openHookFailure(events);
  if (failure === undefined) {
    const done = events.findLast((event) => event.type === 'hooks-done');
    return done === undefined
      ? []
      : [mrkdwn`:hook: Done when they were called again: ${cutText(done.hooks.join(', '), 400)}`];
  }
  if (failure.again)
    return [
      mrkdwn`:arrows_counterclockwise: Being called again: ${cutText([failure.hook, ...failure.left].join(', '), 400)}`,
    ];
  return [
    mrkdwn`:warning: *${cutText(hookFailureText(failure), 600)}* What was swapped stays in place. Hint: ${cutText(failure.hint, 300)}`,
  ];
}
