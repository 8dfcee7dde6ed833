import type { Approval } from '../approval.ts';
import type { Person } from '../person.ts';
import type { Request } from '../request.ts';
import { personOf, type EnvironmentSite, type Site } from '../site.ts';
import { ruling } from './rules.ts';
import { isFallback, noDeputies, type Deputies, type Right } from './deputies.ts';
import type { Fallback, Stage } from './policy.ts';

/** Where an environment says nothing of stages: one person who may approve. */
export const onlyStage: Stage = { name: 'approval', roles: 'everybody', quorum: 1 };

/** The stages that a request for this environment goes through. Never empty: where all are for raw data, the only one is there for the rest. */
export function stagesOf(environment: Pick<EnvironmentSite, 'approval'>, raw: boolean): readonly Stage[] {
  const stages = (environment.approval?.stages ?? []).filter((stage) => raw || stage.when !== 'raw');
  return stages.length === 0 ? [onlyStage] : stages;
}

/** Whether one yes of one person is all that is needed. */
export function isSingle(stages: readonly Stage[]): boolean {
  return stages.length === 1 && stages[0]?.quorum === 1;
}

/** Whether somebody may decide in a stage (whoever asked). */
export function mayDecideIn(site: Site, stage: Stage, environment: string, person: Person): boolean {
  const { roles } = stage;
  const holds = roles === 'everybody' || person.roles.some((role) => roles.includes(role));
  return holds && ruling(site, 'approve', environment, person).allowed;
}

/** What of a request its approval goes by. */
export type Approvable = Pick<Request, 'environment' | 'requestedBy'> & {
  terms: { stages: readonly Stage[]; fallback?: Fallback };
};

/**
 * By what right somebody may decide in a stage, whoever asked; the own goes first. Another's right counts only while that person is known,
 * may decide there, did not ask, and is none of `spent`, whose word counts already.
 */
export function rightIn(
  site: Site,
  request: Approvable,
  stage: Stage,
  person: Person,
  deputies: Deputies,
  spent: ReadonlySet<string> = new Set(),
): Right | undefined {
  const { environment, requestedBy, terms } = request;
  if (mayDecideIn(site, stage, environment, person)) return 'own';
  if (deputies.fallback && isFallback(terms, person)) return 'fallback';
  const lent = deputies.delegations.find(({ from, to }) => {
    const principal = to === person.id && from !== requestedBy ? personOf(site, from) : undefined;
    return principal !== undefined && !spent.has(from) && mayDecideIn(site, stage, environment, principal);
  });
  return lent === undefined ? undefined : { for: lent.from };
}

/** Somebody who said yes; `for`: by whose right. */
export type Approver = Person & { for?: Person };

/** How far a stage is. */
export type StageStanding = {
  stage: Stage;
  /** Whose yes counts here, oldest first. */
  by: readonly Approver[];
  /** How many more are needed. */
  missing: number;
  /** Who may say it, deputies included: neither the requester nor anybody whose yes counts already, in whichever stage. */
  deciders: readonly Person[];
};

/** How far the approval of a request is. */
export type ApprovalStanding = {
  stages: readonly StageStanding[];
  /** The first that is not met: whoever may decide there may decide now. Absent: all are met. */
  open?: StageStanding;
  /** Whether people of the site could still meet all that are open. */
  reachable: boolean;
};

/**
 * How far the approval of a request is, by the people and rules of this moment. Of all that was said, only a yes counts that is in
 * force, of exactly what the request is now, by somebody other than the requester who may still decide in its stage; and each
 * person's once, be it said by them or for them. `deputies`: who else may decide now.
 */
export function approvalStanding(
  site: Site,
  request: Approvable & Pick<Request, 'digest'>,
  approvals: readonly Pick<
    Approval,
    'decision' | 'voidedAt' | 'digest' | 'by' | 'stage' | 'for' | 'fallback'
  >[],
  deputies: Deputies = noDeputies,
): ApprovalStanding {
  const counted = new Map<string, { stage: string; approver: Approver }>();
  const spent = new Set<string>();
  for (const { decision, voidedAt, digest, by, stage, for: principalId, fallback } of approvals) {
    if (decision !== 'approved' || voidedAt !== undefined || digest !== request.digest) continue;
    const of = request.terms.stages.find(({ name }) => name === (stage ?? onlyStage.name));
    const person = by === undefined ? undefined : personOf(site, by);
    if (of === undefined || person === undefined || person.id === request.requestedBy) continue;
    const principal = principalId === undefined ? person : personOf(site, principalId);
    if (principal === undefined || principal.id === request.requestedBy) continue;
    if (spent.has(person.id) || spent.has(principal.id)) continue;
    const may =
      fallback === true
        ? isFallback(request.terms, person)
        : mayDecideIn(site, of, request.environment, principal);
    if (!may) continue;
    spent.add(person.id).add(principal.id);
    const approver = principal === person ? person : { ...person, for: principal };
    counted.set(person.id, { stage: of.name, approver });
  }
  const free = Object.values(site.people).filter(({ id }) => id !== request.requestedBy && !spent.has(id));
  const stages = request.terms.stages.map((stage): StageStanding => {
    const by = [...counted.values()].flatMap((one) => (one.stage === stage.name ? [one.approver] : []));
    const missing = Math.max(0, stage.quorum - by.length);
    const deciders = free.filter(
      (person) => rightIn(site, request, stage, person, deputies, spent) !== undefined,
    );
    return { stage, by, missing, deciders };
  });
  const open = stages.find(({ missing }) => missing > 0);
  return { stages, ...(open === undefined ? {} : { open }), reachable: isReachable(stages) };
}

/** Whether different people can be found for all that is missing: a matching of places and people. */
export function isReachable(
  stages: readonly { missing: number; deciders: readonly { id: string }[] }[],
): boolean {
  const places = stages.flatMap(({ missing, deciders }) =>
    Array.from({ length: missing }, () => deciders.map(({ id }) => id)),
  );
  const placeOf = new Map<string, number>();
  const seat = (place: number, tried: Set<string>): boolean => {
    for (const id of places[place]!) {
      if (tried.has(id)) continue;
      tried.add(id);
      const taken = placeOf.get(id);
      if (taken !== undefined && !seat(taken, tried)) continue;
      placeOf.set(id, place);
      return true;
    }
    return false;
  };
  return places.every((_, place) => seat(place, new Set()));
}
