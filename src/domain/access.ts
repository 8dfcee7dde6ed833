import { forbidden, oneOf } from './errors.ts';
import type { Person } from './person.ts';
import type { Request } from './request.ts';
import type { EnvironmentSite, Site } from './site.ts';

/** What somebody may want to do; a command names the one it needs. The rules are below, and only here. */
export type Action = 'see' | 'request' | 'decide' | 'cancel' | 'retry' | 'undo' | 'acknowledge';

/** Whether the person holds one of the roles. */
export function holdsOneOf(person: Person, roles: readonly string[]): boolean {
  return person.roles.some((role) => roles.includes(role));
}

/** Whether the person may approve for this environment at all (whoever asked). */
export function isApprover(environment: EnvironmentSite, person: Person): boolean {
  return holdsOneOf(person, environment.approvers);
}

/** People of the site who could approve a request of `requestedBy`. */
export function approversFor(site: Site, environment: EnvironmentSite, requestedBy: string): Person[] {
  return Object.values(site.people).filter(
    (person) => person.id !== requestedBy && isApprover(environment, person),
  );
}

export function isOperator(site: Site, person: Person): boolean {
  return holdsOneOf(person, site.operators);
}

/** Refuses production, and people who may not ask for this environment. */
export function assertMayRequest(environment: EnvironmentSite, person: Person): void {
  if (environment.production) {
    throw forbidden(
      'environment-production',
      `Environment "${environment.name}" is production; it is never a target.`,
      'Name a test environment.',
      { field: 'environment' },
    );
  }
  if (environment.requesters.length > 0 && !holdsOneOf(person, environment.requesters)) {
    throw forbidden(
      'request-not-allowed',
      `${person.name} may not ask for "${environment.name}"; it takes the role ${oneOf(environment.requesters)}.`,
      'Ask somebody who holds that role.',
      { field: 'environment' },
    );
  }
}

/** Whoever may ask for a refresh may take one back, and so may those who decide and those who mend. */
export function assertMayUndo(site: Site, environment: EnvironmentSite, person: Person): void {
  if (!environment.production && (isApprover(environment, person) || isOperator(site, person))) return;
  assertMayRequest(environment, person);
}

/**
 * Refuses the requester and everybody without an approver's role; and everybody where the requester is not known any
 * more: then nobody can tell whether the decider is the same person under another name.
 */
export function assertMayDecide(
  site: Site,
  request: Request,
  environment: EnvironmentSite,
  person: Person,
): void {
  if (site.people[request.requestedBy] === undefined) {
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
      `It takes another person with the role ${oneOf(environment.approvers)}.`,
      { request: request.id },
    );
  }
  if (!isApprover(environment, person)) {
    throw forbidden(
      'approval-not-allowed',
      `${person.name} may not decide on "${environment.name}"; it takes the role ${oneOf(environment.approvers)}.`,
      'Ask somebody who holds that role.',
      { request: request.id },
    );
  }
}

/** The requester, an approver of the environment, or an operator. */
function isConcerned(site: Site, request: Request, environment: EnvironmentSite, person: Person): boolean {
  return person.id === request.requestedBy || isApprover(environment, person) || isOperator(site, person);
}

/** Refuses everybody whom the request does not concern. */
export function assertMayCancel(
  site: Site,
  request: Request,
  environment: EnvironmentSite,
  person: Person,
): void {
  if (isConcerned(site, request, environment, person)) return;
  throw forbidden(
    'cancel-not-allowed',
    `${person.name} may not cancel ${request.id}; the requester, an approver of "${environment.name}" or an operator may.`,
    'Ask one of them.',
    { request: request.id },
  );
}

/** The same people as for cancelling: what is repeated was approved, and is repeated only unchanged. */
export function assertMayRetry(
  site: Site,
  request: Request,
  environment: EnvironmentSite,
  person: Person,
): void {
  if (isConcerned(site, request, environment, person)) return;
  throw forbidden(
    'retry-not-allowed',
    `${person.name} may not retry ${request.id}; the requester, an approver of "${environment.name}" or an operator may.`,
    'Ask one of them.',
    { request: request.id },
  );
}

export function assertMayAcknowledge(site: Site, request: Request, person: Person): void {
  if (isOperator(site, person)) return;
  throw forbidden(
    'acknowledge-not-allowed',
    `${person.name} may not acknowledge the alert of ${request.id}; it takes the role ${oneOf(site.operators)}.`,
    'Ask an operator.',
    { request: request.id },
  );
}
