import { z } from 'zod';

/** Composition objects of Block Kit, with the limits of docs.slack.dev/reference/block-kit/composition-objects.
 *  Lengths are UTF-16 code units: never more generous than Slack's count of characters. */

/** Text without formatting, `least` to `most` characters. */
export function plainText(most: number, least = 1) {
  return z.strictObject({
    type: z.literal('plain_text'),
    text: z.string().min(least).max(most),
    emoji: z.boolean().optional(),
  });
}

/** Text in Slack's own markup, 1 to `most` characters. */
export function markup(most: number) {
  return z.strictObject({
    type: z.literal('mrkdwn'),
    text: z.string().min(1).max(most),
    verbatim: z.boolean().optional(),
  });
}

/** Either of the two. */
export function anyText(most: number) {
  return z.discriminatedUnion('type', [plainText(most), markup(most)]);
}

export const actionId = z.string().min(1).max(255);
export const blockId = z.string().min(1).max(255);
const style = z.enum(['primary', 'danger']);
export const buttonStyle = style;

/** The dialog before an action. Slack's reference requires all four texts. */
export const confirmDialog = z.strictObject({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: style.optional(),
});

/** One choice of a menu. Slack's reference says 150 for `value`, its published types 75: the smaller holds here. */
function optionOf<T extends z.ZodType>(text: T) {
  return z.strictObject({
    text,
    value: z.string().min(1).max(75),
    description: plainText(75).optional(),
  });
}

export const option = optionOf(plainText(75));
/** Radio buttons and checkboxes may be formatted. */
export const formattedOption = optionOf(anyText(75));
/** Only overflow menus may carry a URL. */
export const linkOption = option.extend({ url: z.url().max(3000).optional() });

export const optionGroup = z.strictObject({
  label: plainText(75),
  options: z.array(option).min(1).max(100),
});

export const dispatchConfig = z.strictObject({
  trigger_actions_on: z
    .array(z.enum(['on_enter_pressed', 'on_character_entered']))
    .min(1)
    .max(2),
});

export const conversationFilter = z.strictObject({
  include: z
    .array(z.enum(['im', 'mpim', 'private', 'public']))
    .min(1)
    .optional(),
  exclude_external_shared_channels: z.boolean().optional(),
  exclude_bot_users: z.boolean().optional(),
});

export type PlainText = z.infer<ReturnType<typeof plainText>>;
export type AnyText = z.infer<ReturnType<typeof anyText>>;
export type ConfirmDialog = z.infer<typeof confirmDialog>;
export type Option = z.infer<typeof formattedOption>;
export type OptionGroup = z.infer<typeof optionGroup>;
