import { z } from 'zod';
import { checkView, type ViewContent } from './blocks/surfaces.ts';
import { type Option, option, type OptionGroup, optionGroup } from './blocks/text.ts';
import { refusals } from './blocks/refusal.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import type { Context } from './methods/method.ts';
import type { SlackUser } from './options.ts';
import * as payloads from './payloads.ts';
import { placeOf } from './people.ts';
import { isView, type Pick, refuse, type Screen, type Target } from './screen.ts';
import { chosenValue, type Choice, isEmpty, type StateValue } from './state-values.ts';
import type { View } from './views.ts';

const suggestions = z.union([
  z.strictObject({ options: z.array(option).max(100) }),
  z.strictObject({ option_groups: z.array(optionGroup).max(100) }),
]);
const submissionAnswer = z.discriminatedUnion('response_action', [
  z.strictObject({ response_action: z.literal('clear') }),
  z.strictObject({ response_action: z.literal('update'), view: z.unknown() }),
  z.strictObject({ response_action: z.literal('push'), view: z.unknown() }),
  z.strictObject({
    response_action: z.literal('errors'),
    errors: z.record(z.string(), z.string().min(1)),
  }),
]);

/** How a submission ended on the user's screen. */
export interface Submission {
  /** Undefined where Slack itself held it back: a required input empty, a text too short or too long. */
  delivery?: Delivery;
  /** What stands under the inputs now, by block_id. */
  errors: Record<string, string>;
  closed: boolean;
}

function complaint(view: View, blockId: string, optional: boolean): string | undefined {
  const block = view.content.blocks.find((one) => one.block_id === blockId);
  if (block?.type !== 'input') return undefined;
  const { element } = block;
  const value: StateValue | undefined = view.values[blockId]?.[element.action_id ?? ''];
  if (isEmpty(value)) return optional ? undefined : 'Please complete this required field.';
  if (element.type !== 'plain_text_input') return undefined;
  const { length } = value?.value ?? '';
  if (length < (element.min_length ?? 0)) return `Must be at least ${element.min_length} characters.`;
  const most = element.max_length ?? 3000;
  return length > most ? `Must be at most ${most} characters.` : undefined;
}

