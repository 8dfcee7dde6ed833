import { conflict, forbidden, isFreshetError } from '../../domain/errors.ts';
import { stagePassed } from '../../domain/deciding.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { Person } from '../../domain/person.ts';
import type { RequestView } from '../../service/views/view.ts';
import { JiraFault, type Edit, type IssueState, type Remark, type StatusEntry } from './api.ts';
import { standingOf, type Context } from './deps.ts';
import { foreignEdit } from './issue.ts';
import type { Ref } from './mirror.ts';
import { agrees, meant, takesBack } from './statuses.ts';
import { line } from './text.ts';

/**
 * Applies what people did to the issue since the last time, each entry once and in order: decisions where they are
 * allowed, refusals that are recorded where they are not. Answers how many of them led to something.
 */
export async function applyEntries(context: Context, request: RequestId, issue: IssueState): Promise<number> {
  const remarks = await remarksOn(context, request, issue);
  return context.mirror.alone(request, async (ref, keep) => {
    if (ref === undefined) return 0;
    const fresh = issue.entries.filter((entry) => entry.id > ref.applied);
    let acted = 0;
    for (const [index, entry] of fresh.entries()) {
      const later = fresh.slice(index + 1);
      // The transition's own screen may have changed the words as well.
      const edit = foreignEdit(context, issue, entry.id);
      if (await applyOne(context, request, ref, { entry, later, edit, remarks })) acted++;
      // Written after each: an entry that is seen again after a crash finds the request where it took it.
      await keep({ applied: entry.id });
    }
    return acted;
  });
}

type Move = {
  entry: StatusEntry;
  later: readonly StatusEntry[];
  edit: Edit | undefined;
  remarks: readonly Remark[];
};

async function applyOne(
  context: Context,
  request: RequestId,
  ref: Ref,
  { entry, later, edit, remarks }: Move,
): Promise<boolean> {
  const { service, site } = context;
  const { statuses, accountId } = site.jira;
  if (entry.accountId === accountId) return false;
  const view = await service.view(request);
  const standing = standingOf(view);
  if (agrees(statuses, standing, entry.to)) return false;
  const person = await authorOf(context, entry);
  if (person === undefined) {
    await service.refuseStranger(
      request,
      'jira',
      entry.name === '' ? 'Somebody whom Jira does not name' : entry.name,
    );
    return true;
  }
  const actor = { person, front: 'jira' as const };
  const refusing = (work: () => Promise<unknown>, recorded: boolean) =>
    refusalsRecorded(context, request, person, recorded, work);

  const { word, stage } = meant(statuses, standing, entry) ?? {};
  if (word === 'approved') {
    // An approval that was moved back before it was seen is none any more, whoever moved it: in doubt the answer is no.
    const takenBack = later.find(
      (each) => each.accountId !== accountId && takesBack(statuses, entry.from, each.to),
    );
    if (takenBack !== undefined) {
      await refusing(() => Promise.reject(withdrawn(request, person, takenBack)), false);
      return true;
    }
    if (edit !== undefined) {
      await refusing(() => Promise.reject(descriptionChanged(request, ref, person, edit)), false);
      return true;
    }
    // Seen again after a crash: this very move counts already. A later one of the same person is refused as a second yes.
    if (counted(view, person, entry)) return true;
    const digest = ref.shown.findLast((shown) => shown.after < entry.id)?.digest;
    await refusing(
      () =>
        service.decide(actor, {
          request,
          decision: 'approved',
          ...(digest === undefined ? {} : { digest }),
          ...(stage === undefined ? {} : { stage }),
        }),
      true,
    );
  } else if (word === 'rejected') {
    const reason = reasonFor(entry, remarks);
    await refusing(
      () =>
        service.decide(actor, { request, decision: 'rejected', ...(reason === undefined ? {} : { reason }) }),
      true,
    );
  } else if (word === 'cancelled') {
    await refusing(() => service.cancel(actor, request), false);
  } else if (word === 'passed' && stage !== undefined) {
    await refusing(() => Promise.reject(stagePassed(request, stage, person, standing.open)), false);
  } else {
    await refusing(() => Promise.reject(byHand(request, ref, person, entry)), false);
  }
  return true;
}

