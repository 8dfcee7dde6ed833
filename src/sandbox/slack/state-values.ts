import type { Block, Interactive } from './blocks/blocks.ts';
import { interactives } from './blocks/surfaces.ts';
import type { Option } from './blocks/text.ts';
import type { Choice, StateValue, StateValues } from './blocks/values.ts';

export type { Choice, StateValue, StateValues } from './blocks/values.ts';

function options(element: Interactive): Option[] {
  const single = 'options' in element ? (element.options ?? []) : [];
  const grouped = 'option_groups' in element ? (element.option_groups ?? []) : [];
  return [...single, ...grouped.flatMap((group) => group.options)];
}

/** The element untouched; undefined for those that hold nothing (buttons, overflow menus). */
function initialValue(element: Interactive): StateValue | undefined {
  const { type } = element;
  switch (element.type) {
    case 'button':
    case 'overflow':
      return undefined;
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { type, selected_option: element.initial_option ?? null };
    case 'multi_static_select':
    case 'multi_external_select':
    case 'checkboxes':
      return { type, selected_options: element.initial_options ?? [] };
    case 'datepicker':
      return { type, selected_date: element.initial_date ?? null };
    case 'timepicker':
      return { type, selected_time: element.initial_time ?? null };
    case 'datetimepicker':
      return { type, selected_date_time: element.initial_date_time ?? null };
    case 'users_select':
      return { type, selected_user: element.initial_user ?? null };
    case 'multi_users_select':
      return { type, selected_users: element.initial_users ?? [] };
    case 'channels_select':
      return { type, selected_channel: element.initial_channel ?? null };
    case 'multi_channels_select':
      return { type, selected_channels: element.initial_channels ?? [] };
    case 'conversations_select':
      return { type, selected_conversation: element.initial_conversation ?? null };
    case 'multi_conversations_select':
      return { type, selected_conversations: element.initial_conversations ?? [] };
    default:
      return { type, value: element.initial_value ?? null };
  }
}

/** `state.values` of blocks that nobody has touched. */
export function initialValues(blocks: Block[]): StateValues {
  const values: StateValues = {};
  for (const block of blocks)
    for (const { element } of interactives(block)) {
      const value = initialValue(element);
      if (!value) continue;
      const slot = (values[block.block_id ?? ''] ??= {});
      slot[element.action_id ?? ''] = value;
    }
  return values;
}

function pick(element: Interactive, offered: Option[], value: string): Option {
  const found = offered.find((one) => one.value === value);
  if (found) return found;
  const known = offered.map((one) => `"${one.value}"`).join(', ');
  throw new Error(
    `Slack stand-in: ${element.type} "${element.action_id}" does not offer "${value}": ${known}`,
  );
}

/** What the element holds after a person's choice. `offered` are the options that an external select was given.
 *  Throws for a choice that the element does not offer. */
export function chosenValue(element: Interactive, choice: Choice, offered: Option[] = []): StateValue {
  const { type } = element;
  const all = [...options(element), ...offered];
  const one = typeof choice === 'string' ? choice : null;
  const several = choice === null ? [] : typeof choice === 'string' ? [choice] : choice;
  switch (element.type) {
    case 'button':
      return { type };
    case 'overflow':
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { type, selected_option: one === null ? null : pick(element, all, one) };
    case 'multi_static_select':
    case 'multi_external_select':
    case 'checkboxes':
      return { type, selected_options: several.map((value) => pick(element, all, value)) };
    case 'datepicker':
      return { type, selected_date: one };
    case 'timepicker':
      return { type, selected_time: one };
    case 'datetimepicker':
      return { type, selected_date_time: one === null ? null : Number(one) };
    case 'users_select':
      return { type, selected_user: one };
    case 'multi_users_select':
      return { type, selected_users: several };
    case 'channels_select':
      return { type, selected_channel: one };
    case 'multi_channels_select':
      return { type, selected_channels: several };
    case 'conversations_select':
      return { type, selected_conversation: one };
    case 'multi_conversations_select':
      return { type, selected_conversations: several };
    default:
      return { type, value: one };
  }
}

/** Whether the person has left it empty. */
export function isEmpty(value: StateValue | undefined): boolean {
  if (!value) return true;
  const { type: _, ...held } = value;
  return Object.values(held).every(
    (one) => one === null || one === undefined || one === '' || (Array.isArray(one) && one.length === 0),
  );
}
