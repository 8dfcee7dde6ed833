import { textLimit, tooLong, type Dialect } from '../dialect.ts';
import type { Account, RichText } from '../model.ts';
import type { Site } from '../site.ts';
import { isObject } from '../value-text.ts';
import { readWiki } from './wiki.ts';

/**
 * Jira Data Center: users with a key that stays and a name that may change, personal access tokens, formatted text as wiki text. In
 * the state an account's id is its user key.
 */
export const dataCenter: Dialect = {
  kind: 'data-center',
  api: '2',
  takesProperties: false,
  metaList: { issueTypes: 'values', fields: 'values' },
  namesFieldIds: false,
  changelogLimit: Infinity,

  signIn(authorization, site) {
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
    for (const account of site.accounts.values()) {
      if (account.token === token && account.active !== false) return account;
    }
    return 'failed';
  },

  user(base, account, id) {
    return {
      self: `${base}/rest/api/2/user?username=${encodeURIComponent(account ? nameOf(account) : id)}`,
      key: id,
      name: account ? nameOf(account) : id,
      emailAddress: account?.email ?? '?',
      avatarUrls: {},
      displayName: account?.displayName ?? id,
      active: account ? account.active !== false : false,
      timeZone: 'Etc/UTC',
    };
  },

  userIn(value, site, fieldName) {
    const name = isObject(value) ? value['name'] : undefined;
    if (typeof name !== 'string')
      return { error: `${fieldName}: expected an object with the property 'name'` };
    const account = accountCalled(name, site);
    return account ? { id: account.accountId } : { error: `User '${name}' does not exist.` };
  },

  userNamed({ key, username }, site) {
    if (key !== undefined) return { id: key };
    return username === undefined
      ? { error: "Either the 'username' or the 'key' query parameters need to be provided" }
      : { id: accountCalled(username, site)?.accountId ?? '' };
  },

  text(value) {
    if (typeof value !== 'string') return { error: 'Operation value must be a string' };
    // The source counts, with all its markup.
    return value.length > textLimit ? { error: tooLong } : { text: wikiText(value) };
  },

  typed: wikiText,
};

/** The user name; new accounts have keys that are none. */
function nameOf(account: Account): string {
  return account.username ?? account.accountId;
}

function accountCalled(name: string, site: Site): Account | undefined {
  return [...site.accounts.values()].find((each) => nameOf(each) === name);
}

function wikiText(source: string): RichText {
  return { source, plain: readWiki(source).plain };
}
