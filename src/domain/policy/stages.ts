import type { Approval } from '../approval.ts';
import type { Person } from '../person.ts';
import type { Request } from '../request.ts';
import { personOf, type EnvironmentSite, type Site } from '../site.ts';
import { ruling } from './rules.ts';
import type { Stage } from './policy.ts';

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

/** How far a stage is. */
export type StageStanding = {
  stage: Stage;
  /** Whose yes counts here, oldest first. */
  by: readonly Person[];
  /** How many more are needed. */
  missing: number;
  /** Who may say it: neither the requester nor anybody whose yes counts already, in whichever stage. */
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
 * person's once.
 */
export function approvalStanding(
  site: Site,
  request: Pick<Request, 'environment' | 'requestedBy' | 'digest'> & { terms: { stages: readonly Stage[] } },
  approvals: readonly Pick<Approval, 'decision' | 'voidedAt' | 'digest' | 'by' | 'stage'>[],
): ApprovalStanding {
  const counted = new Map<string, string>();
  for (const { decision, voidedAt, digest, by, stage } of approvals) {
    if (decision !== 'approved' || voidedAt !== undefined || digest !== request.digest) continue;
    const of = request.terms.stages.find(({ name }) => name === (stage ?? onlyStage.name));
    const person = by === undefined ? undefined : personOf(site, by);
    if (of === undefined || person === undefined || person.id === request.requestedBy) continue;
    if (counted.has(person.id) || !mayDecideIn(site, of, request.environment, person)) continue;
    counted.set(person.id, of.name);
  }
  const free = Object.values(site.people).filter(({ id }) => id !== request.requestedBy && !counted.has(id));
  const stages = request.terms.stages.map((stage): StageStanding => {
    const by = [...counted].flatMap(([id, name]) => (name === stage.name ? [personOf(site, id)!] : []));
    const missing = Math.max(0, stage.quorum - by.length);
    const deciders = free.filter((person) => mayDecideIn(site, stage, request.environment, person));
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
