import { Eye, MessageSquareReply } from 'lucide-preact';
import { useMemo, useRef } from 'preact/hooks';
import type { Message, SlackState } from '../../slack/state.ts';
import { Avatar } from './avatar.tsx';
import { Blocks } from './blocks/block.tsx';
import { drawFlows, type Names } from './markup/draw.ts';
import { mrkdwn } from './markup/mrkdwn.ts';
import { createDeeds, SurfaceProvider } from './surface.ts';
import { clockTime, fullTime } from './time.ts';
import { dismissed, openThread } from './where.ts';

export type MessageProps = {
  state: SlackState;
  names: Names;
  message: Message;
  /** In its own thread's panel nothing leads there. */
  replies?: readonly Message[];
  /** The one before is of the same author and not long ago. */
  follows: boolean;
};

/** A message with its author, its content and its thread. */
export function MessageOf({ state, names, message, replies, follows }: MessageProps) {
  const { channel, ts, ephemeral, values } = message;
  const blocks = useRef(message.blocks);
  blocks.current = message.blocks;
  const deeds = useMemo(() => createDeeds({ channel, ts }, new Map(), () => blocks.current), [channel, ts]);
  const surface = { state, names, values, errors: {}, ...deeds };
  const author = ephemeral === 'slackbot' ? 'Slackbot' : (names.user(message.user) ?? message.user);
  const isApp = message.user === state.app.botUserId;
  const thread = message.threadTs !== undefined && message.threadTs !== ts;
  return (
    <article
      class={`message ${ephemeral ? 'only-you' : ''} ${follows ? 'follows' : ''}`}
      aria-label={`${author}, ${clockTime(ts)}`}
      data-ts={ts}
      tabIndex={-1}
    >
      <div class="message-side">
        {follows ? (
          <time
            class="message-time-side"
            dateTime={new Date(Number(ts) * 1000).toISOString()}
            title={fullTime(ts)}
          >
            {clockTime(ts)}
          </time>
        ) : (
          <Avatar state={state} user={ephemeral === 'slackbot' ? 'slackbot' : message.user} />
        )}
      </div>
      <div class="message-main">
        {ephemeral && (
          <p class="message-note">
            <Eye size={13} aria-hidden="true" /> Only visible to you
          </p>
        )}
        {!follows && (
          <p class="message-head">
            <b>{author}</b>
            {isApp && <span class="app-badge">APP</span>}
            <time dateTime={new Date(Number(ts) * 1000).toISOString()} title={fullTime(ts)}>
              {clockTime(ts)}
            </time>
          </p>
        )}
        {thread && replies && (
          <p class="message-note">
            replied to{' '}
            <button type="button" class="link" onClick={() => openThread(message)}>
              a thread
            </button>
          </p>
        )}
        {message.blocks.length > 0 ? (
          <SurfaceProvider value={surface}>
            <Blocks blocks={message.blocks} />
          </SurfaceProvider>
        ) : (
          <div class="markup">
            {drawFlows(mrkdwn(message.text), names)}
            {message.edited && <span class="edited"> (edited)</span>}
          </div>
        )}
        {ephemeral && (
          <button
            type="button"
            class="link message-dismiss"
            onClick={() => (dismissed.value = new Set([...dismissed.value, ts]))}
          >
            Dismiss
          </button>
        )}
        {replies && replies.length > 0 && <ThreadFoot state={state} message={message} replies={replies} />}
      </div>
      {replies && !ephemeral && (
        <div class="message-tools">
          <button
            type="button"
            class="button icon"
            aria-label="Reply in thread"
            title="Reply in thread"
            onClick={() => openThread(message)}
          >
            <MessageSquareReply size={16} aria-hidden="true" />
          </button>
        </div>
      )}
    </article>
  );
}

function ThreadFoot({
  state,
  message,
  replies,
}: {
  state: SlackState;
  message: Message;
  replies: readonly Message[];
}) {
  const authors = [...new Set(replies.map(({ user }) => user))].slice(0, 4);
  const last = replies.at(-1)!;
  return (
    <button type="button" class="thread-foot" onClick={() => openThread(message)}>
      {authors.map((user) => (
        <Avatar key={user} state={state} user={user} small />
      ))}
      <b>
        {replies.length} {replies.length === 1 ? 'reply' : 'replies'}
      </b>
      <span>Last reply {clockTime(last.ts)}</span>
    </button>
  );
}
