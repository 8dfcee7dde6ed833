import type { Backup, BackupFilter } from '../domain/backup.ts';
import type { FreshetError } from '../domain/errors.ts';
import type { BackupId, RequestId } from '../domain/ids.ts';
import type { LinkableFront } from '../domain/link.ts';
import type { Actor, Front } from '../domain/person.ts';
import type { Job } from '../queue/queue.ts';
import type { Page, RequestReads } from '../store/store.ts';
import { advance, handOn } from './runs/advance.ts';
import { openOutlines } from './backups/outlines.ts';
import { answerCanary, canaryOf } from './health/canary.ts';
import { isProvable, listBackups, scan, showBackup, unreadable } from './backups/catalogue.ts';
import { acknowledge, decide, refuse, refuseStranger, type Decision } from './approvals/decisions.ts';
import type { Freshness, ServiceDeps } from './deps.ts';
import { delegate, delegationsNow, delegationsOf, endDelegation } from './people/deputies.ts';
import { dispatch } from './runs/dispatch.ts';
import { alertFront } from './front-alerts.ts';
import { feed, type Deliver } from './feed.ts';
import { figures } from './health/figures.ts';
import { keepBackups, keepBackupsForEver } from './keeping/keep.ts';
import { retentionOf } from './keeping/retention.ts';
import { lead, type Leading } from './lead.ts';
import { reconcile, reconcileForEver, scanForEver } from './upkeep/reconcile.ts';
import { accountsOf, endLink, heardPhrase, removeLink, startLink } from './people/links.ts';
import {
  assertHold,
  calendar,
  holdableFor,
  placeHold,
  releaseHold,
  type HoldWish,
} from './approvals/holds.ts';
import { previewUndo, type RefreshWish } from './asking/previews.ts';
import { previewProve, previewTake, type ProveWish, type TakeWish } from './asking/readings.ts';
import { cancel, requestProve, requestRefresh, requestTake, requestUndo, retry } from './asking/requests.ts';
import { settle } from './runs/settle.ts';
import { actorIn, openPeople, personOver, strict, withPeople } from './people/people.ts';
import { probes } from './health/probes.ts';
import { assessForEver } from './asking/assess.ts';
import { glancer } from './asking/glances.ts';
import { faultsOf, prospect } from './asking/prospect.ts';
import { planRefresh } from './asking/plan.ts';
import { align, environmentWith } from './asking/align.ts';
import { lastWish, suggestBackups, targetNamed, targetsFor } from './backups/suggest.ts';
import { addSchedule, type NewSchedule } from './schedules/add.ts';
import { approveSchedule, type StandingYes } from './schedules/approve.ts';
import {
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  runSchedule,
  skipSchedule,
} from './schedules/change.ts';
import { rejectSchedule } from './schedules/reject.ts';
import { listSchedules, showSchedule } from './schedules/views.ts';
import { received } from './backups/received.ts';
import { refuseAttempt, type Attempt } from './refusals.ts';
import { seal, sealForEver } from './audit/seal.ts';
import { standings } from './views/standings.ts';
import { tellOfTicket, type TicketNews } from './asking/tickets.ts';
import { view } from './views/view.ts';
import { vitals } from './health/vitals.ts';

/** The use cases, for commands and fronts. All checks of rights are made behind these, whatever the front. */
export type Service = ReturnType<typeof createService>;

