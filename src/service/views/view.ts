import type { Approval } from '../../domain/approval.ts';
import type { Hindrance } from '../../domain/calendar/hindrances.ts';
import type { Backup, Contents } from '../../domain/backup.ts';
import type { Event } from '../../domain/event.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { Impact } from '../../domain/impact.ts';
import { environmentNamed } from '../../domain/lookup.ts';
import type { Person } from '../../domain/person.ts';
import { approvalStanding, type ApprovalStanding } from '../../domain/policy/stages.ts';
import { targetsOf, type Request, type RequestState } from '../../domain/request.ts';
import type { Progress, Run, Swap } from '../../domain/run.ts';
import { personOf, type EnvironmentSite } from '../../domain/site.ts';
import { startText } from '../../domain/start.ts';
import { ticketUrl } from '../../domain/ticket.ts';
import { approversFor } from '../../domain/access.ts';
import { deputiesOf } from '../people/deputies.ts';
import type { ServiceDeps } from '../deps.ts';
import { foresee, type Foreseen } from '../runs/foresee.ts';
import { known } from '../known.ts';
import { whyWait } from '../runs/waits.ts';

/** What a request costs others, as it was looked at; `names` of the people in it, by their ids. */
export type SeenImpact = { at: Date; items: readonly Impact[]; names: Readonly<Record<string, string>> };

/** Everything that a card, an issue or a page shows of a request. */
export type RequestView = {
  request: Request;
  environment: EnvironmentSite;
  requester: Person | undefined;
  /** By database; what went live already, as it was when it was restored. */
  backups: Readonly<Record<string, Backup>>;
  approvals: readonly Approval[];
  /** How far its approval is. */
  approval: ApprovalStanding;
  /** Who could decide: now while it waits, and else in any of its stages. */
  approvers: readonly Person[];
  run?: Run;
  progress?: Progress;
  swaps: readonly Swap[];
  /** What of the calendar it waits for while it is approved, or would wait for after that. */
  waits: readonly Hindrance[];
  /** That it swaps within a freeze window, by when it starts or started; before that is known nothing. */
  foreseen?: Foreseen;
  /** While it is approved: whose run has one of its targets now. */
  behind?: RequestId;
  /** Oldest first. */
  events: readonly Event[];
  /** What it costs others, as it was looked at last. */
  impact?: SeenImpact;
  /** What it is for. */
  ticket?: { key: string; url: string };
};

/**
 * When a request may start, in the zone of its environment: `24 Nov 2026, 22:00 (Europe/Berlin)`, with `, within 22:00-05:00` where that
 * has an end; undefined where it said none.
 */
export function startOf({
  request,
  environment,
}: Pick<RequestView, 'request' | 'environment'>): string | undefined {
  return startShown(request, environment);
}

/** The same of what is not asked for yet. */
export function startShown(
  { startAt, startWithin }: Pick<Request, 'startAt' | 'startWithin'>,
  { timeZone }: Pick<EnvironmentSite, 'timeZone'>,
): string | undefined {
  if (startAt === undefined)
    return startWithin === undefined ? undefined : `within ${startWithin} (${timeZone})`;
  const from = startText(startAt, timeZone);
  return startWithin === undefined ? from : `${from}, within ${startWithin}`;
}

const open: readonly RequestState[] = ['pending', 'approved'];

export async function view(deps: ServiceDeps, id: RequestId): Promise<RequestView> {
  const request = await known(deps.store.requests.get(id), id);
  const { ticket } = request;
  const environment = environmentNamed(deps.site, request.environment);
  const [approvals, run, events] = await Promise.all([
    deps.store.approvals.of(id),
    deps.store.runs.ofRequest(id),
    deps.store.events.ofRequest(id),
  ]);
  const swaps = run === undefined ? [] : await deps.store.swaps.ofRun(run.id);
  const backups: Record<string, Backup> = {};
  for (const item of request.items) {
    const backup = item.backup === undefined ? undefined : await deps.store.backups.get(item.backup.id);
    const brought = swaps.find(({ database }) => database === item.database)?.contents;
    if (backup !== undefined)
      backups[item.database] = brought === undefined ? backup : asRestored(backup, brought);
  }
  const behind = request.state === 'approved' ? await deps.store.runs.holder(targetsOf(request)) : undefined;
  const progress = run === undefined ? undefined : await deps.store.runs.progress(run.id);
  const startsAt = startKnown(request, run);
  const foreseen =
    startsAt && (await foresee(deps, environment, { kind: request.kind, items: request.items, startsAt }));
  const approval = approvalStanding(deps.site, request, approvals, await deputiesOf(deps, request));
  return {
    request,
    environment,
    requester: deps.site.people[request.requestedBy],
    backups,
    approvals,
    approval,
    approvers:
      request.state === 'pending'
        ? (approval.open?.deciders ?? [])
        : approversFor(deps.site, environment, request.requestedBy, request.terms.stages),
    waits: open.includes(request.state) ? await whyWait(deps, request) : [],
    ...(run === undefined ? {} : { run }),
    ...(progress === undefined ? {} : { progress }),
    ...(foreseen === undefined ? {} : { foreseen }),
    swaps,
    ...(behind === undefined ? {} : { behind }),
    events,
    ...impactOf(deps, events),
    ...(ticket === undefined ? {} : { ticket: { key: ticket, url: ticketUrl(deps.site, ticket) } }),
  };
}

function impactOf({ site }: ServiceDeps, events: readonly Event[]): Pick<RequestView, 'impact'> {
  const seen = events.findLast(({ type }) => type === 'impact-seen');
  if (seen?.type !== 'impact-seen') return {};
  const { at, items } = seen;
  const ids = items.flatMap(({ last }) => last?.by ?? []);
  const names = Object.fromEntries(ids.map((id) => [id, personOf(site, id)?.name ?? id]));
  return { impact: { at, items, names } };
}

/** What was restored may lie there no more: its file was replaced. */
function asRestored({ dataAt: _dataAt, ...backup }: Backup, brought: Contents): Backup {
  return {
    ...backup,
    ...brought,
    takenAt: brought.takenAt ?? backup.takenAt,
    dataAtOrigin: brought.dataAt === undefined ? 'unknown' : backup.dataAtOrigin,
  };
}

/** When it starts, or started where it has not come to its swap: moments that stay, so that what is shown stays. */
function startKnown(request: Request, run: Run | undefined): Date | undefined {
  if (open.includes(request.state)) return request.startAt;
  return request.state === 'running' && run?.barrierAt === undefined ? run?.startedAt : undefined;
}
