import { Droplets, Hash, Lock } from 'lucide-preact';
import type { Conversation, SlackState } from '../../slack/state.ts';
import { go, place, unread } from './where.ts';

/** The conversations of whom one acts as, with what they have not read. */
export function Sidebar({ state }: { state: SlackState }) {
  const channels = state.conversations.filter(({ kind }) => kind !== 'direct');
  const direct = state.conversations.filter(({ kind }) => kind === 'direct');
  return (
    <nav class="sidebar" aria-label="Slack conversations">
      <p class="workspace">{state.team}</p>
      <h2>Channels</h2>
      <ul>
        {channels.map((one) => (
          <Entry key={one.id} state={state} conversation={one} />
        ))}
      </ul>
      <h2>Apps</h2>
      <ul>
        {direct.map((one) => (
          <Entry key={one.id} state={state} conversation={one} />
        ))}
      </ul>
    </nav>
  );
}

function Entry({ state, conversation }: { state: SlackState; conversation: Conversation }) {
  const isHere = place.value?.conversation === conversation.id;
  const count = isHere && place.value?.tab === 'messages' ? 0 : unread(state, conversation);
  const Icon = { channel: Hash, private: Lock, direct: Droplets }[conversation.kind];
  return (
    <li>
      <button
        type="button"
        class={count > 0 ? 'entry has-unread' : 'entry'}
        aria-current={isHere ? 'page' : undefined}
        onClick={() => go({ conversation: conversation.id, tab: 'messages' })}
      >
        <Icon size={15} aria-hidden="true" />
        <span class="entry-name">{conversation.name}</span>
        {count > 0 && (
          <span class="count">
            {count}
            <span class="hidden-visually"> unread</span>
          </span>
        )}
      </button>
    </li>
  );
}
