import { Hash, Lock, Users } from 'lucide-preact';
import { useEffect } from 'preact/hooks';
import type { Conversation, SlackState } from '../../slack/state.ts';
import { Avatar } from './avatar.tsx';
import { Composer } from './composer/composer.tsx';
import { Home } from './home.tsx';
import { Log } from './log.tsx';
import { go, markRead, place, repliesTo, topLevel } from './where.ts';

const empty = {
  channel: 'Nothing has been said here yet. Type /refresh to ask for a refresh.',
  private: 'Nothing has been said here yet.',
  direct: 'Freshet writes here when a request of yours is decided or done.',
};

/** A channel, or the app with its tabs. */
export function ConversationPane({ state, conversation }: { state: SlackState; conversation: Conversation }) {
  const tab = place.value?.tab ?? 'messages';
  const isDirect = conversation.kind === 'direct';
  const newest = conversation.messages.at(-1)?.ts;
  useEffect(() => {
    if (tab === 'messages') markRead(state, conversation);
  }, [conversation.id, newest, tab, state.me]);
  const title = isDirect ? conversation.name : `#${conversation.name}`;
  return (
    <div class="conversation">
      <header class={isDirect ? 'conversation-head' : 'conversation-head of-channel'}>
        <h2>
          {isDirect ? (
            <Avatar state={state} user={state.app.botUserId} small />
          ) : conversation.kind === 'private' ? (
            <Lock size={15} aria-label="Private channel" />
          ) : (
            <Hash size={16} aria-hidden="true" />
          )}
          {conversation.name}
          {isDirect && <span class="app-badge">APP</span>}
        </h2>
        {isDirect ? (
          <Tabs conversation={conversation} tab={tab} />
        ) : (
          <span class="members" title="Members">
            <Users size={14} aria-hidden="true" /> {conversation.members}
            <span class="hidden-visually"> members</span>
          </span>
        )}
      </header>
      {isDirect && tab === 'home' ? (
        <Home state={state} />
      ) : (
        <>
          <Log
            key={`${state.me} ${conversation.id}`}
            state={state}
            label={`Messages of ${title}`}
            messages={topLevel(conversation)}
            repliesTo={(ts) => repliesTo(conversation, ts)}
            earlier={conversation.earlier}
            empty={empty[conversation.kind]}
          />
          <Composer
            key={`composer ${state.me} ${conversation.id}`}
            state={state}
            channel={conversation.id}
            title={`Message ${title}`}
          />
        </>
      )}
    </div>
  );
}

const tabs = [
  ['home', 'Home'],
  ['messages', 'Messages'],
] as const;

function Tabs({ conversation, tab }: { conversation: Conversation; tab: 'home' | 'messages' }) {
  return (
    <div class="app-tabs" role="group" aria-label="App">
      {tabs.map(([name, title]) => (
        <button
          key={name}
          type="button"
          aria-pressed={tab === name}
          onClick={() => go({ conversation: conversation.id, tab: name })}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