/** Whether a yes of this person, given after the move, counts while the request still waits for others. */
function counted(view: RequestView, person: Person, entry: StatusEntry): boolean {
  return view.approvals.some(
    ({ decision, by, front, voidedAt, at }) =>
      decision === 'approved' &&
      by === person.id &&
      front === 'jira' &&
      voidedAt === undefined &&
      at >= entry.at,
  );
}

/** How far a comment may be from the move that it is made with: Jira's own dialog stores both within a second. */
const beforeMs = 60_000;
const afterMs = 60_000;

/** What was said around the rejections that are still to be applied. Jira is asked before the request is held. */
async function remarksOn(
  { api, mirror, site, log }: Context,
  request: RequestId,
  issue: IssueState,
): Promise<readonly Remark[]> {
  const applied = (await mirror.of(request))?.applied ?? 0;
  const first = issue.entries.find(
    (entry) =>
      entry.id > applied &&
      entry.to === site.jira.statuses.rejected &&
      entry.accountId !== site.jira.accountId,
  );
  if (first === undefined) return [];
  try {
    return await api.remarks(issue.id, new Date(first.at.getTime() - beforeMs));
  } catch (error) {
    if (!(error instanceof JiraFault) || !error.refused) throw error;
    // A no counts without its reason.
    log.warn({ err: error, request }, 'the comments could not be read; the rejection has no reason');
    return [];
  }
}

/** The comment of the same person that is nearest to the move, as one line. */
export function reasonFor(entry: StatusEntry, remarks: readonly Remark[]): string | undefined {
  const near = remarks
    .map((remark) => ({ ...remark, after: remark.at.getTime() - entry.at.getTime() }))
    .filter(({ accountId, after }) => accountId === entry.accountId && after >= -beforeMs && after <= afterMs)
    .toSorted((a, b) => Math.abs(a.after) - Math.abs(b.after));
  const text = line(near[0]?.text ?? '', 1000);
  return text === '' ? undefined : text;
}

/** Undefined for everybody whose word does not count: apps, accounts that the site does not know, nobody at all. */
async function authorOf({ service }: Context, entry: StatusEntry): Promise<Person | undefined> {
  const { accountId, app } = entry;
  return accountId === undefined || app ? undefined : service.personOver('jira', accountId);
}

function withdrawn(request: RequestId, person: Person, later: StatusEntry) {
  return conflict(
    'approval-withdrawn',
    `${person.name} approved ${request} in Jira, and it was moved to "${later.toName}" before that took effect.`,
    'Approve it again if it was meant.',
    { request },
  );
}

/** The approver read somebody else's words: what was approved is not what would be done. */
export function descriptionChanged(request: RequestId, ref: Ref, person: Person, edit: Edit) {
  const who = edit.name === '' ? 'somebody whom Jira does not name' : edit.name;
  return conflict(
    'description-changed',
    `${person.name} approved ${ref.key} after ${who} had edited its summary or description, so it did not show what would be done. It is described anew: read it, and approve it again if that is meant.`,
    '',
    { request },
  );
}

function byHand(request: RequestId, ref: Ref, person: Person, entry: StatusEntry) {
  return forbidden(
    'jira-status-by-hand',
    `${person.name} moved ${ref.key} to "${entry.toName}"; only Freshet moves it there, when it is so.`,
    'To decide, move it to an approved status, to the rejected or to the cancelled one.',
    { request },
  );
}

/** Refusals are no errors here: the front says so and puts the issue back. `recorded`: the service has done that part. */
export async function refusalsRecorded(
  { service }: Context,
  request: RequestId,
  person: Person,
  recorded: boolean,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isFreshetError(error) || error.kind === 'Unavailable') throw error;
    if (recorded && (error.kind === 'Forbidden' || error.kind === 'Conflict')) return;
    await service.refuse(request, 'jira', person.name, error);
  }
}
