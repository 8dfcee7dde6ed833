import { X } from 'lucide-preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Conversation, SlackState } from '../../slack/state.ts';
import { Composer } from './composer/composer.tsx';
import { Log } from './log.tsx';
import { closeThread, repliesTo, threadOpener } from './where.ts';

/** The thread of a message, beside (or, where it is narrow, over) its conversation. */
export function Thread({
  state,
  conversation,
  ts,
}: {
  state: SlackState;
  conversation: Conversation;
  ts: string;
}) {
  const panel = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    panel.current?.querySelector<HTMLElement>('textarea')?.focus();
    return () => {
      // What lies below the thread where it is narrow is shown with the same drawing that ends the thread.
      queueMicrotask(() => {
        const before = threadOpener.current;
        if (before instanceof HTMLElement && before.isConnected) before.focus();
      });
    };
  }, [ts]);
  const root = conversation.messages.find((one) => one.ts === ts);
  const replies = repliesTo(conversation, ts);
  const where = conversation.kind === 'direct' ? conversation.name : `#${conversation.name}`;
  return (
    <aside
      ref={panel}
      class="thread"
      aria-label="Thread"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.stopPropagation();
        closeThread();
      }}
    >
      <header class="conversation-head">
        <h2>
          Thread <span class="thread-where">{where}</span>
        </h2>
        <button type="button" class="button icon" aria-label="Close thread" onClick={closeThread}>
          <X size={18} aria-hidden="true" />
        </button>
      </header>
      <Log
        key={`${state.me} ${ts}`}
        state={state}
        label="Messages of the thread"
        messages={[...(root ? [root] : []), ...replies]}
        {...(!root && { empty: 'The message that this thread belongs to was deleted.' })}
      />
      <Composer
        key={`composer ${state.me} ${ts}`}
        state={state}
        channel={conversation.id}
        threadTs={ts}
        title="Reply"
      />
    </aside>
  );
}
