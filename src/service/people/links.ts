import { conflict, forbidden, isFreshetError, notFound, type FreshetError } from '../../domain/errors.ts';
import {
  codeFrom,
  codeSeconds,
  hashOf,
  linkFault,
  linkPhrase,
  mostCodes,
  readPhrase,
  type Link,
  type LinkableFront,
} from '../../domain/link.ts';
import { identityOf, type Actor } from '../../domain/person.ts';
import { personOf, type Site } from '../../domain/site.ts';
import type { StoreTransaction } from '../../store/store.ts';
import { fileOf, type ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';

const titles: Readonly<Record<LinkableFront, string>> = { jira: 'Jira' };

/** What somebody has to write with the account that they link, and until when. Shown to them alone, and kept nowhere. */
export type Linking = { front: LinkableFront; phrase: string; until: Date };

/** Somebody's accounts: those of the site file, and those that they linked. */
export type Accounts = { fixed: { slack?: string; jira?: string }; links: readonly Link[] };

export async function accountsOf(deps: ServiceDeps, { person }: Actor): Promise<Accounts> {
  // The person of the site file: what is linked is told apart.
  const file = fileOf(deps);
  const { slackUserId, jiraAccountId } = personOf(file, person.id) ?? {};
  return {
    fixed: {
      ...(slackUserId === undefined ? {} : { slack: slackUserId }),
      ...(jiraAccountId === undefined ? {} : { jira: jiraAccountId }),
    },
    links: (await deps.store.links.all()).filter(
      (link) => link.person === person.id && linkFault(file, link) === undefined,
    ),
  };
}

/** Makes a code. Throws `Conflict` where the person has an account there, or asked too often. */
export async function startLink(deps: ServiceDeps, actor: Actor, front: LinkableFront): Promise<Linking> {
  const { person } = actor;
  const { fixed, links } = await accountsOf(deps, actor);
  if (fixed[front] !== undefined) {
    throw conflict(
      'link-fixed',
      `The site file says which ${titles[front]} account is that of ${person.name}; a link can't say another.`,
      'An administrator changes it there.',
    );
  }
  const own = links.find((link) => link.front === front);
  if (own !== undefined) {
    throw conflict(
      'link-exists',
      `${person.name} is linked to the ${titles[front]} account "${own.name}" already; one is all.`,
      `/refresh unlink ${front}, then link the other.`,
    );
  }
  const now = deps.now();
  const code = codeFrom(deps.random(16));
  const until = new Date(now.getTime() + codeSeconds * 1000);
  const since = new Date(now.getTime() - codeSeconds * 1000);
  await deps.store.write(async (tx) => {
    const wanted = { person: person.id, front, hash: hashOf(code), madeAt: now, expiresAt: until };
    if ((await tx.links.makeCode(wanted, { most: mostCodes, since })) === undefined) {
      throw conflict(
        'link-too-often',
        `${person.name} had ${mostCodes} codes made within ${codeSeconds / 60} minutes; that is all for now.`,
        'Use the newest one, or wait some minutes.',
      );
    }
    await record(tx, { type: 'link-asked', over: front, actor: person.id, front: actor.front });
  });
  return { front, phrase: linkPhrase(person.id, code), until };
}

/**
 * Somebody wrote something over a front. Where that is a phrase of ours, it is the first half of a link, or a refusal that is recorded.
 * `key` tells one writing from another: each is taken once, however often it is seen. True: it was such a phrase, and new.
 */
export async function heardPhrase(
  deps: ServiceDeps,
  written: { front: LinkableFront; key: string; text: string; account: string; name: string },
): Promise<boolean> {
  const said = readPhrase(written.text);
  if (said === undefined) return false;
  const { front, account, name } = written;
  const source = `${front}-links`;
  const links = await deps.store.links.all();
  if (await deps.store.inbox.knows(source, written.key)) return false;
  let contested: number | undefined;
  try {
    await deps.store.write(async (tx) => {
      const code = await tx.links.codeByHash(hashOf(said.code));
      if (code === undefined || code.front !== front) throw unknownCode();
      assertCounts(deps, code);
      if (code.found !== undefined) {
        // Whose it is can't be told any more: somebody has copied what another wrote, and who came first proves nothing.
        if (code.found.account !== account) contested = code.number;
        throw usedCode();
      }
      // The words name another person than the code: somebody was led to write them.
      if (code.person !== said.person) throw foreignCode(said.person);
      assertFree(deps, links, front, account);
      await tx.links.found(code.number, { account, name });
      const about = { over: front, account, name, code: code.number, to: code.person };
      await record(tx, { type: 'link-found', ...about, front });
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await deps.store.write(async (tx) => {
      if (contested !== undefined) await tx.links.endCode(contested, deps.now());
      await refused(tx, deps.site, error, { over: front, account, name, to: said.person });
    });
  }
  // Last: what is cut off before is taken again, and finds its code used.
  await deps.store.inbox.settled(source, written.key, { account });
  return true;
}

/** The second half: the person says whether the account is theirs. Refusals are recorded. */
export async function endLink(
  deps: ServiceDeps,
  actor: Actor,
  number: number,
  yes: boolean,
): Promise<Link | undefined> {
  const { person } = actor;
  const links = await deps.store.links.all();
  try {
    return await deps.store.write(async (tx) => {
      const code = await tx.links.code(number);
      if (code === undefined) throw unknownCode();
      if (code.person !== person.id) {
        throw forbidden(
          'link-not-yours',
          `${person.name} did not ask for this link; only who asked says yes to it.`,
          '/refresh link jira makes one of your own.',
        );
      }
      assertCounts(deps, code);
      if (code.found === undefined) throw unknownCode();
      await tx.links.endCode(number, deps.now());
      const { front, found } = code;
      const by = { over: front, ...found, actor: person.id, front: actor.front };
      if (!yes) {
        await record(tx, { type: 'link-declined', ...by });
        return undefined;
      }
      assertFree(deps, links, front, found.account);
      const identity = identityIn(fileOf(deps), person.id);
      const link: Link = { person: person.id, front, ...found, at: deps.now(), ...identity };
      if (!(await tx.links.add(link))) throw takenAccount(found.name);
      await record(tx, { type: 'account-linked', ...by });
      return link;
    });
  } catch (error) {
    if (isRefusal(error))
      await deps.store.write((tx) =>
        refused(tx, deps.site, error, { over: 'jira', to: person.id, silent: true }),
      );
    throw error;
  }
}

export async function removeLink(deps: ServiceDeps, actor: Actor, front: LinkableFront): Promise<Link> {
  const { person } = actor;
  return deps.store.write(async (tx) => {
    const link = await tx.links.remove(person.id, front);
    if (link === undefined) {
      throw notFound(
        'link-none',
        `${person.name} has linked no ${titles[front]} account; what the site file says stays.`,
        '/refresh link shows what there is.',
      );
    }
    const { account, name } = link;
    const by = { actor: person.id, front: actor.front };
    await record(tx, { type: 'account-unlinked', over: front, account, name, ...by });
    return link;
  });
}

/** The site with the accounts that people linked. What the site file says goes first, also where it came later. */
export function withLinks(site: Site, links: readonly Link[]): Site {
  const counting = links.filter((link) => linkFault(site, link) === undefined);
  if (counting.length === 0) return site;
  const linked = counting.flatMap(({ person: id, account }) => {
    const person = personOf(site, id);
    return person === undefined ? [] : [[id, { ...person, jiraAccountId: account }] as const];
  });
  return { ...site, people: { ...site.people, ...Object.fromEntries(linked) } };
}

function identityIn(file: Site, id: string): { identity?: string } {
  const person = personOf(file, id);
  const identity = person === undefined ? undefined : identityOf(person);
  return identity === undefined ? {} : { identity };
}

function assertCounts(deps: ServiceDeps, code: { endedAt?: Date; expiresAt: Date }): void {
  if (code.endedAt !== undefined) throw usedCode();
  if (code.expiresAt > deps.now()) return;
  throw conflict(
    'link-code-expired',
    `This code has expired; a code counts for ${codeSeconds / 60} minutes.`,
    '/refresh link jira makes another.',
  );
}

/** No account is two people's, and the bot's is nobody's. */
function assertFree(deps: ServiceDeps, links: readonly Link[], front: LinkableFront, account: string): void {
  const taken =
    account === deps.site.jira.accountId ||
    Object.values(fileOf(deps).people).some((person) => person.jiraAccountId === account) ||
    links.some((link) => link.front === front && link.account === account);
  if (taken) throw takenAccount(account);
}

function takenAccount(account: string): FreshetError {
  return conflict(
    'link-account-taken',
    `The account "${account}" is somebody's already; two people can't be one account.`,
    'Who has it unlinks it first; what the site file says an administrator changes.',
  );
}

function unknownCode(): FreshetError {
  return conflict(
    'link-code-unknown',
    'There is no such code; a code is written exactly as Freshet gave it, and confirmed by who asked for it.',
    '/refresh link jira makes one.',
  );
}

function usedCode(): FreshetError {
  return conflict(
    'link-code-used',
    'This code was used already, or a newer one took its place; each counts once.',
    '/refresh link jira makes another.',
  );
}

function foreignCode(person: string): FreshetError {
  return conflict(
    'link-code-foreign',
    `This code was not made for "${person}"; the words name whom the account becomes linked to.`,
    '/refresh link jira gives you words of your own.',
  );
}

function isRefusal(error: unknown): error is FreshetError {
  return isFreshetError(error, 'Conflict') || isFreshetError(error, 'Forbidden');
}

/** `silent`: who caused it reads it anyway. */
async function refused(
  tx: StoreTransaction,
  site: Site,
  error: FreshetError,
  about: { over: LinkableFront; to: string; account?: string; name?: string; silent?: true },
): Promise<void> {
  const { to, silent, ...rest } = about;
  const known = personOf(site, to) !== undefined;
  await record(tx, {
    type: 'link-refused',
    ...rest,
    code: error.code,
    why: error.message,
    ...(known ? { to } : {}),
    ...(silent === true ? { silent } : {}),
  });
}
