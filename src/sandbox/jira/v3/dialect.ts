import { adfFault, richText, typed } from '../adf.ts';
import { textLimit, tooLong, type Dialect } from '../dialect.ts';
import type { Account } from '../model.ts';
import type { Site } from '../site.ts';
import { isObject } from '../value-text.ts';

const notAdf = 'Operation value must be an Atlassian Document (see the Atlassian Document Format)';

/** Jira Cloud: accounts by id, basic authentication with e-mail and API token, formatted text as ADF. */
export const cloud: Dialect = {
  kind: 'cloud',
  api: '3',
  takesProperties: true,
  metaList: { issueTypes: 'issueTypes', fields: 'fields' },
  namesFieldIds: true,
  changelogLimit: 100,

  signIn(authorization, site) {
    const basic = /^Basic (.+)$/i.exec(authorization)?.[1];
    if (basic === undefined) return 'failed';
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const [email = '', ...rest] = text.split(':');
    return owner(site, email, rest.join(':'));
  },

  user(base, account, id, self) {
    const visible = account && (account.emailVisible === true || account === self);
    return {
      self: `${base}/rest/api/3/user?accountId=${encodeURIComponent(id)}`,
      accountId: id,
      accountType: account?.accountType ?? 'atlassian',
      ...(visible ? { emailAddress: account.email } : {}),
      avatarUrls: {},
      displayName: account?.displayName ?? 'Former user',
      active: account ? account.active !== false : false,
      timeZone: 'Etc/UTC',
    };
  },

  userIn(value, site, fieldName) {
    // Names, keys and e-mail addresses were taken away from Jira Cloud's API: only an account id counts.
    const id = isObject(value) ? (value['accountId'] ?? value['id']) : undefined;
    if (typeof id !== 'string') return { error: `expected 'accountId' property to be provided` };
    return site.accounts.has(id) ? { id } : { error: `Specify a valid 'accountId' for ${fieldName}` };
  },

  userNamed({ accountId }) {
    return accountId === undefined
      ? { error: "The 'accountId' query parameter needs to be provided" }
      : { id: accountId };
  },

  text(value) {
    if (!isObject(value)) return { error: notAdf };
    const fault = adfFault(value);
    if (fault !== undefined) return { error: notAdf, fault };
    const text = richText(value);
    return text.plain.length > textLimit ? { error: tooLong } : { text };
  },

  typed,
};

function owner(site: Site, email: string, token: string): Account | 'failed' {
  for (const account of site.accounts.values()) {
    if (account.email.toLowerCase() !== email.toLowerCase()) continue;
    return account.token === token && account.active !== false ? account : 'failed';
  }
  return 'failed';
}
