import { signal } from '@preact/signals';

/** Where one is in the page, and how to get from one pane to another. */

export type Pane = 'slack' | 'jira' | 'databases';

/** The pane that a narrow screen shows; a wide one shows all. */
export const pane = signal<Pane>('slack');

/** Key of the issue that is open in a dialog. */
export const openIssue = signal<string | undefined>();

/** The message that the Slack pane is to show; a new object each time, so that the same one can be asked for again. */
export const shownMessage = signal<{ channel: string; ts: string; threadTs?: string } | undefined>();

export function showIssue(key: string): void {
  pane.value = 'jira';
  openIssue.value = key;
}

export function showMessage(channel: string, ts: string, threadTs?: string): void {
  openIssue.value = undefined;
  pane.value = 'slack';
  shownMessage.value = { channel, ts, ...(threadTs === undefined ? {} : { threadTs }) };
}

/** Follows a link inside of the page where it leads to a Jira issue or a Slack message: true when it did. */
export function follow(href: string): boolean {
  if (!URL.canParse(href)) return false;
  const { pathname, hostname, searchParams } = new URL(href);
  const issue = /^\/browse\/([A-Z][A-Z0-9]*-\d+)$/.exec(pathname)?.[1];
  if (issue !== undefined) {
    showIssue(issue);
    return true;
  }
  const [, channel, digits] = /^\/archives\/(\w+)\/p(\d{10}\d{6})$/.exec(pathname) ?? [];
  if (!hostname.endsWith('.slack.com') || channel === undefined || digits === undefined) return false;
  showMessage(
    channel,
    `${digits.slice(0, 10)}.${digits.slice(10)}`,
    searchParams.get('thread_ts') ?? undefined,
  );
  return true;
}

/** For a link's `onClick`: stays in the page where it can. */
export function onLink(event: MouseEvent & { currentTarget: HTMLAnchorElement }): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  if (follow(event.currentTarget.href)) event.preventDefault();
}
