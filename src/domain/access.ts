import type { Backup } from './backup.ts';
import { conflict, forbidden, oneOf } from './errors.ts';
import type { RequestId } from './ids.ts';
import type { Person } from './person.ts';
import type { Schedule } from './schedule/schedule.ts';
import { rolesThatMay, ruling } from './policy/rules.ts';
import { unaskedText } from './role-source.ts';
import { noDeputies, type Deputies, type Right } from './policy/deputies.ts';
import { isSingle, mayDecideIn, rightIn, stagesOf, type ApprovalStanding } from './policy/stages.ts';
import { standingText } from './policy/words.ts';
import { rightToAsk, type Request } from './request.ts';
import { personOf, type EnvironmentSite, type Site } from './site.ts';
import type { RuleAction, Stage } from './policy/policy.ts';

/** What somebody may want to do; a command names the one it needs. Who may is told by the site's rules, asked for here. */
export type Action =
  'see' | 'request' | 'decide' | 'cancel' | 'retry' | 'undo' | 'acknowledge' | 'hold' | 'schedule';

/** Whether the rules let the person do it in the environment of this name. */
export function may(site: Site, action: RuleAction, environment: string, person: Person): boolean {
  return ruling(site, action, environment, person).allowed;
}

/**
 * Whether somebody may do it to this environment, which production never is a target of. What the refusals below say in
 * sentences, as yes or no: for lists of all environments, of which there can be thousands.
 */
export function mayTarget(
  site: Site,
  action: 'request' | 'undo' | 'hold',
  environment: EnvironmentSite,
  person: Person,
): boolean {
  return !environment.production && may(site, action, environment.name, person);
}

/** Whether the person may approve for this environment at all (whoever asked, in whichever stage). */
export function isApprover(site: Site, environment: EnvironmentSite, person: Person): boolean {
  return may(site, 'approve', environment.name, person);
}

/** People of the site who could decide on a request of `requestedBy`, in one of its stages. */
export function approversFor(
  site: Site,
  environment: EnvironmentSite,
  requestedBy: string,
  stages: readonly Stage[] = stagesOf(environment, true),
): Person[] {
  return Object.values(site.people).filter(
    (person) =>
      person.id !== requestedBy && stages.some((stage) => mayDecideIn(site, stage, environment.name, person)),
  );
}

/** `it takes the role "qa-manager"`; who may, for a sentence that refuses somebody. */
export function takesText(site: Site, action: RuleAction, environment: string): string {
  const roles = rolesThatMay(site, action, environment);
  if (roles === 'everybody') return 'a rule of the site file forbids it';
  return takes(site, roles);
}

/** Refuses production, and people who may not ask for this environment. */
export function assertMayRequest(site: Site, environment: EnvironmentSite, person: Person): void {
  assertTarget(environment);
  if (may(site, 'request', environment.name, person)) return;
  throw forbidden(
    'request-not-allowed',
    `${person.name} may not ask for "${environment.name}"; ${takesText(site, 'request', environment.name)}.`,
    'Ask somebody who may.',
    { field: 'environment' },
  );
}

/** Refuses production: promise 7, whatever the rules say. */
export function assertTarget(environment: EnvironmentSite): void {
  if (!environment.production) return;
  throw forbidden(
    'environment-production',
    `Environment "${environment.name}" is production; it is never a target.`,
    'Name a test environment.',
    { field: 'environment' },
  );
}

/** Refuses raw data of an environment to people who may not read it, wherever it is to go. */
export function assertMayReadRaw(
  site: Site,
  backup: Pick<Backup, 'id' | 'anonymisation' | 'environment' | 'database'>,
  person: Person,
): void {
  if (backup.anonymisation !== 'raw' || may(site, 'read-raw', backup.environment, person)) return;
  throw forbidden(
    'raw-not-allowed',
    `Backup ${backup.id} is raw; ${person.name} may not read raw data of "${backup.environment}": ${takesText(site, 'read-raw', backup.environment)}.`,
    `/backups ${backup.database} --anonymised`,
    { field: 'backup' },
  );
}

/** Whether somebody may read raw data of at least one environment that backups come from. */
export function mayReadSomeRaw(site: Site, person: Person): boolean {
  return Object.values(site.repositories).some(({ environment }) =>
    may(site, 'read-raw', environment, person),
  );
}

export function assertMayUndo(site: Site, environment: EnvironmentSite, person: Person): void {
  assertTarget(environment);
  if (may(site, 'undo', environment.name, person)) return;
  throw forbidden(
    'undo-not-allowed',
    `${person.name} may not undo on "${environment.name}"; ${takesText(site, 'undo', environment.name)}.`,
    'Ask somebody who may.',
    { field: 'environment' },
  );
}

