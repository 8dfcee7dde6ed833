import { createHash } from 'node:crypto';
import { changedPerson, personByJira, personOf, type Site } from './site.ts';

/** Fronts over which people can link an account of theirs. */
export const linkableFronts = ['jira'] as const;
export type LinkableFront = (typeof linkableFronts)[number];

/** An account that somebody linked themselves. */
export type Link = {
  /** Person id. */
  person: string;
  front: LinkableFront;
  /** As that front knows it. */
  account: string;
  /** As that front shows it. */
  name: string;
  at: Date;
  /** Whose name the person's was then, see `identityOf`. */
  identity?: string;
};

/**
 * Why a link counts no more by the site file, which goes first in all; undefined where it counts. What the file has overruled or whose person it
 * has lost does not come back with the next change of the file.
 */
export function linkFault(file: Site, { person: id, account, identity }: Link): string | undefined {
  const changed = changedPerson(file, id, identity);
  if (changed !== undefined) return changed;
  if (account === file.jira.accountId) return 'The account is that of Freshet.';
  if (personOf(file, id)?.jiraAccountId !== undefined)
    return 'The site file says by now which account is theirs.';
  return personByJira(file, account) === undefined
    ? undefined
    : 'The account is that of somebody else by the site file.';
}

/** A code that somebody asked for, to be written with the account that they link. */
export type LinkCode = {
  number: number;
  person: string;
  front: LinkableFront;
  madeAt: Date;
  expiresAt: Date;
  /** Who wrote it over that front. */
  found?: { account: string; name: string };
  /** It counts no more: used, declined, or replaced by a newer one. */
  endedAt?: Date;
};

/** How long a code counts, from its making to the last yes. */
export const codeSeconds = 600;
/** How many codes somebody may have made in that time. */
export const mostCodes = 3;

/** Letters and digits that nobody takes for one another. */
const letters = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';
const length = 10;

/** `K7QM2-XHT9R`, from at least ten random bytes. */
export function codeFrom(random: Uint8Array): string {
  const signs = Array.from(random.slice(0, length), (byte) => letters[byte % letters.length]!);
  return `${signs.slice(0, 5).join('')}-${signs.slice(5).join('')}`;
}

/** The words that are written with the account: they name whom it becomes linked to, so that nobody is led to write them for another. */
export function linkPhrase(person: string, code: string): string {
  return `freshet link ${person} ${code}`;
}

/** Person and code of a text that is nothing but the phrase; undefined for anything else. */
export function readPhrase(text: string): { person: string; code: string } | undefined {
  const match = /^freshet\s+link\s+([a-z][a-z0-9-]{0,39})\s+([a-z0-9]{5}-[a-z0-9]{5})[.\s]*$/i.exec(
    text.trim(),
  );
  return match === null ? undefined : { person: match[1]!.toLowerCase(), code: match[2]!.toUpperCase() };
}

/** What is kept of a code. */
export function hashOf(code: string): string {
  return createHash('sha256').update(`freshet link ${code}`).digest('hex');
}
