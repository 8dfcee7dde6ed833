import { ArrowDown } from 'lucide-preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Message, SlackState } from '../../slack/state.ts';
import { MessageOf } from './message.tsx';
import { namesIn } from './names.ts';
import { dayOf, dayTitle } from './time.ts';
import { sought } from './where.ts';

export type LogProps = {
  state: SlackState;
  label: string;
  messages: readonly Message[];
  /** Replies of a message; without it no message leads to its thread. */
  repliesTo?: (ts: string) => readonly Message[];
  earlier?: number;
  /** What is said where there is nothing yet. */
  empty?: string;
};

/** Messages of one author that are no further apart are drawn as one piece. */
const togetherSeconds = 300;
/** Whoever is no further than that from the end is at the end. */
const nearEnd = 48;

/** Messages under one another. It stays at the end while the reader is there, and where they are while they are not. */
export function Log({ state, label, messages, repliesTo, earlier = 0, empty }: LogProps) {
  const element = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const focused = useRef<string | undefined>();
  const [behind, setBehind] = useState(false);
  const names = useMemo(() => namesIn(state), [state]);

  function toEnd(): void {
    const log = element.current!;
    log.scrollTop = log.scrollHeight;
  }

  // What is drawn can grow without a new message, too.
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) toEnd();
    });
    observer.observe(content.current!);
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    if (isAtEnd.current) toEnd();
    // A button that had the focus may be gone with what it was pressed for: its message has it then.
    if (document.activeElement !== document.body || focused.current === undefined) return;
    element.current
      ?.querySelector<HTMLElement>(`[data-ts="${focused.current}"]`)
      ?.focus({ preventScroll: true });
  });

  useLayoutEffect(() => {
    const ts = sought.value?.ts;
    const found = ts === undefined ? null : element.current!.querySelector<HTMLElement>(`[data-ts="${ts}"]`);
    if (!found) return;
    isAtEnd.current = false;
    found.scrollIntoView({ block: 'center' });
    found.focus({ preventScroll: true });
    found.classList.add('sought');
    setTimeout(() => found.classList.remove('sought'), 2000);
    sought.value = undefined;
  }, [sought.value, messages]);

  return (
    <div class="log-frame">
      <div
        ref={element}
        class="log"
        role="log"
        aria-label={label}
        tabIndex={0}
        onScroll={({ currentTarget: log }) => {
          isAtEnd.current = log.scrollHeight - log.scrollTop - log.clientHeight < nearEnd;
          setBehind(!isAtEnd.current);
        }}
        onFocusIn={(event) => {
          const message = (event.target as HTMLElement).closest<HTMLElement>('[data-ts]');
          focused.current = message?.dataset['ts'];
        }}
        onFocusOut={(event) => {
          if (event.relatedTarget !== null) focused.current = undefined;
        }}
      >
        <div ref={content} class="log-content">
          {earlier > 0 && <p class="log-note">{earlier} older messages are not shown.</p>}
          {messages.length === 0 && empty !== undefined && <p class="log-note">{empty}</p>}
          {messages.map((message, at) => {
            const before = messages[at - 1];
            const newDay = before === undefined || dayOf(before.ts) !== dayOf(message.ts);
            return (
              <div key={message.ts}>
                {newDay && (
                  <p class="day">
                    <span>{dayTitle(message.ts)}</span>
                  </p>
                )}
                <MessageOf
                  state={state}
                  names={names}
                  message={message}
                  {...(repliesTo && { replies: repliesTo(message.ts) })}
                  follows={!newDay && before !== undefined && isOnePiece(before, message)}
                />
              </div>
            );
          })}
        </div>
      </div>
      {behind && (
        <button type="button" class="button to-end" onClick={toEnd}>
          <ArrowDown size={14} aria-hidden="true" /> Newest
        </button>
      )}
    </div>
  );
}

function isOnePiece(before: Message, message: Message): boolean {
  return (
    before.user === message.user &&
    before.ephemeral === message.ephemeral &&
    message.ephemeral === undefined &&
    message.blocks.length === 0 &&
    before.blocks.length === 0 &&
    Number(message.ts) - Number(before.ts) < togetherSeconds
  );
}