/** Refuses production, and people who may not ask past approvers and holders. */
export function assertMayBreakGlass(site: Site, environment: EnvironmentSite, person: Person): void {
  assertTarget(environment);
  if (may(site, 'break-glass', environment.name, person)) return;
  throw forbidden(
    'break-glass-not-allowed',
    `${person.name} may not break the glass of "${environment.name}"; ${takesText(site, 'break-glass', environment.name)}.`,
    'Ask without --break-glass, or somebody who may.',
    { field: 'environment' },
  );
}

/** Refuses whoever may not ask for a request of this kind. */
export function assertMayAsk(
  site: Site,
  environment: EnvironmentSite,
  person: Person,
  request: Pick<Request, 'kind' | 'breakGlass'>,
): void {
  const assert = {
    request: assertMayRequest,
    undo: assertMayUndo,
    'break-glass': assertMayBreakGlass,
  }[rightToAsk(request)];
  assert(site, environment, person);
}

export function assertMayHold(site: Site, environment: EnvironmentSite, person: Person): void {
  assertTarget(environment);
  if (may(site, 'hold', environment.name, person)) return;
  throw forbidden(
    'hold-not-allowed',
    `${person.name} may not hold "${environment.name}"; ${takesText(site, 'hold', environment.name)}.`,
    'Ask somebody who may.',
    { field: 'environment' },
  );
}

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

function takes(site: Pick<Site, 'unasked'>, roles: readonly string[]): string {
  if (roles.length === 0) return 'no role may';
  return `it takes the role ${oneOf(new Set(roles))}${unaskedText(site.unasked, roles)}`;
}

/** The requester, or whoever may do it for others. */
function isConcerned(site: Site, action: RuleAction, request: Request, person: Person): boolean {
  return person.id === request.requestedBy || may(site, action, request.environment, person);
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

/** Refuses production, and people who may not make schedules for this environment. */
export function assertMaySchedule(site: Site, environment: EnvironmentSite, person: Person): void {
  assertTarget(environment);
  if (may(site, 'schedule', environment.name, person)) return;
  throw forbidden(
    'schedule-not-allowed',
    `${person.name} may not make schedules for "${environment.name}"; ${takesText(site, 'schedule', environment.name)}.`,
    'Ask somebody who may.',
    { field: 'environment' },
  );
}

/** Refuses everybody but the owner of a schedule and whoever may make some for its environment. */
export function assertMayTendSchedule(
  site: Site,
  { name, owner, wish: { environment } }: Schedule,
  person: Person,
): void {
  if (person.id === owner || may(site, 'schedule', environment, person)) return;
  throw forbidden(
    'schedule-not-allowed',
    `${person.name} may not change schedule "${name}"; the owner may, or ${takesText(site, 'schedule', environment)}.`,
    'Ask one of them.',
    { field: 'name' },
  );
}

/** Refuses everybody but the requester and whoever may cancel. */
export function assertMayCancel(site: Site, request: Request, person: Person): void {
  if (isConcerned(site, 'cancel', request, person)) return;
  throw forbidden(
    'cancel-not-allowed',
    `${person.name} may not cancel ${request.id}; the requester may, or ${takesText(site, 'cancel', request.environment)}.`,
    'Ask one of them.',
    { request: request.id },
  );
}

/** Refuses everybody but the requester and whoever may retry: what is repeated was approved, and is repeated only unchanged. */
export function assertMayRetry(site: Site, request: Request, person: Person): void {
  if (isConcerned(site, 'retry', request, person)) return;
  throw forbidden(
    'retry-not-allowed',
    `${person.name} may not retry ${request.id}; the requester may, or ${takesText(site, 'retry', request.environment)}.`,
    'Ask one of them.',
    { request: request.id },
  );
}

/** Only who mends: it says how a database stands. */
export function assertMaySettle(site: Site, request: Request, person: Person): void {
  if (may(site, 'acknowledge', request.environment, person)) return;
  throw forbidden(
    'settle-not-allowed',
    `${person.name} may not settle ${request.id}; ${takesText(site, 'acknowledge', request.environment)}.`,
    'Ask an operator.',
    { request: request.id },
  );
}

export function assertMayAcknowledge(site: Site, request: Request, person: Person): void {
  if (may(site, 'acknowledge', request.environment, person)) return;
  throw forbidden(
    'acknowledge-not-allowed',
    `${person.name} may not acknowledge the alert of ${request.id}; ${takesText(site, 'acknowledge', request.environment)}.`,
    'Ask an operator.',
    { request: request.id },
  );
}
