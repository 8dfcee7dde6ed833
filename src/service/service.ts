import type { Backup, BackupFilter } from '../domain/backup.ts';
import type { FreshetError } from '../domain/errors.ts';
import type { BackupId, RequestId } from '../domain/ids.ts';
import type { Actor, Front } from '../domain/person.ts';
import type { Job } from '../queue/queue.ts';
import type { Page, RequestReads } from '../store/store.ts';
import { advance, handOn } from './advance.ts';
import { answerCanary, canaryOf } from './canary.ts';
import { listBackups, scan, showBackup, unreadable } from './catalogue.ts';
import { acknowledge, alertFront, decide, refuse, refuseStranger, type Decision } from './decisions.ts';
import type { ServiceDeps } from './deps.ts';
import { dispatch } from './dispatch.ts';
import { feed, type Deliver } from './feed.ts';
import { figures } from './figures.ts';
import { lead, type Leading } from './lead.ts';
import { reconcile, reconcileForEver, scanForEver } from './reconcile.ts';
import { previewRefresh, previewUndo, type RefreshWish } from './previews.ts';
import { cancel, requestRefresh, requestUndo, retry } from './requests.ts';
import { probes } from './probes.ts';
import { glancer } from './glances.ts';
import { faultsOf, prospect } from './prospect.ts';
import { suggestBackups, targetsFor } from './suggest.ts';
import { standings } from './standings.ts';
import { view } from './view.ts';
import { vitals } from './vitals.ts';

/** The use cases, for commands and fronts. All checks of rights are made behind these, whatever the front. */
export type Service = ReturnType<typeof createService>;

export function createService(deps: ServiceDeps) {
  const glances = glancer(deps);
  return {
    site: deps.site,
    /** Mirrors and the inbox are the fronts' own tables, kept in the one store. */
    mirrors: deps.store.mirrors,
    inbox: deps.store.inbox,
    viewers: deps.store.viewers,
    now: deps.now,

    previewRefresh: (actor: Actor, wish: RefreshWish) => previewRefresh(deps, actor, wish),
    requestRefresh: (actor: Actor, wish: RefreshWish) => requestRefresh(deps, actor, wish),
    /** What forms are made of: what somebody may ask for, what would fit, what it would mean, what speaks against it. */
    targetsFor: (actor: Actor) => targetsFor(deps, actor),
    suggestBackups: (actor: Actor, what: Parameters<typeof suggestBackups>[2], limit: number) =>
      suggestBackups(deps, actor, what, limit),
    prospect: (actor: Actor, wish: RefreshWish) => prospect(deps, actor, wish),
    glances,
    faultsOf: (actor: Actor, wish: RefreshWish) => faultsOf(deps, actor, wish),
    previewUndo: (actor: Actor, what: Parameters<typeof previewUndo>[2]) => previewUndo(deps, actor, what),
    requestUndo: (actor: Actor, what: Parameters<typeof previewUndo>[2], reason: string) =>
      requestUndo(deps, actor, what, reason),
    decide: (actor: Actor, decision: Decision) => decide(deps, actor, decision),
    refuseStranger: (id: RequestId, front: Front, who: string) => refuseStranger(deps, id, front, who),
    refuse: (id: RequestId, front: Front, who: string, refusal: FreshetError) =>
      refuse(deps, id, front, who, refusal),
    alertFront: (id: RequestId, front: Front, alert: Parameters<typeof alertFront>[3]) =>
      alertFront(deps, id, front, alert),
    cancel: (actor: Actor, id: RequestId) => cancel(deps, actor, id),
    retry: (actor: Actor, id: RequestId) => retry(deps, actor, id),
    acknowledge: (actor: Actor, id: RequestId) => acknowledge(deps, actor, id),

    view: (id: RequestId) => view(deps, id),
    /** The requests whose swaps were replaced by this request's: theirs can't be undone any more, and fronts show it. */
    async replacedBy(id: RequestId): Promise<RequestId[]> {
      const run = await deps.store.runs.ofRequest(id);
      const swaps = run === undefined ? [] : await deps.store.swaps.replacedBy(run.id);
      return [...new Set(swaps.map(({ request }) => request))];
    },
    standings: () => standings(deps),
    listRequests: (filter: Parameters<RequestReads['list']>[0], page: Page) =>
      deps.store.requests.list(filter, page),
    listBackups: (filter: BackupFilter, page: Page) => listBackups(deps, filter, page),
    showBackup: (id: BackupId) => showBackup(deps, id),
    unreadable: (actor: Actor, backups: readonly Backup[]) => unreadable(deps, actor, backups),
    events: deps.store.events,
    note: (name: string) => deps.store.note(name),
    setNote: (name: string, value: unknown) => deps.store.setNote(name, value),
    lease: (name: string, seconds: number) => deps.store.lease(name, deps.worker, seconds),
    /** Does a front's round again and again until the signal, in one process among all. */
    lead: (leading: Leading, round: () => Promise<void>, signal: AbortSignal) =>
      lead(deps, leading, round, signal),

    /** Delivers a front's effects until the signal. */
    feed: (front: string, deliver: Deliver, signal: AbortSignal) => feed(deps, front, deliver, signal),
    /** Takes a run one slice further; what a worker does with a job. */
    advance: (job: Job, signal: AbortSignal) => advance(deps, job, signal),
    /** For the end of a process: gives up the runs that it still has. */
    handOn: () => handOn(deps),
    dispatch: (id: RequestId) => dispatch(deps, id),
    reconcile: () => reconcile(deps),
    reconcileForEver: (signal: AbortSignal) => reconcileForEver(deps, signal),
    scanForEver: (signal: AbortSignal) => scanForEver(deps, signal),
    /** What health is told by; `sends`: its queue is well when a canary of its own came round. */
    vitals: (options: { sends: boolean }) => {
      const canary = options.sends ? canaryOf(deps) : undefined;
      return { ...vitals(deps, canary), roundTripSeconds: () => canary?.roundTripSeconds() };
    },
    answerCanary: (id: string) => answerCanary(deps, id),
    figures: () => figures(deps),
    /** What `npx freshet check` looks at on this side. */
    probes: () => probes(deps),
    /** Scans one repository now. */
    async scanNow(name: string): Promise<number> {
      const repository = deps.repositories[name];
      return repository === undefined ? 0 : scan(deps, repository);
    },
  };
}
