/** As Jira writes the key of an issue; whatever project it is of. */
const pattern = /^[A-Z][A-Z0-9_]{1,39}-[1-9]\d{0,9}$/;

/** The key of a ticket, as Jira writes it; undefined for what is none. */
export function parseTicketKey(text: string): string | undefined {
  const key = text.trim().toUpperCase();
  return pattern.test(key) ? key : undefined;
}

/** Where people read it. */
export function ticketUrl(site: { jira: { baseUrl: string } }, key: string): string {
  return `${site.jira.baseUrl.replace(/\/+$/, '')}/browse/${key}`;
}

/** What Jira says of a ticket: `unknown` where it can't be asked now. */
export type TicketSeen = 'found' | 'absent' | 'unknown';
