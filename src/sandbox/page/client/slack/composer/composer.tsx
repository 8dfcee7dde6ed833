import { SendHorizontal } from 'lucide-preact';
import { useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SlackState } from '../../../slack/state.ts';
import { doIt } from '../../do.ts';
import { accept, complete, type Offer } from './complete.ts';
import { draftOf, keepDraft, remember, sentBy } from './drafts.ts';
import { inSight } from './in-sight.ts';

export type ComposerProps = { state: SlackState; channel: string; threadTs?: string; title: string };

/** Where people write: messages, and commands with what Freshet's grammar offers next. */
export function Composer({ state, channel, threadTs, title }: ComposerProps) {
  const key = `${state.me} ${channel} ${threadTs ?? ''}`;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => draftOf(key));
  const [caret, setCaret] = useState(text.length);
  /** Which offer is chosen; undefined where nothing was chosen by hand. */
  const [picked, setPicked] = useState<number | undefined>();
  const [isAway, setAway] = useState(true);
  const [sending, setSending] = useState(0);
  /** Where in what was sent before one is; 0 is what is being written. */
  const [back, setBack] = useState(0);
  const written = useRef('');
  /** Where the caret goes with the next drawing. */
  const wanted = useRef<number | undefined>();

  const isCommand = threadTs === undefined && text.startsWith('/');
  const ids = useMemo(() => (isCommand ? inSight(state) : { requests: [], backups: [] }), [state, isCommand]);
  const completion = isCommand ? complete(text.slice(0, caret), state.words, ids) : undefined;
  const offers = isAway || back > 0 ? [] : (completion?.offers ?? []);
  const active = picked ?? (completion && !completion.exact && offers.length > 0 ? 0 : -1);

  // With the drawing of the text and not later: whoever types fast is typing already.
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    field.current?.focus();
    field.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = undefined;
  });
  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    current.style.height = 'auto';
    current.style.height = `${Math.min(current.scrollHeight + 2, 160)}px`;
  }, [text]);

  function write(next: string, at = next.length): void {
    setText(next);
    keepDraft(key, next);
    setCaret(at);
    setPicked(undefined);
    setAway(false);
  }
  function put(next: string, at: number): void {
    write(next, at);
    wanted.current = at;
  }
  function choose(offer: Offer): void {
    const next = accept(text, caret, completion?.from ?? caret, offer);
    put(next.text, next.caret);
  }
  async function send(): Promise<void> {
    const line = text.trim();
    if (line === '') return;
    remember(state.me, line);
    setBack(0);
    write('');
    setSending((many) => many + 1);
    const { ok } = await doIt('slack', 'send', {
      channel,
      text: line,
      ...(threadTs !== undefined && { threadTs }),
    });
    setSending((many) => many - 1);
    // What was refused can be mended, unless something else has been begun.
    if (!ok && draftOf(key) === '') write(line);
  }
  function recall(by: number): void {
    const lines = sentBy(state.me);
    const next = Math.min(lines.length, Math.max(0, back + by));
    if (next === back) return;
    if (back === 0) written.current = text;
    const line = next === 0 ? written.current : lines[lines.length - next]!;
    put(line, line.length);
    setBack(next);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const { key: pressed, shiftKey } = event;
    const isVertical = pressed === 'ArrowDown' || pressed === 'ArrowUp';
    const isFirstLine = !text.slice(0, caret).includes('\n');
    const isLastLine = !text.slice(caret).includes('\n');
    if (offers.length > 0 && isVertical && (active >= 0 || pressed === 'ArrowDown')) {
      setPicked((active + (pressed === 'ArrowDown' ? 1 : -1) + offers.length) % offers.length);
    } else if (offers.length > 0 && pressed === 'Tab' && !shiftKey && text !== '') {
      choose(offers[Math.max(0, active)]!);
    } else if (offers.length > 0 && pressed === 'Enter' && !shiftKey && active >= 0) {
      choose(offers[active]!);
    } else if (offers.length > 0 && pressed === 'Escape') {
      setAway(true);
    } else if (pressed === 'Enter' && !shiftKey) {
      void send();
    } else if (pressed === 'ArrowUp' && isFirstLine && (text === '' || back > 0 || caret === text.length)) {
      recall(1);
    } else if (pressed === 'ArrowDown' && isLastLine && back > 0) {
      recall(-1);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const isOpen = offers.length > 0;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {isOpen && (
        <div class="offers" onMouseDown={(event) => event.preventDefault()}>
          <ul id={`${id}-offers`} role="listbox" aria-label="Completions">
            {offers.map((offer, at) => (
              <li
                key={offer.text}
                id={`${id}-${at}`}
                role="option"
                aria-selected={at === active}
                class={at === active ? 'active' : ''}
                onClick={() => choose(offer)}
              >
                <code>{offer.text}</code>
                <span>{offer.about}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <div class="composer-box">
        <textarea
          ref={field}
          rows={1}
          value={text}
          aria-label={title}
          aria-haspopup="listbox"
          aria-controls={isOpen ? `${id}-offers` : undefined}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && active >= 0 ? `${id}-${active}` : undefined}
          aria-describedby={`${id}-usage`}
          placeholder={title}
          spellcheck={false}
          onInput={({ currentTarget }) => {
            setBack(0);
            write(currentTarget.value, currentTarget.selectionStart);
          }}
          onSelect={({ currentTarget }) => setCaret(currentTarget.selectionStart)}
          onKeyDown={onKeyDown}
          onBlur={() => setAway(true)}
          onFocus={() => setAway(false)}
        />
        <button type="submit" class="send" aria-label="Send" disabled={text.trim() === ''}>
          <SendHorizontal size={17} aria-hidden="true" />
        </button>
      </div>
      <p id={`${id}-usage`} class="composer-usage">
        {sending > 0
          ? 'Sending…'
          : (completion?.usage ?? (threadTs === undefined && text === '' ? 'Type / for commands' : ''))}
      </p>
    </form>
  );
}
