import { useState } from 'preact/hooks';
import type { StateValue } from '../../../../slack/blocks/values.ts';
import { tellsAtOnce, useSurface, valueOf } from '../surface.ts';
import type { ElementProps } from './element.tsx';

type PickerElement = ElementProps<'datepicker' | 'timepicker' | 'datetimepicker'>['element'];

const kinds = { datepicker: 'date', timepicker: 'time', datetimepicker: 'datetime-local' } as const;
const labels = { datepicker: 'Date', timepicker: 'Time', datetimepicker: 'Date and time' } as const;

/** What the browser's field holds: local time, as the reader's clock shows it. */
function shown(element: PickerElement, held: StateValue | undefined): string {
  if (element.type === 'datepicker') return held?.selected_date ?? '';
  if (element.type === 'timepicker') return held?.selected_time ?? '';
  const seconds = held?.selected_date_time;
  if (seconds === null || seconds === undefined) return '';
  const at = new Date(seconds * 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function given(element: PickerElement, value: string): string | null {
  if (value === '') return null;
  return element.type === 'datetimepicker' ? String(Math.floor(new Date(value).getTime() / 1000)) : value;
}

/** Dates and times, by the browser's own fields: they know the keyboard and the reader's language. */
export function Picker({ block, element, field }: ElementProps<PickerElement['type']>) {
  const surface = useSurface();
  const now = shown(element, valueOf(surface, block, element));
  const [draft, setDraft] = useState<string | undefined>();

  async function choose(): Promise<void> {
    if (draft === undefined || draft === now) return setDraft(undefined);
    const value = given(element, draft);
    await (tellsAtOnce(block) ? surface.act(block, element, value) : surface.fill(block, element, value));
    setDraft(undefined);
  }

  return (
    <input
      class="field picker"
      type={kinds[element.type]}
      id={field?.id}
      value={draft ?? now}
      aria-label={
        field ? undefined : 'placeholder' in element ? element.placeholder?.text : labels[element.type]
      }
      aria-invalid={field?.invalid}
      aria-describedby={field?.describedBy}
      autofocus={element.focus_on_load}
      onInput={(event) => {
        const { value } = event.currentTarget;
        setDraft(value);
        // The text goes along with a submission even where the field still has the focus.
        surface.type(block, element, given(element, value));
      }}
      onBlur={() => void choose()}
      onKeyDown={(event) => {
        if (event.key === 'Enter') void choose();
      }}
    />
  );
}
