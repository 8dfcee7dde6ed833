import type { Output } from '../../../../commands/command.ts';
import type { Event } from '../../../domain/event.ts';
import type { LinkableFront } from '../../../domain/link.ts';
import { actions, button, context, message, section, type Message } from './blocks.ts';
import { code, cutText, joined, mention, moment, mrkdwn, type Markup } from './markup.ts';

const titles: Readonly<Record<LinkableFront, string>> = { jira: 'Jira' };

/** Somebody's accounts; with what they have to write where they link one. */
export function accountsMessage({ fixed, links, linking }: Extract<Output, { kind: 'accounts' }>): Message {
  const lines: Markup[] = [
    ...(fixed.slack === undefined ? [] : [mrkdwn`Slack: ${mention(fixed.slack)}, by the site file`]),
    ...(fixed.jira === undefined ? [] : [mrkdwn`Jira: ${code(fixed.jira)}, by the site file`]),
    ...links.map(
      (link) =>
        mrkdwn`${titles[link.front]}: ${cutText(link.name, 60)} (${code(link.account)}), linked ${moment(link.at)}`,
    ),
  ];
  const jira = fixed.jira !== undefined || links.some(({ front }) => front === 'jira');
  if (linking !== undefined) {
    const title = titles[linking.front];
    const text = mrkdwn`With your ${title} account, write this as a comment on the issue of any request, until ${moment(linking.until)}:`;
    return message(text, [
      section(joined([text, code(linking.phrase)], '\n')),
      context(
        mrkdwn`Nothing else may be in the comment. Freshet then asks you here whether it was you. Give the words to nobody: they are yours alone.`,
      ),
    ]);
  }
  const heading = mrkdwn`*Accounts that are yours*`;
  return message(mrkdwn`Accounts that are yours: ${String(lines.length)}`, [
    section(joined([heading, ...lines.map((line) => mrkdwn`• ${line}`)], '\n')),
    jira ? undefined : context(mrkdwn`${code('/refresh link jira')} links your Jira account.`),
  ]);
}

/** What the person whose link it is reads of it; undefined where there is nothing to be told. */
export function linkMessage(event: Event): Message | undefined {
  switch (event.type) {
    case 'link-found': {
      const text = mrkdwn`Is this ${titles[event.over]} account, "${cutText(event.name, 60)}", yours? It wrote your code a moment ago.`;
      return message(text, [
        section(
          joined(
            [
              text,
              mrkdwn`What it does in ${titles[event.over]} then counts as yours. Its id there: ${code(cutText(event.account, 60))}`,
            ],
            '\n',
          ),
        ),
        actions(
          button({
            id: 'link-confirm',
            label: 'Yes, it is mine',
            value: String(event.code),
            style: 'primary',
          }),
          button({ id: 'link-decline', label: 'No', value: String(event.code), style: 'danger' }),
        ),
      ]);
    }
    case 'account-linked':
    case 'account-unlinked': {
      const done = event.type === 'account-linked' ? 'is linked to you' : 'is not linked to you any more';
      const text = mrkdwn`The ${titles[event.over]} account "${cutText(event.name, 60)}" ${done}. If that was not you, tell an administrator.`;
      return message(text, [section(text)]);
    }
    case 'link-lapsed': {
      const text = mrkdwn`The ${titles[event.over]} account "${cutText(event.name, 60)}" is not linked to you any more: ${cutText(event.why, 300)}`;
      return message(text, [section(text)]);
    }
    case 'link-refused': {
      if (event.silent === true) return undefined;
      const text = mrkdwn`The ${titles[event.over]} account "${cutText(event.name ?? '', 60)}" was not linked to you: ${cutText(event.why, 600)}`;
      return message(text, [section(mrkdwn`:no_entry_sign: ${text}`)]);
    }
    default:
      return undefined;
  }
}
