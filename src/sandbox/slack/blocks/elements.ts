import { z } from 'zod';
import {
  actionId,
  buttonStyle,
  confirmDialog,
  conversationFilter,
  dispatchConfig,
  formattedOption,
  linkOption,
  option,
  optionGroup,
  plainText,
} from './text.ts';

/** Elements of Block Kit, with the limits of docs.slack.dev/reference/block-kit/block-elements. */

const acting = { action_id: actionId.optional() };
const confirming = { ...acting, confirm: confirmDialog.optional() };
const focusing = { focus_on_load: z.boolean().optional() };
const placeholding = { placeholder: plainText(150).optional() };
const choosing = { ...confirming, ...focusing, ...placeholding };
const many = { max_selected_items: z.int().min(1).optional() };
const typing = {
  ...acting,
  ...focusing,
  ...placeholding,
  dispatch_action_config: dispatchConfig.optional(),
};
const choices = {
  options: z.array(option).min(1).max(100).optional(),
  option_groups: z.array(optionGroup).min(1).max(100).optional(),
};
const date = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'must be a date as YYYY-MM-DD');
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time as HH:mm');
const numeral = z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a number');

type Choices = { options?: { value: string }[]; option_groups?: { options: { value: string }[] }[] };

function valuesOf(menu: Choices): Set<string> {
  const groups = menu.option_groups ?? [];
  return new Set(
    [...(menu.options ?? []), ...groups.flatMap((group) => group.options)].map((one) => one.value),
  );
}

function exactlyOneSource(menu: Choices): boolean {
  return (menu.options === undefined) !== (menu.option_groups === undefined);
}

const oneSource = 'must define either `options` or `option_groups`';
const amongOptions = 'must be one of the options provided';

export const button = z.strictObject({
  type: z.literal('button'),
  ...confirming,
  text: plainText(75),
  value: z.string().max(2000).optional(),
  url: z.url().max(3000).optional(),
  style: buttonStyle.optional(),
  accessibility_label: z.string().max(75).optional(),
});

export const image = z
  .strictObject({
    type: z.literal('image'),
    image_url: z.url().max(3000).optional(),
    slack_file: z
      .union([z.strictObject({ id: z.string().min(1) }), z.strictObject({ url: z.url() })])
      .optional(),
    alt_text: z.string().min(1).max(2000),
  })
  .refine((one) => (one.image_url === undefined) !== (one.slack_file === undefined), {
    error: 'must define either `image_url` or `slack_file`',
  });

export const staticSelect = z
  .strictObject({
    type: z.literal('static_select'),
    ...choosing,
    ...choices,
    initial_option: option.optional(),
  })
  .refine(exactlyOneSource, { error: oneSource })
  .refine((menu) => !menu.initial_option || valuesOf(menu).has(menu.initial_option.value), {
    error: amongOptions,
    path: ['initial_option'],
  });

export const multiStaticSelect = z
  .strictObject({
    type: z.literal('multi_static_select'),
    ...choosing,
    ...choices,
    ...many,
    initial_options: z.array(option).min(1).max(100).optional(),
  })
  .refine(exactlyOneSource, { error: oneSource })
  .refine((menu) => (menu.initial_options ?? []).every((one) => valuesOf(menu).has(one.value)), {
    error: amongOptions,
    path: ['initial_options'],
  });

const minQuery = { min_query_length: z.int().min(0).optional() };
export const externalSelect = z.strictObject({
  type: z.literal('external_select'),
  ...choosing,
  ...minQuery,
  initial_option: option.optional(),
});
export const multiExternalSelect = z.strictObject({
  type: z.literal('multi_external_select'),
  ...choosing,
  ...minQuery,
  ...many,
  initial_options: z.array(option).min(1).max(100).optional(),
});

