/**
 * Text in Slack's own markup. Only the functions of this file make it, so that whatever came from people or files is
 * escaped: no name and no reason can mention a channel, forge a link or turn the reading direction of its surroundings.
 */
export type Markup = { readonly markup: string };

type Part = string | number | Markup | undefined;

/** Markup from a template; strings and numbers in it are escaped, markup goes in as it is, undefined is nothing. */
export function mrkdwn(parts: TemplateStringsArray, ...values: Part[]): Markup {
  let markup = parts[0]!;
  for (const [at, value] of values.entries()) markup += markupOf(value) + parts[at + 1]!;
  return { markup };
}

function markupOf(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'object') return part.markup;
  return escape(clean(String(part)));
}

/** Parts one after another with `separator` between those that are there. */
export function joined(parts: readonly (Markup | undefined)[], separator: string): Markup {
  const there = parts.filter((part) => part !== undefined && part.markup !== '');
  return { markup: there.map((part) => part!.markup).join(separator) };
}

/** A name as it is typed, in a typeface of fixed width. */
export function code(text: string): Markup {
  return { markup: `\`${escape(clean(text).replaceAll('`', "'"))}\`` };
}

/** A link; just its label where the address is none of the web. */
export function link(url: string, label: string): Markup {
  const shown = escape(clean(label).replaceAll('|', '/'));
  if (!/^https?:\/\//.test(url)) return { markup: shown };
  return { markup: `<${escape(url).replaceAll('|', '%7C').replaceAll(/\s/g, '%20')}|${shown}>` };
}

/** Mentions a member by id, so that Slack shows the name (and tells them, in new messages). */
export function mention(memberId: string): Markup {
  return { markup: /^[UW][A-Z0-9]{2,}$/.test(memberId) ? `<@${memberId}>` : escape(clean(memberId)) };
}

export function channelLink(channelId: string): Markup {
  return { markup: /^[CG][A-Z0-9]{2,}$/.test(channelId) ? `<#${channelId}>` : escape(clean(channelId)) };
}

/** A moment that each reader sees in their own time zone; UTC where Slack can't. */
export function moment(at: Date): Markup {
  const seconds = Math.floor(at.getTime() / 1000);
  return { markup: `<!date^${seconds}^{date_short_pretty}, {time}|${utc(at)}>` };
}

/** `22 Nov 2026, 02:00 UTC`, for places where Slack formats nothing. */
export function utc(at: Date): string {
  const [day, month, year] = [at.getUTCDate(), months[at.getUTCMonth()], at.getUTCFullYear()];
  return `${day} ${month} ${year}, ${at.toISOString().slice(11, 16)} UTC`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * At most `most` characters as Slack counts them at the strictest (UTF-16 units); no mark, mention or sign is cut in two, and
 * text that runs from right to left ends where it is cut.
 */
export function cutMarkup(text: Markup, most: number): Markup {
  if (text.markup.length <= most) return text;
  let kept = '';
  let ends = '';
  for (const [token] of text.markup.matchAll(/<[^<>]*>|&(?:amp|lt|gt);|./gsu)) {
    const open = token === isolate ? ends + isolateEnd : token === isolateEnd ? ends.slice(1) : ends;
    if (kept.length + token.length + open.length > most - 1) break;
    kept += token;
    ends = open;
  }
  return { markup: `${kept.trimEnd()}…${ends}` };
}

/** Text from outside on one line of at most `most` characters. */
export function cutText(text: string, most: number): string {
  const line = strip(text).replaceAll(/\s+/g, ' ').trim();
  if (line.length <= most) return line;
  let kept = '';
  for (const sign of line) {
    if (kept.length + sign.length > most - 1) break;
    kept += sign;
  }
  return `${kept.trimEnd()}…`;
}

/** What a screen reader or a notification gets of it: tokens by what they stand for. */
export function spoken(text: Markup): string {
  return (
    text.markup
      .replaceAll(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
      .replaceAll(/<https?:[^|>]*\|([^>]*)>/g, '$1')
      .replaceAll(/:[a-z0-9_+-]+:\s*/g, '')
      // What is typed stays as it is typed: cron expressions are full of asterisks.
      .replaceAll(/`([^`]*)`|[▓░]+ |\*/g, (_, typed: string | undefined) => typed ?? '')
      .replaceAll(' · ', ', ')
  );
}

/** Without control characters and those that turn the reading direction beyond their own text. */
function strip(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- control characters are just what is to go
      .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, ' ')
      .replaceAll(/\p{Surrogate}/gu, '\uFFFD')
  );
}

/** Text that runs from right to left stays a matter of its own: for places without markup. `mrkdwn` does it by itself. */
export function isolated(text: string): string {
  return clean(text);
}

function clean(text: string): string {
  const harmless = strip(text);
  return rightToLeft.test(harmless) ? `${isolate}${harmless}${isolateEnd}` : harmless;
}

const isolate = '\u2068';
const isolateEnd = '\u2069';
const rightToLeft = /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