/** What people do with modals, the Home tab and menus that ask the app. */
export function createForms(context: Context, screen: Screen, deliveries: Deliveries) {
  const { views } = context;

  /** Fills in inputs, by action_id. Throws for one that is not there or does not offer the value. */
  function fill(ref: string, view: View, filled: Record<string, Choice>, pick: Pick = {}): void {
    const who = screen.user(ref);
    screen.sees(who, view);
    for (const [actionId, choice] of Object.entries(filled)) {
      const { block, element } = screen.find(view, actionId, pick);
      const slot = view.values[block.block_id ?? ''];
      if (!slot || !(actionId in slot)) refuse(`"${actionId}" can't be filled in`);
      else slot[actionId] = chosenValue(element, choice, screen.offers(who, actionId));
    }
    if (Object.keys(filled).length > 0) views.touched(view);
  }

  function broken(who: SlackUser, view: View, messages: string[]): void {
    screen.notice(who, view.content.callback_id ?? view.id, 'invalid_response_action', undefined, messages);
  }

  function carryOut(who: SlackUser, view: View, given: Record<string, unknown>): void {
    if (Object.keys(given).length === 0) return views.close(view);
    const parsed = submissionAnswer.safeParse(given);
    if (!parsed.success) return broken(who, view, refusals(parsed.error, given, ''));
    const answer = parsed.data;
    if (answer.response_action === 'clear') return views.closeAll(who.id);
    if (answer.response_action === 'errors') {
      const inputs = view.content.blocks.filter((one) => one.type === 'input').map((one) => one.block_id);
      const strange = Object.keys(answer.errors).filter((one) => !inputs.includes(one));
      if (strange.length > 0) return broken(who, view, [`no input block is called ${strange.join(', ')}`]);
      return views.complain(view, answer.errors);
    }
    const checked = checkView(answer.view, 'modal');
    if (!checked.ok) return broken(who, view, checked.messages);
    const content: ViewContent = checked.value;
    if (answer.response_action === 'update') return views.update(view, content);
    if (!views.push(who.id, content)) broken(who, view, ['push_limit_reached']);
    return undefined;
  }

  /** Presses the submit button of the topmost modal. */
  async function submit(ref: string, view: View, filled: Record<string, Choice> = {}): Promise<Submission> {
    const who = screen.user(ref);
    fill(ref, view, filled);
    if (views.top(who.id) !== view) refuse('that view is not on top');
    if (view.content.type !== 'modal' || !view.content.submit) refuse('that view has no submit button');
    const found: Record<string, string> = {};
    for (const block of view.content.blocks) {
      if (block.type !== 'input' || block.block_id === undefined) continue;
      const wrong = complaint(view, block.block_id, block.optional ?? false);
      if (wrong !== undefined) found[block.block_id] = wrong;
    }
    views.complain(view, found);
    if (Object.keys(view.errors).length > 0) return { errors: view.errors, closed: false };
    const payload = payloads.viewSubmission(context, who, view);
    const delivery = await deliveries.deliver('interactive', payload, true);
    if (delivery.error)
      screen.notice(who, view.content.callback_id ?? view.id, delivery.error, undefined, [
        'We had some trouble connecting. Try again?',
      ]);
    if (delivery.response) carryOut(who, view, delivery.response);
    return { delivery, errors: view.errors, closed: !views.stack(who.id).includes(view) };
  }

  /** Sends what Slack's screen lets nobody send: a submission of a view that somebody else has open. What the app answers is shown to nobody. */
  function forgeSubmission(ref: string, view: View): Promise<Delivery> {
    return deliveries.deliver('interactive', payloads.viewSubmission(context, screen.user(ref), view), true);
  }

  /** Closes the topmost modal (with `all`, the whole stack). The app hears of it where the view asks for that. */
  async function closeView(ref: string, view: View, { all = false } = {}): Promise<Delivery | undefined> {
    const who = screen.user(ref);
    screen.sees(who, view);
    const { content } = view;
    if (content.type !== 'modal') refuse('the Home tab is not closed');
    const cleared = all || (content.type === 'modal' && (content.clear_on_close ?? false));
    if (cleared) views.closeAll(who.id);
    else views.close(view);
    if (content.type !== 'modal' || !content.notify_on_close) return undefined;
    return deliveries.deliver('interactive', payloads.viewClosed(context, who, view, cleared), false);
  }

  /** Types into an external menu: what the app offers. They can be chosen from then on. Throws where the text is
   *  shorter than `min_query_length`; an answer that Slack refuses leaves a notice and offers nothing. */
  async function options(
    ref: string,
    target: Target,
    actionId: string,
    query: string,
    pick?: Pick,
  ): Promise<{ delivery: Delivery; options: Option[]; groups?: OptionGroup[] }> {
    const who = screen.user(ref);
    screen.sees(who, target);
    const { block, element } = screen.find(target, actionId, pick);
    if (element.type !== 'external_select' && element.type !== 'multi_external_select')
      refuse(`"${actionId}" does not ask the app for options`);
    const least = 'min_query_length' in element ? (element.min_query_length ?? 3) : 3;
    if (query.length < least) refuse(`"${actionId}" asks only from ${least} characters on`);
    const asked = { action_id: actionId, block_id: block.block_id ?? '', value: query };
    const payload = payloads.blockSuggestion(context, who, placeOf(target), asked);
    const delivery = await deliveries.deliver('interactive', payload, true);
    const where = isView(target) ? undefined : target.channel;
    if (delivery.error) screen.notice(who, actionId, delivery.error, where);
    if (!delivery.response) return { delivery, options: [] };
    const parsed = suggestions.safeParse(delivery.response);
    if (!parsed.success) {
      screen.notice(who, actionId, 'invalid_options', where, refusals(parsed.error, delivery.response, ''));
      return { delivery, options: [] };
    }
    const groups = 'option_groups' in parsed.data ? parsed.data.option_groups : undefined;
    const found =
      'options' in parsed.data
        ? parsed.data.options
        : parsed.data.option_groups.flatMap((one) => one.options);
    screen.offer(who, actionId, found);
    return { delivery, options: found, ...(groups && { groups }) };
  }

  /** Opens the app's Home tab. The app hears of it if it is subscribed to `app_home_opened`. */
  function openHome(ref: string): View | undefined {
    const who = screen.user(ref);
    const { workspace } = context;
    const shown = views.home(who.id);
    if (workspace.app.events.includes('app_home_opened'))
      deliveries.deliverEvent(
        payloads.eventCallback(context, {
          type: 'app_home_opened',
          user: who.id,
          channel: workspace.direct(who.id).id,
          tab: 'home',
          ...(shown && { view: views.describe(shown) }),
        }),
      );
    return shown;
  }

  return { fill, submit, forgeSubmission, closeView, options, openHome };
}
