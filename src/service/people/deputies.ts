import { isApprover } from '../../domain/access.ts';
import { conflict, forbidden, inputError, nearest, notFound, oneOf } from '../../domain/errors.ts';
import { cut } from '../../domain/lookup.ts';
import { identityOf, type Actor, type Person } from '../../domain/person.ts';
import {
  delegationFault,
  deputiesAt,
  noDeputies,
  type Delegation,
  type Deputies,
} from '../../domain/policy/deputies.ts';
import { waitsSince } from '../../domain/reminders.ts';
import type { Request } from '../../domain/request.ts';
import { personOf, type EnvironmentSite, type Site } from '../../domain/site.ts';
import { momentSaid, type MomentContext } from '../../domain/said.ts';
import { longestAheadDays } from '../../domain/start.ts';
import type { DelegationReads } from '../../store/store.ts';
import { fileOf, type ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';

/** Delegations that count now: not over, and both people are still who they were by the site file. */
export async function delegationsNow(
  deps: ServiceDeps,
  reads: DelegationReads = deps.store.delegations,
): Promise<Delegation[]> {
  const file = fileOf(deps);
  const all = await reads.inForce(deps.now());
  return all.filter((delegation) => delegationFault(file, delegation) === undefined);
}

/**
 * Who may decide on a request in the place of others, now. For a decision it is asked within its transaction, with the request locked: then none of
 * the delegations ends, and the request waits for no longer than is counted, before the decision stands.
 */
export async function deputiesOf(
  deps: ServiceDeps,
  request: Request,
  reads?: DelegationReads,
): Promise<Deputies> {
  const environment = deps.site.environments[request.environment];
  if (request.state !== 'pending' || environment === undefined) return noDeputies;
  const now = deps.now();
  const delegations = await delegationsNow(deps, reads);
  return deputiesAt(request.terms, waitsSince(request, environment), delegations, now);
}

/** What somebody has given away, and what was given to them. */
export async function delegationsOf(
  deps: ServiceDeps,
  { person }: Actor,
): Promise<{ given?: Delegation; held: readonly Delegation[] }> {
  const all = await delegationsNow(deps);
  const given = all.find(({ from }) => from === person.id);
  return { held: all.filter(({ to }) => to === person.id), ...(given === undefined ? {} : { given }) };
}

/**
 * Gives the right to approve to another person until a moment, which is read in the zone of an environment that the giver approves for;
 * what they gave before ends. Throws `Forbidden` where they have none of their own, `Input` for whom or until when.
 */
export async function delegate(
  deps: ServiceDeps,
  actor: Actor,
  wish: { to: string; until: string },
): Promise<Delegation> {
  const { site } = deps;
  const own = approvesFor(site, actor.person);
  if (own === undefined) {
    throw forbidden(
      'delegate-nothing',
      `${actor.person.name} may approve nowhere; only a right of one's own is given away.`,
      'What was given to you is yours alone.',
    );
  }
  const to = namedPerson(site, wish.to, actor.person);
  const since = deps.now();
  const until = endSaid(wish.until, { now: since, timeZone: own.timeZone });
  const delegation: Delegation = {
    from: actor.person.id,
    to: to.id,
    since,
    until,
    ...identitiesIn(fileOf(deps), actor.person.id, to.id),
  };
  await deps.store.write(async (tx) => {
    await tx.delegations.end(actor.person.id, since);
    if (!(await tx.delegations.add(delegation))) {
      throw conflict(
        'delegate-meanwhile',
        `${actor.person.name} gave the right to approve to somebody else in the same moment; one at a time has it.`,
        '/refresh delegate shows who.',
      );
    }
    const by = { actor: actor.person.id, front: actor.front };
    await record(tx, { type: 'right-delegated', to: to.id, until: until.toISOString(), ...by });
  });
  return delegation;
}

/** Until when it is given. */
function endSaid(text: string, context: MomentContext): Date {
  const until = momentSaid(text, context, 'ahead');
  const ahead = until === undefined ? undefined : until.getTime() - context.now.getTime();
  if (until !== undefined && ahead! > 0 && ahead! <= longestAheadDays * 86_400_000) return until;
  const why =
    ahead === undefined ? 'is no moment until which to give it' : ahead > 0 ? 'is too far ahead' : 'is past';
  throw inputError(
    'delegate-until',
    `"${cut(text)}" ${why}; expected a time such as "17:00", or a day and a time such as "friday 18:00" or "2026-11-27 18:00", at most ${longestAheadDays} days ahead.`,
    `/refresh delegate quinn until friday 18:00. Times are those of ${context.timeZone}.`,
    { field: 'until' },
  );
}

function identitiesIn(file: Site, from: string, to: string): Pick<Delegation, 'fromIdentity' | 'toIdentity'> {
  const [giver, taker] = [from, to].map((id) => {
    const person = personOf(file, id);
    return person === undefined ? undefined : identityOf(person);
  });
  return {
    ...(giver === undefined ? {} : { fromIdentity: giver }),
    ...(taker === undefined ? {} : { toIdentity: taker }),
  };
}

/** Takes back what somebody gave away. Throws `NotFound` (code `delegate-none`) where that is nothing. */
export async function endDelegation(deps: ServiceDeps, { person, front }: Actor): Promise<void> {
  await deps.store.write(async (tx) => {
    const ended = await tx.delegations.end(person.id, deps.now());
    if (ended === undefined || ended.until <= deps.now()) {
      throw notFound(
        'delegate-none',
        `${person.name} has given the right to approve to nobody.`,
        '/refresh delegate NAME until "friday 18:00" gives it.',
      );
    }
    await record(tx, { type: 'delegation-ended', to: ended.to, actor: person.id, front });
  });
}

/** The first environment that somebody approves for. */
function approvesFor(site: Site, person: Person): EnvironmentSite | undefined {
  return Object.values(site.environments).find(
    (environment) => !environment.production && isApprover(site, environment, person),
  );
}

/** Somebody by their key of the site file, their name or a mention of Slack's. */
function namedPerson(site: Site, text: string, giver: Person): Person {
  const mention = /^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>$/.exec(text.trim())?.[1];
  const word = text.trim().replace(/^@/, '').toLowerCase();
  const people = Object.values(site.people);
  const called = people.filter(({ name }) => name.toLowerCase() === word);
  const found =
    mention === undefined
      ? (people.find(({ id }) => id === word) ?? (called.length === 1 ? called[0] : undefined))
      : people.find(({ slackUserId }) => slackUserId === mention);
  if (found !== undefined && found.id !== giver.id) return found;
  const others = Object.keys(site.people).filter((id) => id !== giver.id);
  const near = nearest(word, others);
  throw inputError(
    'delegate-unknown',
    found === undefined
      ? `"${text.slice(0, 60)}" is nobody of the site file; expected ${oneOf(others.slice(0, 8))}${others.length > 8 ? ' or others' : ''}.`
      : `${giver.name} can't give the right to approve to themselves; expected another person.`,
    near === undefined
      ? 'Say the key that the site file has for them, or their name.'
      : `Did you mean "${near}"?`,
    { field: 'to' },
  );
}
