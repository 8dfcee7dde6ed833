/** Formatted text as data: what the parsers make and `draw.ts` draws. Nothing in it is HTML. */

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'bold' | 'italic' | 'strike'; children: Inline[] }
  | { kind: 'code'; text: string }
  /** `href` begins with http:// or https://, always. */
  | { kind: 'link'; href: string; children: Inline[] }
  | { kind: 'user'; id: string; label?: string }
  | { kind: 'channel'; id: string; label?: string }
  /** `@here`, `@channel`, a user group. */
  | { kind: 'group'; label: string }
  | { kind: 'date'; seconds: number; format: string; href?: string; fallback: string }
  | { kind: 'emoji'; name: string; sign: string }
  | { kind: 'break' };

export type Flow =
  | { kind: 'lines'; children: Inline[] }
  | { kind: 'heading'; level: number; children: Inline[] }
  | { kind: 'quote'; children: Flow[] }
  | { kind: 'pre'; text: string }
  | { kind: 'list'; items: ListItem[] }
  | { kind: 'rule' };

/** The marker is part of the text, as people copy it. */
export type ListItem = { marker: string; indent: number; children: Inline[] };

/** An address that a link may lead to; undefined for anything that is not of the web. */
export function webAddress(url: string): string | undefined {
  if (!/^https?:\/\//i.test(url)) return undefined;
  return URL.canParse(url) ? url : undefined;
}

/** Text without the escapes of the three signs that Slack's markup reserves. */
export function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
