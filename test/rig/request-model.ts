import type { RequestId } from '../../src/domain/ids.ts';
import type { RequestState } from '../../src/domain/request.ts';

export const people = ['dana', 'quinn', 'rosa', 'otto'] as const;
export type PersonName = (typeof people)[number];

/** What the model knows of a request: how it must stand, and what decides on what may happen to it. */
export type ModelRequest = {
  id: RequestId;
  kind: 'refresh' | 'undo';
  environment: 'uat' | 'ci';
  databases: readonly string[];
  by: PersonName;
  /** Exactly what was asked for: the same again is a slip. */
  wish: string;
  state: RequestState;
  needsApproval: boolean;
  expiresAt: number;
  /** Whose approval is in force; by rule: `rule`. */
  approvedBy?: PersonName | 'rule';
  planned: boolean;
  cancelWanted: boolean;
  barrier: boolean;
  /** A worker died while it took a failure back: whoever takes over goes on with that. */
  hasFailed: boolean;
  /** Whether a worker that died still has the run. */
  isLeased: boolean;
};

/** The rules of requests once more, in few words; the moment is the test's own. */
export type Model = {
  now: number;
  requests: ModelRequest[];
  /** Who holds the role of approvers now. */
  approvers: Set<PersonName>;
  /** Whether an undo still brings back what stands last on its targets; told by the test from what was recorded. */
  undoable: (request: ModelRequest) => boolean;
};

export const approvalMs = 3_600_000;

export function emptyModel(now: number): Model {
  return { now, requests: [], approvers: new Set(['quinn', 'rosa']), undoable: () => true };
}

export const isActive = ({ state }: ModelRequest): boolean => state === 'running' || state === 'fenced';

export function targetsIn({ environment, databases }: ModelRequest): string[] {
  return databases.map((database) => `${environment} ${database}`);
}

function overlap(one: ModelRequest, other: ModelRequest): boolean {
  return targetsIn(one).some((target) => targetsIn(other).includes(target));
}

/** Requester, approver or operator. */
export function isConcerned(model: Model, request: ModelRequest, who: PersonName): boolean {
  return who === request.by || who === 'otto' || model.approvers.has(who);
}

export function mayDecide(model: Model, request: ModelRequest, who: PersonName): boolean {
  return (
    who !== request.by &&
    model.approvers.has(who) &&
    request.state === 'pending' &&
    request.expiresAt > model.now
  );
}

export function mayCancel(model: Model, request: ModelRequest, who: PersonName): boolean {
  const open = ['pending', 'approved', 'running'].includes(request.state);
  return isConcerned(model, request, who) && open && !(request.state === 'running' && request.barrier);
}

export function mayRetry(model: Model, request: ModelRequest, who: PersonName): boolean {
  if (!isConcerned(model, request, who)) return false;
  return request.state === 'fenced' || (request.state === 'failed' && request.expiresAt > model.now);
}

/** Whether the approval counts no more, at dispatch and when the plan is made. */
export function isObjectionable(model: Model, request: ModelRequest): boolean {
  if (request.kind === 'undo' && !model.undoable(request)) return true;
  if (request.environment === 'ci') return request.approvedBy !== 'rule';
  if (!request.needsApproval) return !model.approvers.has(request.by);
  const { approvedBy } = request;
  return approvedBy === undefined || approvedBy === 'rule' || !model.approvers.has(approvedBy);
}

/** What voiding an approval makes of a request. */
export function voided(request: ModelRequest): RequestState {
  return request.needsApproval ? 'pending' : 'cancelled';
}

const isDue = (model: Model) => (request: ModelRequest) =>
  request.state === 'approved' && request.expiresAt > model.now;

export function holderOf(model: Model, request: ModelRequest): ModelRequest | undefined {
  return model.requests.find((other) => isActive(other) && overlap(other, request));
}

/** Promises 2 and 3: it starts only with a valid approval, and only where nobody has a target. */
export function dispatch(model: Model, request: ModelRequest): void {
  if (!isDue(model)(request)) return;
  if (isObjectionable(model, request)) {
    request.state = voided(request);
    delete request.approvedBy;
  } else if (holderOf(model, request) === undefined) start(request);
}

export function start(request: ModelRequest): void {
  request.state = 'running';
  Object.assign(request, {
    planned: false,
    cancelWanted: false,
    barrier: false,
    hasFailed: false,
    isLeased: false,
  });
}

/** After those who have waited longest for one of its targets. */
export function dispatchInTurn(model: Model, request: ModelRequest): void {
  for (const target of targetsIn(request)) {
    const first = model.requests.find((one) => isDue(model)(one) && targetsIn(one).includes(target));
    if (first !== undefined && first !== request) dispatch(model, first);
  }
  dispatch(model, request);
}

/**
 * One round of upkeep. Whoever waits behind a taken target may or may not be looked at: `open` are those that may have lost
 * their approval, or not yet.
 */
export function upkeep(model: Model): { open: ModelRequest[] } {
  for (const request of model.requests) {
    if (['pending', 'approved'].includes(request.state) && request.expiresAt < model.now)
      request.state = 'expired';
  }
  const open: ModelRequest[] = [];
  for (const request of model.requests.filter(isDue(model))) {
    if (holderOf(model, request) !== undefined && isObjectionable(model, request)) open.push(request);
    else dispatch(model, request);
  }
  return { open };
}
