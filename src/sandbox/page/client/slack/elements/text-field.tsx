import { useEffect, useRef, useState } from 'preact/hooks';
import { useSurface, valueOf } from '../surface.ts';
import type { ElementProps } from './element.tsx';

const types = {
  plain_text_input: 'text',
  email_text_input: 'email',
  url_text_input: 'url',
  number_input: 'number',
} as const;

/** How long somebody may pause before an app that hears of each letter hears of it. */
const pauseMs = 300;

/** Text inputs, of one or several lines. */
export function TextField({ block, element, field }: ElementProps<keyof typeof types>) {
  const surface = useSurface();
  const [text, setText] = useState(() => valueOf(surface, block, element)?.value ?? '');
  const sent = useRef(text);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  const triggers =
    block.type === 'input' && block.dispatch_action
      ? (element.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed'])
      : [];

  function write(value: string): void {
    setText(value);
    surface.type(block, element, value === '' ? null : value);
    clearTimeout(timer.current);
    if (triggers.includes('on_character_entered')) timer.current = setTimeout(() => tell(value), pauseMs);
  }
  function tell(value: string): void {
    sent.current = value;
    void surface.act(block, element, value === '' ? null : value);
  }
  function leave(): void {
    if (text === sent.current) return;
    sent.current = text;
    void surface.fill(block, element, text === '' ? null : text);
  }

  const most = element.type === 'plain_text_input' ? element.max_length : undefined;
  const common = {
    class: 'field',
    id: field?.id,
    value: text,
    placeholder: element.placeholder?.text,
    'aria-invalid': field?.invalid,
    'aria-describedby': field?.describedBy,
    'aria-required': field && !field.optional,
    autofocus: element.focus_on_load,
    onInput: (event: { currentTarget: { value: string } }) => write(event.currentTarget.value),
    onBlur: leave,
  };
  return (
    <>
      {element.type === 'plain_text_input' && element.multiline ? (
        <textarea {...common} rows={3} />
      ) : (
        <input
          {...common}
          type={types[element.type]}
          step={element.type === 'number_input' && element.is_decimal_allowed ? 'any' : undefined}
          min={element.type === 'number_input' ? element.min_value : undefined}
          max={element.type === 'number_input' ? element.max_value : undefined}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !triggers.includes('on_enter_pressed')) return;
            event.preventDefault();
            tell(text);
          }}
        />
      )}
      {most !== undefined && text.length > most * 0.8 && (
        <p class={text.length > most ? 'input-count over' : 'input-count'}>{most - text.length}</p>
      )}
    </>
  );
}
