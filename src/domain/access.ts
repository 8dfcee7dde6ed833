import type { Backup } from './backup.ts';
import { forbidden, oneOf } from './errors.ts';
import { environmentNamed } from './lookup.ts';
import type { Person } from './person.ts';
import { rolesThatMay, ruling } from './policy/rules.ts';
import { unaskedText } from './role-source.ts';
import { mayDecideIn, stagesOf } from './policy/stages.ts';
import { rightToAsk, type Request } from './request.ts';
import { theSite, type EnvironmentSite, type Site } from './site.ts';
import type { RuleAction, Stage } from './policy/policy.ts';

/** What somebody may want to do; a command names the one it needs. Who may is told by the site's rules, asked for here. */
export type Action =
  | 'see'
  | 'request'
  | 'take'
  | 'prove'
  | 'decide'
  | 'cancel'
  | 'retry'
  | 'undo'
  | 'acknowledge'
  | 'hold'
  | 'schedule';

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

/** The hint of a refusal: where no role may, there is nobody to be asked. */
export function whomToAsk(site: Site, action: RuleAction, environment: string): string {
  const nobody = rolesThatMay(site, action, environment).length === 0;
  return nobody ? 'Nobody may; that is said by the rules of the site file.' : 'Ask somebody who may.';
}

/** Refuses production, and people who may not ask for this environment. */
export function assertMayRequest(site: Site, environment: EnvironmentSite, person: Person): void {
  assertTarget(environment);
  if (may(site, 'request', environment.name, person)) return;
  throw forbidden(
    'request-not-allowed',
    `${person.name} may not ask for "${environment.name}"; ${takesText(site, 'request', environment.name)}.`,
    whomToAsk(site, 'request', environment.name),
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
    whomToAsk(site, 'undo', environment.name),
    { field: 'environment' },
  );
}

/**
 * Refuses people who may not have backups taken of this environment. Nothing is overwritten, so production is no exception to the rules. The
 * site itself may, where its file has a schedule: whoever writes that writes the rules.
 */
export function assertMayTake(site: Site, environment: EnvironmentSite, person: Person): void {
  if (person.id === theSite || may(site, 'take', environment.name, person)) return;
  throw forbidden(
    'take-not-allowed',
    `${person.name} may not have backups taken of "${environment.name}"; ${takesText(site, 'take', environment.name)}.`,
    whomToAsk(site, 'take', environment.name),
    { field: 'environment' },
  );
}

/**
 * Refuses people who may not have backups of this environment proven. The site itself may, where its file says how often.
 */
export function assertMayProve(site: Site, environment: EnvironmentSite, person: Person): void {
  if (person.id === theSite || may(site, 'prove', environment.name, person)) return;
  throw forbidden(
    'prove-not-allowed',
    `${person.name} may not have backups of "${environment.name}" proven; ${takesText(site, 'prove', environment.name)}.`,
    whomToAsk(site, 'prove', environment.name),
    { field: 'backup' },
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
    take: assertMayTake,
    prove: assertMayProve,
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
    whomToAsk(site, 'hold', environment.name),
    { field: 'environment' },
  );
}

/** What somebody must be, in words. */
export function takes(site: Pick<Site, 'unasked'>, roles: readonly string[]): string {
  if (roles.length === 0) return 'no role may';
  return `it takes the role ${oneOf(new Set(roles))}${unaskedText(site.unasked, roles)}`;
}

/** The requester, or whoever may do it for others. */
function isConcerned(site: Site, action: RuleAction, request: Request, person: Person): boolean {
  return person.id === request.requestedBy || may(site, action, request.environment, person);
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
  if (!isConcerned(site, 'retry', request, person))
    throw forbidden(
      'retry-not-allowed',
      `${person.name} may not retry ${request.id}; the requester may, or ${takesText(site, 'retry', request.environment)}.`,
      'Ask one of them.',
      { request: request.id },
    );
  // It passes what stood then once more: that is the right of who may break the glass, not of who may repeat.
  if (request.breakGlass === true)
    assertMayBreakGlass(site, environmentNamed(site, request.environment), person);
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
