import type { Option, OptionGroup } from '../../../../slack/blocks/text.ts';
import type { Interactive } from '../../../../slack/blocks/blocks.ts';
import type { Choice, StateValue } from '../../../../slack/blocks/values.ts';
import type { SlackState } from '../../../slack/state.ts';
import { tellsAtOnce, useSurface, valueOf } from '../surface.ts';
import { useAhead } from './ahead.ts';
import { Combobox, type Item } from './combobox.tsx';
import type { ElementProps } from './element.tsx';

export type MenuElement = Extract<Interactive, { type: `${string}_select` }>;

function itemOf(option: Option, group?: string): Item {
  return {
    value: option.value,
    text: option.text.text,
    ...(option.description && { about: option.description.text }),
    ...(group !== undefined && { group }),
  };
}

function itemsOf(options: readonly Option[] | undefined, groups: readonly OptionGroup[] | undefined): Item[] {
  if (groups) return groups.flatMap(({ label, options: of }) => of.map((one) => itemOf(one, label.text)));
  return (options ?? []).map((one) => itemOf(one));
}

/** Users and conversations, as menus of them offer. */
function fromWorkspace(element: MenuElement, state: SlackState): Item[] | undefined {
  if (element.type.endsWith('users_select'))
    return state.users.map((user) => ({
      value: user.id,
      text: user.name,
      ...(user.title !== undefined && { about: user.title }),
    }));
  const isChannels = element.type.endsWith('channels_select');
  if (!isChannels && !element.type.endsWith('conversations_select')) return undefined;
  return state.conversations
    .filter(({ kind }) => !isChannels || kind === 'channel')
    .map(({ id, kind, name }) => ({ value: id, text: kind === 'direct' ? name : `#${name}` }));
}

function held(value: StateValue | undefined): { ids: string[]; options: Option[] } {
  const options = value?.selected_options ?? (value?.selected_option ? [value.selected_option] : []);
  const ids = [
    ...(value?.selected_users ?? value?.selected_channels ?? value?.selected_conversations ?? []),
    value?.selected_user ?? value?.selected_channel ?? value?.selected_conversation ?? undefined,
  ].filter((one) => one !== undefined);
  return { ids, options };
}

/** The menus: of given options, of the app's answers, of users and of conversations; for one choice or for several. */
export function Menu({ block, element, field }: ElementProps<MenuElement['type']>) {
  const surface = useSurface();
  const isMany = element.type.startsWith('multi_');
  const people = fromWorkspace(element, surface.state);
  const { ids, options } = held(valueOf(surface, block, element));
  const kept = people
    ? ids.map((id) => people.find(({ value }) => value === id) ?? { value: id, text: id })
    : options.map((one) => itemOf(one));
  const { shown, choose: show } = useAhead(kept);

  const given =
    people ??
    ('options' in element || 'option_groups' in element
      ? itemsOf(element.options, element.option_groups)
      : undefined);
  const least = 'min_query_length' in element ? (element.min_query_length ?? 3) : 3;

  async function search(query: string): Promise<Item[] | undefined> {
    const found = await surface.options(block, element, query);
    return found && !found.failed ? itemsOf(found.options, found.groups) : undefined;
  }
  async function choose(items: Item[]): Promise<void> {
    const values = items.map(({ value }) => value);
    const choice: Choice = isMany ? values : (values[0] ?? null);
    await show(items, () =>
      tellsAtOnce(block) ? surface.act(block, element, choice) : surface.fill(block, element, choice),
    );
  }

  const label = element.placeholder?.text ?? (isMany ? 'Select options' : 'Select an option');
  return (
    <Combobox
      label={label}
      many={isMany}
      most={isMany && 'max_selected_items' in element ? element.max_selected_items : undefined}
      chosen={shown}
      source={given ? { kind: 'given', items: given } : { kind: 'asked', least, search }}
      clearable={isMany || (field?.optional ?? false)}
      autofocus={element.focus_on_load ?? false}
      field={field}
      onChoose={(items) => void choose(items)}
    />
  );
}
