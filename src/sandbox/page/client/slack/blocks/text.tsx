import type { AnyText, PlainText } from '../../../../slack/blocks/text.ts';
import { drawFlows, drawInlines, type Names } from '../markup/draw.ts';
import { mrkdwn, plainInline, plainText } from '../markup/mrkdwn.ts';

/** A text object: Slack's markup, or text in which only emoji are more than they are. */
export function TextOf({ text, names }: { text: AnyText; names: Names }) {
  return <>{drawFlows(text.type === 'mrkdwn' ? mrkdwn(text.text) : plainText(text.text), names)}</>;
}

/** Unformatted text on a button, in a title, beside a box. */
export function Plain({ text, names }: { text: PlainText; names: Names }) {
  return <>{drawInlines(plainInline(text.text), names)}</>;
}
