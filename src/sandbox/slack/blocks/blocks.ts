import { z } from 'zod';
import * as element from './elements.ts';
import { richText } from './rich-text.ts';
import { anyText, blockId, plainText } from './text.ts';

/** Blocks, with the limits of docs.slack.dev/reference/block-kit/blocks; which element fits which block is
 *  Slack's too: multi-selects are refused in `actions` ("unsupported element"). */

const named = { block_id: blockId.optional() };

const singleSelects = [
  element.staticSelect,
  element.externalSelect,
  element.usersSelect,
  element.conversationsSelect,
  element.channelsSelect,
] as const;
const multiSelects = [
  element.multiStaticSelect,
  element.multiExternalSelect,
  element.multiUsersSelect,
  element.multiConversationsSelect,
  element.multiChannelsSelect,
] as const;
const pickers = [element.checkboxes, element.radioButtons, element.datepicker, element.timepicker] as const;

const accessory = z.discriminatedUnion('type', [
  element.button,
  element.image,
  element.overflow,
  ...singleSelects,
  ...multiSelects,
  ...pickers,
]);

const action = z.discriminatedUnion('type', [
  element.button,
  element.overflow,
  element.datetimepicker,
  ...singleSelects,
  ...pickers,
]);

const inputElement = z.discriminatedUnion('type', [
  element.plainTextInput,
  element.emailInput,
  element.urlInput,
  element.numberInput,
  element.datetimepicker,
  ...singleSelects,
  ...multiSelects,
  ...pickers,
]);

const section = z
  .strictObject({
    type: z.literal('section'),
    ...named,
    text: anyText(3000).optional(),
    fields: z.array(anyText(2000)).min(1).max(10).optional(),
    accessory: accessory.optional(),
    expand: z.boolean().optional(),
  })
  .refine((block) => block.text !== undefined || block.fields !== undefined, {
    error: 'must define either `text` or `fields`',
  });

const cell = z.discriminatedUnion('type', [
  richText,
  z.strictObject({ type: z.literal('raw_text'), text: z.string().min(1) }),
]);

/** Every block that the stand-in knows; others are refused as an unsupported type. */
export const block = z.discriminatedUnion('type', [
  section,
  z.strictObject({ type: z.literal('divider'), ...named }),
  z.strictObject({ type: z.literal('header'), ...named, text: plainText(150) }),
  z.strictObject({
    type: z.literal('context'),
    ...named,
    elements: z
      .array(z.discriminatedUnion('type', [anyText(3000), element.image]))
      .min(1)
      .max(10),
  }),
  z.strictObject({ type: z.literal('actions'), ...named, elements: z.array(action).min(1).max(25) }),
  z.strictObject({
    type: z.literal('input'),
    ...named,
    label: plainText(2000),
    element: inputElement,
    hint: plainText(2000).optional(),
    optional: z.boolean().optional(),
    dispatch_action: z.boolean().optional(),
  }),
  z
    .strictObject({ ...element.image.shape, ...named, title: plainText(2000).optional() })
    .refine((one) => (one.image_url === undefined) !== (one.slack_file === undefined), {
      error: 'must define either `image_url` or `slack_file`',
    }),
  richText,
  z.strictObject({ type: z.literal('markdown'), ...named, text: z.string().min(1).max(12_000) }),
  z.strictObject({
    type: z.literal('table'),
    ...named,
    rows: z.array(z.array(cell).min(1).max(20)).min(1).max(100),
    column_settings: z
      .array(
        z.strictObject({
          align: z.enum(['left', 'center', 'right']).optional(),
          is_wrapped: z.boolean().optional(),
        }),
      )
      .max(20)
      .optional(),
  }),
]);

export type Block = z.infer<typeof block>;
export type Accessory = z.infer<typeof accessory>;
export type InputElement = z.infer<typeof inputElement>;
export type ActionElement = z.infer<typeof action>;
/** Whatever a person can press, choose or fill in. */
export type Interactive = Exclude<Accessory, { type: 'image' }> | InputElement | ActionElement;