const id = z.string().min(1);
const toConversation = {
  default_to_current_conversation: z.boolean().optional(),
  filter: conversationFilter.optional(),
};
const responding = { response_url_enabled: z.boolean().optional() };
export const usersSelect = z.strictObject({
  type: z.literal('users_select'),
  ...choosing,
  initial_user: id.optional(),
});
export const multiUsersSelect = z.strictObject({
  type: z.literal('multi_users_select'),
  ...choosing,
  ...many,
  initial_users: z.array(id).optional(),
});
export const conversationsSelect = z.strictObject({
  type: z.literal('conversations_select'),
  ...choosing,
  ...toConversation,
  ...responding,
  initial_conversation: id.optional(),
});
export const multiConversationsSelect = z.strictObject({
  type: z.literal('multi_conversations_select'),
  ...choosing,
  ...many,
  ...toConversation,
  initial_conversations: z.array(id).optional(),
});
export const channelsSelect = z.strictObject({
  type: z.literal('channels_select'),
  ...choosing,
  ...responding,
  initial_channel: id.optional(),
});
export const multiChannelsSelect = z.strictObject({
  type: z.literal('multi_channels_select'),
  ...choosing,
  ...many,
  initial_channels: z.array(id).optional(),
});

export const overflow = z.strictObject({
  type: z.literal('overflow'),
  ...confirming,
  options: z.array(linkOption).min(1).max(5),
});

export const checkboxes = z
  .strictObject({
    type: z.literal('checkboxes'),
    ...confirming,
    ...focusing,
    options: z.array(formattedOption).min(1).max(10),
    initial_options: z.array(formattedOption).min(1).max(10).optional(),
  })
  .refine((group) => (group.initial_options ?? []).every((one) => valuesOf(group).has(one.value)), {
    error: amongOptions,
    path: ['initial_options'],
  });

export const radioButtons = z
  .strictObject({
    type: z.literal('radio_buttons'),
    ...confirming,
    ...focusing,
    options: z.array(formattedOption).min(1).max(10),
    initial_option: formattedOption.optional(),
  })
  .refine((group) => !group.initial_option || valuesOf(group).has(group.initial_option.value), {
    error: amongOptions,
    path: ['initial_option'],
  });

export const datepicker = z.strictObject({
  type: z.literal('datepicker'),
  ...choosing,
  initial_date: date.optional(),
});
export const timepicker = z.strictObject({
  type: z.literal('timepicker'),
  ...choosing,
  initial_time: time.optional(),
  timezone: z.string().min(1).optional(),
});
export const datetimepicker = z.strictObject({
  type: z.literal('datetimepicker'),
  ...confirming,
  ...focusing,
  initial_date_time: z.int().min(1_000_000_000).max(9_999_999_999).optional(),
});

export const plainTextInput = z
  .strictObject({
    type: z.literal('plain_text_input'),
    ...typing,
    initial_value: z.string().max(3000).optional(),
    multiline: z.boolean().optional(),
    min_length: z.int().min(0).max(3000).optional(),
    max_length: z.int().min(1).max(3000).optional(),
  })
  .refine((input) => (input.min_length ?? 0) <= (input.max_length ?? 3000), {
    error: 'must not be greater than `max_length`',
    path: ['min_length'],
  });
export const emailInput = z.strictObject({
  type: z.literal('email_text_input'),
  ...typing,
  initial_value: z.string().optional(),
});
export const urlInput = z.strictObject({
  type: z.literal('url_text_input'),
  ...typing,
  initial_value: z.string().optional(),
});
export const numberInput = z
  .strictObject({
    type: z.literal('number_input'),
    ...typing,
    is_decimal_allowed: z.boolean(),
    initial_value: numeral.optional(),
    min_value: numeral.optional(),
    max_value: numeral.optional(),
  })
  .refine((input) => Number(input.min_value ?? -Infinity) <= Number(input.max_value ?? Infinity), {
    error: 'must not be greater than `max_value`',
    path: ['min_value'],
  });
