import { ChevronDown, X } from 'lucide-preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Field } from './element.tsx';
import { usePopup } from './popup.ts';

export type Item = { value: string; text: string; about?: string; group?: string };

export type Source =
  | { kind: 'given'; items: readonly Item[] }
  /** Asked from `least` characters on; undefined where there was no answer. */
  | { kind: 'asked'; least: number; search: (query: string) => Promise<Item[] | undefined> };

export type ComboboxProps = {
  label: string;
  many: boolean;
  most: number | undefined;
  chosen: readonly Item[];
  source: Source;
  clearable: boolean;
  autofocus: boolean;
  field: Field | undefined;
  onChoose: (items: Item[]) => void;
};

type Found = { items: readonly Item[]; said?: string };

const pauseMs = 150;

/** A menu that one types into: the WAI-ARIA combobox with a list, for one choice or for several. */
export function Combobox(props: ComboboxProps) {
  const { label, many, most, chosen, clearable, field, onChoose } = props;
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const anchor = useRef<HTMLDivElement>(null);
  const popup = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const found = useFound(props.source, open, query);
  const isFull = most !== undefined && chosen.length >= most;
  usePopup(open, anchor, popup, close);
  useEffect(() => {
    popup.current
      ?.querySelector('[aria-selected="true"].active, .active')
      ?.scrollIntoView({ block: 'nearest' });
  }, [active, found.items]);

  function close(): void {
    setOpen(false);
    setQuery('');
  }
  function show(): void {
    if (open) return;
    setOpen(true);
    const now = many ? -1 : found.items.findIndex(({ value }) => value === chosen[0]?.value);
    setActive(Math.max(0, now));
  }
  function take(item: Item): void {
    if (!many) {
      onChoose([item]);
      close();
      return;
    }
    const has = chosen.some(({ value }) => value === item.value);
    if (!has && isFull) return;
    onChoose(has ? chosen.filter(({ value }) => value !== item.value) : [...chosen, item]);
    setQuery('');
  }
  function onKeyDown(event: KeyboardEvent): void {
    const { items } = found;
    const { key } = event;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      if (open)
        setActive((active + (key === 'ArrowDown' ? 1 : -1) + items.length) % Math.max(1, items.length));
      else show();
    } else if (key === 'Enter') {
      const item = items[active];
      if (!open) show();
      else if (item) take(item);
    } else if (key === 'Escape' && open) close();
    else if (key === 'Backspace' && query === '' && many && chosen.length > 0) onChoose(chosen.slice(0, -1));
    else {
      if (key === 'Tab') close();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  const single = many ? undefined : chosen[0];
  const activeId = open && found.items[active] ? `${id}-${active}` : undefined;
  return (
    <div
      ref={anchor}
      class={`combobox ${field?.invalid ? 'wrong' : ''}`}
      onClick={() => {
        input.current?.focus();
        show();
      }}
    >
      {many &&
        chosen.map((item) => (
          <span key={item.value} class="chip">
            {item.text}
            <button
              type="button"
              aria-label={`Remove ${item.text}`}
              onClick={(event) => {
                event.stopPropagation();
                onChoose(chosen.filter((one) => one !== item));
                input.current?.focus();
              }}
            >
              <X size={12} aria-hidden="true" />
            </button>
          </span>
        ))}
      <input
        ref={input}
        id={field?.id}
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        autofocus={props.autofocus}
        aria-label={field ? undefined : label}
        aria-expanded={open}
        aria-controls={open ? `${id}-list` : undefined}
        aria-autocomplete="list"
        aria-activedescendant={activeId}
        aria-invalid={field?.invalid}
        aria-describedby={field?.describedBy}
        aria-required={field && !field.optional}
        placeholder={many && chosen.length > 0 ? '' : (single?.text ?? label)}
        class={single && !open ? 'has-choice' : ''}
        value={open ? query : (single?.text ?? '')}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setActive(0);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
        onBlur={(event) => {
          if (!popup.current?.contains(event.relatedTarget as Node | null)) close();
        }}
      />
      {clearable && !many && single && (
        <button
          type="button"
          class="combobox-clear"
          aria-label={`Clear ${single.text}`}
          onClick={(event) => {
            event.stopPropagation();
            onChoose([]);
            input.current?.focus();
          }}
        >
          <X size={14} aria-hidden="true" />
        </button>
      )}
      <ChevronDown class="combobox-open" size={16} aria-hidden="true" />
      {open && (
        // The press stays in the field, so that the list is not closed before it is taken.
        <div ref={popup} class="popup" popover="manual" onMouseDown={(event) => event.preventDefault()}>
          {found.said !== undefined && (
            <p class="popup-said" role="status">
              {found.said}
            </p>
          )}
          <ul
            id={`${id}-list`}
            role="listbox"
            aria-label={label}
            aria-multiselectable={many || undefined}
            onClick={(event) => event.stopPropagation()}
          >
            {found.items.map((item, at) => {
              const isChosen = chosen.some(({ value }) => value === item.value);
              return (
                <li
                  key={item.value}
                  id={`${id}-${at}`}
                  role="option"
                  aria-selected={isChosen}
                  aria-disabled={(many && isFull && !isChosen) || undefined}
                  class={at === active ? 'active' : ''}
                  onPointerMove={() => setActive(at)}
                  onClick={() => take(item)}
                >
                  {item.group !== undefined && item.group !== found.items[at - 1]?.group && (
                    <span class="option-group">{item.group}</span>
                  )}
                  <span class="option-text">{item.text}</span>
                  {item.about !== undefined && <span class="option-about">{item.about}</span>}
                </li>
              );
            })}
          </ul>
        </div>
      )}
    </div>
  );
}

/** What the source has for the query; the last question's answer counts, however late the others come. */
function useFound(source: Source, open: boolean, query: string): Found {
  const [answer, setAnswer] = useState<Found>({ items: [], said: 'Searching…' });
  const least = source.kind === 'asked' ? source.least : 0;
  useEffect(() => {
    if (!open || source.kind === 'given' || query.length < least) return undefined;
    let isOld = false;
    setAnswer((before) => ({ items: before.items, said: 'Searching…' }));
    const timer = setTimeout(
      () =>
        void source.search(query).then((items) => {
          if (isOld) return;
          if (!items) setAnswer({ items: [], said: 'The app did not answer. Type again to try again.' });
          else setAnswer(items.length === 0 ? { items, said: 'No results' } : { items });
        }),
      query === '' ? 0 : pauseMs,
    );
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [open, query, source.kind, least]);
  if (source.kind === 'asked') {
    if (query.length >= least) return answer;
    return { items: [], said: `Type at least ${least} ${least === 1 ? 'character' : 'characters'}` };
  }
  const wanted = query.trim().toLowerCase();
  const items = source.items.filter(({ text, about = '' }) =>
    `${text} ${about}`.toLowerCase().includes(wanted),
  );
  return items.length === 0 ? { items, said: 'No results' } : { items };
}
