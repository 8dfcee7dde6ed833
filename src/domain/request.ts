import { createHash } from 'node:crypto';
import type { Alignment } from './alignment.ts';
import { canonical } from './canonical.ts';
import { conflict } from './errors.ts';
import type { BackupId, RequestId, RunId } from './ids.ts';
import type { Front } from './person.ts';
import type { Terms } from './policy/policy.ts';
import { factsOf, type KindFacts, type RequestKind } from './request-kinds.ts';

export type { RequestKind };

export const requestStates = [
  'pending',
  'approved',
  'rejected',
  'expired',
  'cancelled',
  'running',
  'succeeded',
  'failed',
  'fenced',
] as const;
export type RequestState = (typeof requestStates)[number];

/** What can happen to a request, and from which state to which. The one table of transitions. */
const transitions = {
  approve: { pending: 'approved' },
  reject: { pending: 'rejected' },
  /** By the holder of its environment. */
  decline: { approved: 'rejected' },
  expire: { pending: 'expired', approved: 'expired' },
  cancel: { pending: 'cancelled', approved: 'cancelled', running: 'cancelled' },
  void: { approved: 'pending' },
  start: { approved: 'running' },
  succeed: { running: 'succeeded' },
  fail: { running: 'failed', fenced: 'failed' },
  fence: { running: 'fenced' },
  resume: { fenced: 'running' },
  retry: { failed: 'approved' },
} as const satisfies Record<string, Partial<Record<RequestState, RequestState>>>;

export type Transition = keyof typeof transitions;
export const transitionNames = Object.keys(transitions) as Transition[];

/** The state after `transition`; undefined where it is not allowed. */
export function stateAfter(state: RequestState, transition: Transition): RequestState | undefined {
  return (transitions[transition] as Partial<Record<RequestState, RequestState>>)[state];
}

/** Like `stateAfter`, but refuses with `Conflict` (code `request-state`). */
export function nextState(id: RequestId, state: RequestState, transition: Transition): RequestState {
  const next = stateAfter(state, transition);
  if (next !== undefined) return next;
  const allowed = Object.keys(transitions[transition]).join(' or ');
  throw conflict(
    'request-state',
    `${id} is ${state}; only a request that is ${allowed} can ${verbs[transition]}.`,
    `/refresh status ${id} shows how it stands.`,
    { request: id, state },
  );
}

const verbs: Record<Transition, string> = {
  approve: 'be approved',
  reject: 'be rejected',
  decline: 'be declined by a holder',
  expire: 'expire',
  cancel: 'be cancelled',
  void: 'lose its approval',
  start: 'be started',
  succeed: 'succeed',
  fail: 'fail',
  fence: 'be fenced',
  resume: 'be resumed',
  retry: 'be retried',
};

/** Those that something is still to become of. */
export const openStates: readonly RequestState[] = ['pending', 'approved', 'running', 'fenced'];

/** No transition leads out of these states but a retry of `failed`. */
export function isOver(state: RequestState): boolean {
  return !openStates.includes(state);
}

export const itemStates = [
  'waiting',
  'preparing',
  'ready',
  'swapped',
  'taken',
  'proven',
  'put-back',
  'failed',
] as const;
/** `ready`: verified and waiting at the barrier; `taken`: its backup has its name in the repository; `proven`: its backup was restored and verified; `put-back`: swapped, and swapped back because another item failed. */
export type ItemState = (typeof itemStates)[number];

/** One database of a request. */
export type RequestItem = {
  database: string;
  /** Server and live name that will be overwritten, or read; of a proof, what its new database is called after. */
  server: string;
  databaseName: string;
  /** Name of the target in the host's file; with the server's host it is unique in the site. */
  target: string;
  /** For a refresh and a proof: what goes in. */
  backup?: { id: BackupId; checksum: string };
  /** For an undo: the run whose swap is taken back. */
  undoes?: RunId;
  /** For a take: the repository that the backup goes to. */
  repository?: string;
  state: ItemState;
};

/** Somebody's wish to change an environment, or to have a backup of it taken or proven. Immutable but for its state and its items' states. */
export type Request = {
  id: RequestId;
  kind: RequestKind;
  environment: string;
  items: readonly RequestItem[];
  reason: string;
  /** Person id. */
  requestedBy: string;
  front: Front;
  state: RequestState;
  /** SHA-256 in hex over everything that an approval is bound to. */
  digest: string;
  /** Whether a person must approve; otherwise approved by rule. */
  needsApproval: boolean;
  /** What its approval is given under; part of the digest. */
  terms: Terms;
  createdAt: Date;
  /** When it lapses while pending or approved; an approval moves it behind `startAt`. */
  expiresAt: Date;
  /** It may start from this moment on; absent: as soon as it is approved. */
  startAt?: Date;
  /** And only within these times of the day, such as `22:00-05:00`, in the zone of its environment. */
  startWithin?: string;
  /** Nobody was asked, and it passes the holds and freeze windows that stood then; part of the digest. */
  breakGlass?: true;
  /** The request an undo takes back. */
  undoes?: RequestId;
  /** For a refresh or an undo: how far apart the environment's data would be, as it is shown; part of the digest but for what is newer. */
  alignment?: Alignment;
  /** The schedule that asked for it, and the digest of what that was then. */
  schedule?: { name: string; digest: string };
  /** Key of the ticket that it is for. Changes nothing that is done, and so no part of the digest. */
  ticket?: string;
};

export type RightToAsk = KindFacts['right'] | 'break-glass';

/** Which right it takes to ask for it: breaking the glass is one of its own, whoever may ask otherwise. */
export function rightToAsk({ kind, breakGlass }: Pick<Request, 'kind' | 'breakGlass'>): RightToAsk {
  return breakGlass === true ? 'break-glass' : factsOf(kind).right;
}

/** Exactly what is approved. Two equal bindings have equal digests, whatever the order of their keys. */
export type Binding = {
  kind: RequestKind;
  environment: string;
  requestedBy: string;
  /** ISO 8601 in UTC. */
  startAt?: string;
  startWithin?: string;
  breakGlass?: true;
  terms: Terms;
  /** What is called after the swaps; absent where nothing is. */
  hooks?: readonly Readonly<Record<string, unknown>>[];
  /** The figures that are shown of what the environment will hold, what stays there included. */
  alignment?: Alignment;
  items: readonly {
    database: string;
    server: string;
    databaseName: string;
    target: string;
    backup?: {
      id: BackupId;
      checksum: string;
      anonymisation: string;
      scope: string;
      format: string;
      /** Host, root and path it is read from. */
      lies: string;
    };
    undoes?: RunId;
    /** For a take: repository, host and root that it goes to. */
    into?: string;
    scripts: readonly { path: string; sha256: string }[];
    /** What keeps the copy from acting on the world; absent where nothing does. */
    neutralise?: readonly Readonly<Record<string, unknown>>[];
    options: Readonly<Record<string, unknown>>;
  }[];
};

/** SHA-256 in hex over the canonical JSON (keys sorted) of a binding. */
export function digestOf(binding: Binding): string {
  return createHash('sha256').update(canonical(binding)).digest('hex');
}

/** What its run holds: live databases, by server. */
export function targetsOf({ items }: Pick<Request, 'items'>): string[] {
  return items.map(({ server, databaseName }) => `${server}/${databaseName}`);
}
