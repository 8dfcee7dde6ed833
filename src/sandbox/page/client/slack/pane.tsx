import { useEffect, useRef } from 'preact/hooks';
import type { SlackState } from '../../slack/state.ts';
import { notify } from '../do.ts';
import { parts } from '../live.ts';
import { ConversationPane } from './conversation.tsx';
import { Confirm } from './dialogs/confirm.tsx';
import { Modal } from './dialogs/modal.tsx';
import { namesIn } from './names.ts';
import { Sidebar } from './sidebar.tsx';
import './style/slack.css';
import './style/composer.css';
import './style/messages.css';
import './style/blocks.css';
import './style/fields.css';
import './style/dialogs.css';
import { Thread } from './thread.tsx';
import { conversation, place } from './where.ts';

/** Slack, as whoever one acts as sees it. */
export function SlackPane() {
  const state = parts.slack.value;
  useNotices(state);
  const here = conversation.value;
  if (!state || !here) return <p class="slack-waiting">Opening Slack…</p>;
  const thread = place.value?.thread;
  return (
    <div class={thread === undefined ? 'slack' : 'slack has-thread'}>
      <Sidebar state={state} />
      <ConversationPane state={state} conversation={here} />
      {thread !== undefined && <Thread state={state} conversation={here} ts={thread} />}
      <Modal key={state.me} state={state} />
      <Confirm names={namesIn(state)} />
    </div>
  );
}

/** Says what of somebody's failed since they began to look. */
function useNotices(state: SlackState | undefined): void {
  const seen = useRef<{ person: string; number: number } | undefined>();
  useEffect(() => {
    if (!state) return;
    const newest = state.notices.at(-1)?.number ?? -1;
    const last = seen.current?.person === state.me ? seen.current.number : newest;
    for (const { number, text } of state.notices) if (number > last) notify('refused', text);
    seen.current = { person: state.me, number: newest };
  }, [state]);
}
