/** What was typed and not sent, and what was sent, by person: for as long as the page is open. */

const drafts = new Map<string, string>();
const sent = new Map<string, string[]>();
const mostKept = 100;

export function draftOf(key: string): string {
  return drafts.get(key) ?? '';
}

export function keepDraft(key: string, text: string): void {
  drafts.set(key, text);
}

export function remember(person: string, text: string): void {
  const lines = sentBy(person).filter((one) => one !== text);
  sent.set(person, [...lines, text].slice(-mostKept));
}

/** Oldest first, none twice. */
export function sentBy(person: string): readonly string[] {
  return sent.get(person) ?? [];
}
