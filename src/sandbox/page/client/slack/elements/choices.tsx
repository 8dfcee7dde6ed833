import { useId } from 'preact/hooks';
import { Plain, TextOf } from '../blocks/text.tsx';
import { tellsAtOnce, useSurface, valueOf } from '../surface.ts';
import { useAhead } from './ahead.ts';
import type { ElementProps } from './element.tsx';

/** Checkboxes and radio buttons. */
export function Choices({ block, element, field }: ElementProps<'checkboxes' | 'radio_buttons'>) {
  const surface = useSurface();
  const name = useId();
  const held = valueOf(surface, block, element);
  const kept =
    element.type === 'checkboxes'
      ? (held?.selected_options ?? []).map(({ value }) => value)
      : held?.selected_option
        ? [held.selected_option.value]
        : [];
  const { shown: chosen, choose: show } = useAhead(kept);

  async function choose(value: string, on: boolean): Promise<void> {
    const next =
      element.type === 'radio_buttons'
        ? [value]
        : element.options
            .map((one) => one.value)
            .filter((one) => (one === value ? on : chosen.includes(one)));
    const given = element.type === 'radio_buttons' ? value : next;
    await show(next, () =>
      tellsAtOnce(block) ? surface.act(block, element, given) : surface.fill(block, element, given),
    );
  }

  return (
    <div
      class="choices"
      role={element.type === 'radio_buttons' ? 'radiogroup' : 'group'}
      aria-labelledby={field?.labelledBy}
      aria-label={field ? undefined : 'Choices'}
      aria-describedby={field?.describedBy}
    >
      {element.options.map((option, at) => (
        <label key={option.value} class="choice">
          <input
            type={element.type === 'radio_buttons' ? 'radio' : 'checkbox'}
            id={field && at === 0 ? field.id : undefined}
            name={name}
            checked={chosen.includes(option.value)}
            autofocus={at === 0 && element.focus_on_load}
            onChange={(event) => void choose(option.value, event.currentTarget.checked)}
          />
          <span class="markup">
            <TextOf text={option.text} names={surface.names} />
            {option.description && (
              <span class="choice-about">
                <Plain text={option.description} names={surface.names} />
              </span>
            )}
          </span>
        </label>
      ))}
    </div>
  );
}
