import type { Block, Interactive } from '../../../../slack/blocks/blocks.ts';
import { ButtonOf } from './button.tsx';
import { Choices } from './choices.tsx';
import { Menu } from './menu.tsx';
import { Overflow } from './overflow.tsx';
import { Picker } from './picker.tsx';
import { TextField } from './text-field.tsx';

/** What an input block lends its element. */
export type Field = {
  id: string;
  labelledBy: string;
  describedBy?: string;
  invalid: boolean;
  optional: boolean;
};

export type ElementProps<Type extends Interactive['type'] = Interactive['type']> = {
  block: Block;
  element: Extract<Interactive, { type: Type }>;
  field?: Field;
};

/** Whatever a person can press, choose or fill in. */
export function ElementOf({ block, element, field }: ElementProps) {
  const common = { block, ...(field && { field }) };
  switch (element.type) {
    case 'button':
      return <ButtonOf block={block} element={element} />;
    case 'overflow':
      return <Overflow block={block} element={element} />;
    case 'checkboxes':
    case 'radio_buttons':
      return <Choices {...common} element={element} />;
    case 'datepicker':
    case 'timepicker':
    case 'datetimepicker':
      return <Picker {...common} element={element} />;
    case 'plain_text_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
      return <TextField {...common} element={element} />;
    default:
      return <Menu {...common} element={element} />;
  }
}
