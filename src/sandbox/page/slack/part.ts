import type { Sandbox } from '../../sandbox.ts';
import type { Part } from '../parts.ts';

/** Slack at the left of the page. */
export function slackPart({ slack }: Sandbox): Part<'slack'> {
  return {
    name: 'slack',
    state: () => ({ channels: slack.channels().map(({ id, name }) => ({ id, name })) }),
    deeds: {},
    onChange: (listener) => slack.onChange(listener),
  };
}
