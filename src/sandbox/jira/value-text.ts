import type { FieldValue, RichText } from './model.ts';
import type { Site } from './site.ts';
import { fieldOf, priorities, resolutions } from './site.ts';

/** The members of a labels or components value; none where there is no such value. */
export function listIn(value: FieldValue | undefined): readonly string[] {
  return Array.isArray(value) ? value : [];
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for formatted text, as opposed to the plain values of other fields. */
export function isRichText(value: FieldValue): value is RichText {
  return typeof value === 'object' && value !== null && 'plain' in value;
}

/** What the changelog says of a value: the id of what it refers to, if any, and its text. */
export function textOf(
  site: Site,
  fieldId: string,
  value: FieldValue,
): { readonly id: string | null; readonly text: string | null } {
  if (value === null) return { id: null, text: null };
  if (isRichText(value)) return { id: null, text: value.plain };
  const field = fieldOf(site, fieldId);
  if (typeof value !== 'string') {
    if (field?.kind !== 'components') return { id: null, text: value.join(' ') };
    const names = value.map((id) => nameIn(site.project.components, id));
    return { id: value.join(', ') || null, text: names.join(', ') || null };
  }
  if (field?.kind === 'user') return { id: value, text: site.accounts.get(value)?.displayName ?? value };
  if (field?.kind === 'priority') return { id: value, text: nameIn(priorities, value) };
  if (field?.kind === 'resolution') return { id: value, text: nameIn(resolutions, value) };
  if (field?.kind === 'option') return { id: value, text: nameIn(field.options ?? [], value) };
  return { id: null, text: value };
}

function nameIn(list: readonly { readonly id: string; readonly name: string }[], id: string): string {
  return list.find((each) => each.id === id)?.name ?? id;
}
