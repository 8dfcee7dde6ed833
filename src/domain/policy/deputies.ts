import type { Person } from '../person.ts';
import { changedPerson, type Site } from '../site.ts';
import type { Fallback, Terms } from './policy.ts';

/** Somebody's right to approve, in the hands of another person for a time. */
export type Delegation = {
  /** Person ids. */
  from: string;
  to: string;
  since: Date;
  until: Date;
  /** Whose names these were then, see `identityOf`. */
  fromIdentity?: string;
  toIdentity?: string;
};

/** Why a delegation counts no more by the site file; undefined where both people of it are who they were. */
export function delegationFault(
  file: Pick<Site, 'people'>,
  { from, to, fromIdentity, toIdentity }: Delegation,
): string | undefined {
  return changedPerson(file, from, fromIdentity) ?? changedPerson(file, to, toIdentity);
}

/** Who may decide in the place of others, at one moment. */
export type Deputies = {
  /** The fallback's time has come: nobody has decided for so long. */
  fallback: boolean;
  /** Those in force. */
  delegations: readonly Delegation[];
};

export const noDeputies: Deputies = { fallback: false, delegations: [] };

/** By what right somebody decides: by what the rules say of them, as the fallback, or for another person. */
export type Right = 'own' | 'fallback' | { for: string };

/** Whether somebody is of the fallback, whatever the time. */
export function isFallback({ fallback }: { fallback?: Fallback }, person: Pick<Person, 'roles'>): boolean {
  return fallback !== undefined && person.roles.some((role) => fallback.roles.includes(role));
}

/** The deputies of a request that waits since a moment. */
export function deputiesAt(
  { fallback }: Pick<Terms, 'fallback'>,
  waitsSince: Date,
  delegations: readonly Delegation[],
  now: Date,
): Deputies {
  return {
    fallback: fallback !== undefined && now.getTime() - waitsSince.getTime() >= fallback.afterSeconds * 1000,
    delegations: delegations.filter(({ since, until }) => since <= now && now < until),
  };
}
