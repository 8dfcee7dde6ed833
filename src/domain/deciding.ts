import { conflict, forbidden } from './errors.ts';
import type { RequestId } from './ids.ts';
import type { Person } from './person.ts';
import { rolesThatMay } from './policy/rules.ts';
import { noDeputies, type Deputies, type Right } from './policy/deputies.ts';
import { isSingle, mayDecideIn, rightIn, type ApprovalStanding } from './policy/stages.ts';
import { standingText } from './policy/words.ts';
import { type Request } from './request.ts';
import { takes } from './access.ts';
import { personOf, type EnvironmentSite, type Site } from './site.ts';
import type { Stage } from './policy/policy.ts';

/** What people decide on: a request, or a schedule as a whole; `id` is how it is called. */
export type Decidable = Pick<Request, 'environment' | 'requestedBy' | 'terms'> & { id: string };

/**
 * Refuses the requester and everybody who may not decide in any of the request's stages; and everybody where the requester is not
 * known any more: then nobody can tell whether the decider is the same person under another name. Which stage is open, and who
 * has said yes already, is `approvalStanding`'s.
 */
export function assertMayDecide(
  site: Site,
  request: Decidable,
  environment: EnvironmentSite,
  person: Person,
  deputies: Deputies = noDeputies,
): void {
  if (personOf(site, request.requestedBy) === undefined) {
    throw forbidden(
      'requester-unknown',
      `Who asked for ${request.id} is not in the site file any more; its request can't be decided.`,
      'Ask anew.',
      { request: request.id },
    );
  }
  if (person.id === request.requestedBy) {
    throw forbidden(
      'approval-own-request',
      `${person.name} asked for ${request.id}; nobody approves an own request.`,
      `It takes another person: ${decidersText(site, request.terms.stages, environment.name)}.`,
      { request: request.id },
    );
  }
  if (!request.terms.stages.some((stage) => rightIn(site, request, stage, person, deputies) !== undefined)) {
    throw forbidden(
      'approval-not-allowed',
      `${person.name} may not decide on "${environment.name}"; ${decidersText(site, request.terms.stages, environment.name)}.`,
      'Ask somebody who may.',
      { request: request.id },
    );
  }
}

/**
 * Refuses people who may decide, but not now: whose yes counts already, or whose stage is not open. Answers the stage that the
 * decision is made in, and by what right. Somebody whose yes counts may still take it back by rejecting.
 */
export function assertMayDecideNow(
  site: Site,
  request: Decidable,
  { stages, open }: ApprovalStanding,
  person: Person,
  decision: 'approved' | 'rejected',
  deputies: Deputies = noDeputies,
): { stage: Stage; right: Right } {
  const given = stages.find(({ by }) => by.some((one) => one.id === person.id || one.for?.id === person.id));
  const spent = new Set(stages.flatMap(({ by }) => by.flatMap((one) => [one.id, one.for?.id ?? one.id])));
  // All is there while it still waits, such as when somebody got a role back: then it takes a word only.
  const stage = (open ?? stages.at(-1)!).stage;
  if (given !== undefined && (decision === 'rejected' || open === undefined)) {
    const again = rightIn(site, request, given.stage, person, deputies);
    return { stage: given.stage, right: again ?? 'own' };
  }
  const right = given === undefined ? rightIn(site, request, stage, person, deputies, spent) : undefined;
  if (right !== undefined) return { stage, right };
  const own = stages.find((one) => rightIn(site, request, one.stage, person, deputies, spent) !== undefined);
  if (given !== undefined || own === undefined) {
    const whose = given === undefined ? `of whom ${person.name} decides for` : `of ${person.name}`;
    throw forbidden(
      'approval-counted',
      `The yes ${whose} to ${request.id} counts already; nobody counts twice, over whichever front or account.`,
      `Still needed: ${standingText({ stages, open })}.`,
      { request: request.id },
    );
  }
  throw forbidden(
    'approval-other-stage',
    `${request.id} waits for "${stage.name}" now; ${person.name} decides in "${own.stage.name}".`,
    `How far it is: ${standingText({ stages, open })}.`,
    { request: request.id },
  );
}

/** A yes to a stage that is not the open one: it was given in the meantime, or opened again. */
export function stagePassed(id: RequestId, stage: string, person: Person, open: string | undefined) {
  return conflict(
    'stage-passed',
    `${person.name} said yes to ${id} for "${stage}", which does not wait for one${open === undefined ? '' : `: it waits for "${open}"`}.`,
    'Look at it as it is now, and decide again if it is yours to decide.',
    { request: id },
  );
}

/** `it takes the role "qa-manager"`: the roles that decide in one of the stages. */
export function decidersText(site: Site, stages: readonly Stage[], environment: string): string {
  const ruled = rolesThatMay(site, 'approve', environment);
  const named = stages.flatMap(({ roles }) => (roles === 'everybody' ? [] : roles));
  const all = stages.some(({ roles }) => roles === 'everybody');
  if (ruled === 'everybody')
    return named.length === 0 ? 'a rule of the site file forbids it' : takes(site, named);
  // A role of a stage that may not approve by itself helps those who also hold one that may.
  return takes(site, all ? ruled : named);
}

/**
 * Whether somebody who asks for an undo has, by asking, said the yes that anybody else would need. Only where one yes is all:
 * of several, the others say theirs.
 */
export function approvesByAsking(
  site: Site,
  { stages }: { stages: readonly Stage[] },
  environment: string,
  person: Person,
): boolean {
  return isSingle(stages) && mayDecideIn(site, stages[0]!, environment, person);
}