export function createService(deps: ServiceDeps) {
  // Kept there, not in a copy: what is put into it later (who looks for tickets, a test's pace) must count as well.
  deps.people = openPeople(deps);
  const outlines = openOutlines(deps);
  deps.outlines = outlines;
  const glances = glancer(deps, outlines);
  /** Does something as somebody, with everybody's roles as they are now. */
  async function as<T>(
    actor: Actor,
    work: (deps: ServiceDeps, actor: Actor) => Promise<T>,
    freshness?: Freshness,
  ): Promise<T> {
    const now = await withPeople(deps, freshness);
    return work(now, actorIn(now.site, actor));
  }
  return {
    site: deps.site,
    /** Mirrors and the inbox are the fronts' own tables, kept in the one store. */
    mirrors: deps.store.mirrors,
    inbox: deps.store.inbox,
    viewers: deps.store.viewers,
    now: deps.now,

    /** Who has this id over a front, with the roles of now; undefined for whom the site does not know. */
    personOver: (front: 'slack' | 'jira', id: string) => personOver(deps, front, id),

    /** Accounts of theirs that people link themselves: a code that is written over the other front, then a yes of who asked. */
    accountsOf: (actor: Actor) => accountsOf(deps, actor),
    startLink: (actor: Actor, front: LinkableFront) => startLink(deps, actor, front),
    heardPhrase: (written: Parameters<typeof heardPhrase>[1]) => heardPhrase(deps, written),
    endLink: (actor: Actor, code: number, yes: boolean) => endLink(deps, actor, code, yes),
    removeLink: (actor: Actor, front: LinkableFront) => removeLink(deps, actor, front),
    /** The right to approve in the hands of another for a time. */
    delegationsOf: (actor: Actor) => delegationsOf(deps, actor),
    delegations: () => delegationsNow(deps),
    delegate: (actor: Actor, wish: Parameters<typeof delegate>[2]) =>
      as(actor, (now, who) => delegate(now, who, wish), strict),
    endDelegation: (actor: Actor) => endDelegation(deps, actor),
    linksAwaited: (front: LinkableFront) => deps.store.links.awaited(front, deps.now()),

    /** What a refresh would do, with what it costs others. */
    previewRefresh: (actor: Actor, wish: RefreshWish) =>
      as(actor, (now, who) => planRefresh(now, outlines, who, wish)),
    requestRefresh: (actor: Actor, wish: RefreshWish) =>
      as(actor, (now, who) => requestRefresh(now, who, wish)),
    /** What forms are made of: what somebody may ask for, what would fit, what it would mean, what speaks against it. */
    targetsFor: (actor: Actor) => targetsFor(deps, actor),
    targetNamed: (actor: Actor, name: string) => targetNamed(deps, actor, name),
    suggestBackups: (actor: Actor, what: Parameters<typeof suggestBackups>[2], limit: number) =>
      suggestBackups(deps, actor, what, limit),
    lastWish: (actor: Actor, environment?: string) => lastWish(deps, actor, environment),
    align: (actor: Actor, wish: Parameters<typeof align>[2]) =>
      as(actor, (now, who) => align(now, who, wish)),
    environmentWith: (actor: Actor, databases: readonly string[]) =>
      as(actor, async (now, who) => environmentWith(now, who, databases)),
    prospect: (actor: Actor, wish: RefreshWish) => as(actor, (now, who) => prospect(now, who, wish)),
    glances,
    faultsOf: (actor: Actor, wish: RefreshWish) => as(actor, (now, who) => faultsOf(now, who, wish)),
    previewUndo: (actor: Actor, what: Parameters<typeof previewUndo>[2]) =>
      as(actor, (now, who) => previewUndo(now, who, what)),
    requestUndo: (actor: Actor, what: Parameters<typeof previewUndo>[2], reason: string) =>
      as(actor, (now, who) => requestUndo(now, who, what, reason)),
    previewTake: (actor: Actor, wish: TakeWish) => as(actor, (now, who) => previewTake(now, who, wish)),
    requestTake: (actor: Actor, wish: TakeWish, reason: string) =>
      as(actor, (now, who) => requestTake(now, who, wish, reason)),
    previewProve: (actor: Actor, wish: ProveWish) => as(actor, (now, who) => previewProve(now, who, wish)),
    requestProve: (actor: Actor, wish: ProveWish, reason: string) =>
      as(actor, (now, who) => requestProve(now, who, wish, reason)),
    decide: (actor: Actor, decision: Decision) => as(actor, (now, who) => decide(now, who, decision), 'anew'),
    refuseStranger: (id: RequestId, front: Front, who: string) => refuseStranger(deps, id, front, who),
    refuse: (id: RequestId, front: Front, who: string, refusal: FreshetError) =>
      refuse(deps, id, front, who, refusal),
    /** Writes down what somebody tried and may not, that is of no request. */
    refuseAttempt: (attempt: Attempt, refusal: FreshetError) => refuseAttempt(deps, attempt, refusal),
    tellOfTicket: (id: RequestId, news: TicketNews) => tellOfTicket(deps, id, news),
    alertFront: (id: RequestId, front: Front, alert: Parameters<typeof alertFront>[3]) =>
      alertFront(deps, id, front, alert),
    cancel: (actor: Actor, id: RequestId) => as(actor, (now, who) => cancel(now, who, id)),
    retry: (actor: Actor, id: RequestId, changedHooks?: string) =>
      as(
        actor,
        (now, who) => retry(now, who, id, changedHooks),
        // To agree to what has changed is a decision.
        changedHooks === undefined ? undefined : 'anew',
      ),
    settle: (actor: Actor, id: RequestId, reason: string) =>
      as(actor, (now, who) => settle(now, who, id, reason)),
    /** Refuses what could not be held so. */
    holdableFor: (actor: Actor) => holdableFor(deps, actor),
    assertHold: (actor: Actor, wish: HoldWish) =>
      as(actor, async (now, who) => void assertHold(now, who, wish)),
    placeHold: (actor: Actor, wish: HoldWish) => as(actor, (now, who) => placeHold(now, who, wish)),
    releaseHold: (actor: Actor, what: Parameters<typeof releaseHold>[2]) =>
      as(actor, (now, who) => releaseHold(now, who, what)),
    /** Who holds what until when, and what is frozen. */
    calendar: (environment?: string) => calendar(deps, environment),
    acknowledge: (actor: Actor, id: RequestId) => as(actor, (now, who) => acknowledge(now, who, id)),

    listSchedules: async () => listSchedules(await withPeople(deps)),
    showSchedule: async (name: string) => showSchedule(await withPeople(deps), name),
    addSchedule: (actor: Actor, wanted: NewSchedule) =>
      as(actor, (now, who) => addSchedule(now, who, wanted)),
    approveSchedule: (actor: Actor, yes: StandingYes) =>
      as(actor, (now, who) => approveSchedule(now, who, yes), 'anew'),
    rejectSchedule: (actor: Actor, name: string, reason: string) =>
      as(actor, (now, who) => rejectSchedule(now, who, name, reason), 'anew'),
    pauseSchedule: (actor: Actor, name: string) => as(actor, (now, who) => pauseSchedule(now, who, name)),
    resumeSchedule: (actor: Actor, name: string) => as(actor, (now, who) => resumeSchedule(now, who, name)),
    skipSchedule: (actor: Actor, name: string) => as(actor, (now, who) => skipSchedule(now, who, name)),
    removeSchedule: (actor: Actor, name: string) => as(actor, (now, who) => removeSchedule(now, who, name)),
    runSchedule: (actor: Actor, name: string) => as(actor, (now, who) => runSchedule(now, who, name)),

    view: async (id: RequestId) => view(await withPeople(deps), id),
    /** The requests whose swaps were replaced, or made live again, by this request's: what of theirs can be undone is otherwise now, and fronts show it. */
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
    received: (id: BackupId, limit: number) => received(deps, id, limit),
    isProvable: (actor: Actor, backup: Backup) => isProvable(deps, actor, backup),
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
    /** Until the signal: looks at what requests cost others, before people decide on them. */
    assessForEver: (signal: AbortSignal) => assessForEver(deps, outlines, signal),
    reconcile: () => reconcile(deps),
    reconcileForEver: (signal: AbortSignal) => reconcileForEver(deps, signal),
    sealForEver: (signal: AbortSignal) => sealForEver(deps, signal),
    /** Seals what there is now; returns how many events. */
    seal: () => seal(deps),
    scanForEver: (signal: AbortSignal) => scanForEver(deps, signal),
    /** What the retention of one repository, or of each, would remove now, and what stays and why. */
    retentionOf: (name?: string) => retentionOf(deps, name),
    /** Until the signal: has backups proven, and removes what its repository's retention does not hold, as the site file says. */
    keepBackupsForEver: (signal: AbortSignal) => keepBackupsForEver(deps, signal),
    keepBackups: () => keepBackups(deps),
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
