import type { Logger } from 'pino';
import type { Engine, ServerAccess } from '../../runners/engine.ts';
import type { CallAnswer, CallStep } from '../../runners/plan.ts';
import type { HostProgram } from '../../runners/host-program/client.ts';
import type { Repository } from '../../runners/repository/repository.ts';
import type { Backup } from '../domain/backup.ts';
import type { Unknown } from '../domain/impact.ts';
import type { RoleSource } from '../domain/role-source.ts';
import type { Schema } from '../domain/schema.ts';
import type { SecretRef, Site } from '../domain/site.ts';
import type { Queue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import type { Happening } from './happenings.ts';
import type { TicketSeen } from '../domain/ticket.ts';

/** The site as its file has it: without what people linked, and without roles that come from elsewhere. */
export function fileOf(deps: Pick<ServiceDeps, 'site' | 'people'>): Site {
  return deps.people?.file ?? deps.site;
}

/** How long things may take before somebody else looks; in seconds. */
export type Pace = {
  /** A worker that has been silent for so long has lost its run to the next one. */
  leaseSeconds: number;
  /** How long one job works on a run before it hands it back to the queue: no job lasts hours. */
  sliceSeconds: number;
  /** How often what should be is compared with what is. */
  reconcileSeconds: number;
  /** What a run that is over left behind stays for so long: nothing of ours is idle for longer, and what takes itself back has done so by then. */
  sweepAfterSeconds: number;
};

export const usualPace: Pace = {
  leaseSeconds: 30,
  sliceSeconds: 20,
  reconcileSeconds: 15,
  sweepAfterSeconds: 3600,
};

/**
 * How fresh what a source says has to be. `anew`: asked after the call, as before a decision; otherwise at most so old, and asked
 * no earlier than `notBefore`.
 */
export type Freshness = 'anew' | { maxAgeSeconds: number; notBefore?: Date };

/** Who people are now. */
export type People = {
  /** As the site file has it. */
  file: Site;
  /**
   * The site with everybody's roles, as of at most a minute ago where nothing is said. A source that does not answer
   * gives no role, and is named in `unasked`. Never throws for a source.
   */
  site(freshness?: Freshness): Promise<Site>;
};

/** What backups would bring. Each is looked into once: what was found is kept by its checksum. */
export type Outlines = {
  /** Waits for at most so long; what is still being read then is known to who asks later. Never throws for a host. */
  of(backup: Backup & { checksum: string }, withinMs: number): Promise<Schema | Unknown>;
};

/** What the use cases stand on. `app.ts` picks the implementations. */
export type ServiceDeps = {
  /** As the site file says it; behind the service's own methods with the people as they are now. */
  site: Site;
  /** Asks a source who its members are, by the ids of its front. Rejects where it can't be asked. */
  roleMembers?: (source: RoleSource) => Promise<readonly string[]>;
  /** Made by the service of the two above. */
  people?: People;
  /** Made by the service of the repositories. */
  outlines?: Outlines;
  store: Store;
  queue: Queue;
  engine: (server: string) => Engine;
  access: (server: string) => ServerAccess;
  program: (host: string) => HostProgram;
  repositories: Readonly<Record<string, Repository>>;
  /** Calls a hook over HTTP, with the secrets that it names. Absent: nobody can. */
  call?: (
    step: CallStep,
    refs: { secret: SecretRef; token?: SecretRef },
    signal: AbortSignal,
  ) => Promise<CallAnswer>;
  pace: Pace;
  /** Name of this process among those that share the store. */
  worker: string;
  now: () => Date;
  random: (bytes: number) => Uint8Array;
  log: Logger;
  /** Looks in Jira for a ticket that somebody names, within some seconds. Absent: nobody can look. Must not throw. */
  ticket?: (key: string) => Promise<TicketSeen>;
  /** Is told what this process has done; absent where nobody measures. Must not throw. */
  measure?: (happening: Happening) => void;
};
