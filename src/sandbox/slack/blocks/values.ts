import type { Option } from './text.ts';

/** What one element holds, in the words of Slack's `state.values`. */
export interface StateValue {
  type: string;
  value?: string | null;
  selected_option?: Option | null;
  selected_options?: Option[];
  selected_date?: string | null;
  selected_time?: string | null;
  selected_date_time?: number | null;
  selected_user?: string | null;
  selected_users?: string[];
  selected_channel?: string | null;
  selected_channels?: string[];
  selected_conversation?: string | null;
  selected_conversations?: string[];
}
export type StateValues = Record<string, Record<string, StateValue>>;

/** What a person typed or chose: the text, or the value(s) of the option(s), or id(s); null clears. */
export type Choice = string | string[] | null;
