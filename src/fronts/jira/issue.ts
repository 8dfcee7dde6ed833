import { z } from 'zod';
import type { Request } from '../../domain/request.ts';
import { RetryAfter } from '../../service/feed.ts';
import type { RequestView } from '../../service/views/view.ts';
import { JiraFault, type Mark, type Edit, type IssueRef, type IssueState } from './api.ts';
import type { Context } from './deps.ts';
import { descriptionOf, summaryOf } from './description.ts';
import { fieldsOfNew, transitionFields } from './fields.ts';
import type { Ref } from './mirror.ts';
import { paragraph } from './text.ts';

/** Every issue of ours carries it; the poller finds them by it. */
export const label = 'freshet';

/** Kept from before a create until its issue is known: the process may die in between. */
const attemptSchema = z.object({ trustedFrom: z.iso.datetime() });

/**
 * The request's issue; created where there is none. Before a create is repeated whose outcome is not known, the issue is
 * searched for, late enough for the index to show it.
 */
export async function ensureIssue(context: Context, view: RequestView): Promise<Ref> {
  const { mirror, pace, service } = context;
  const { request } = view;
  const kept = await mirror.of(request.id);
  if (kept !== undefined) return kept;
  const lease = `jira create ${request.id}`;
  // Longer than a search and a create can take.
  if (!(await service.lease(lease, 3 * pace.callSeconds))) {
    throw new RetryAfter(2, `Another process creates the issue of ${request.id}.`);
  }
  try {
    // It may have been made while the lease was waited for.
    return (await mirror.of(request.id)) ?? (await findOrCreate(context, view));
  } finally {
    await service.lease(lease, 0);
  }
}

async function findOrCreate(context: Context, view: RequestView): Promise<Ref> {
  const { service, pace } = context;
  const { request } = view;
  const note = `jira create ${request.id}`;
  const attempt = attemptSchema.safeParse(await service.note(note));
  if (attempt.success) {
    const waitMs = new Date(attempt.data.trustedFrom).getTime() - service.now().getTime();
    const found = await findOwn(context, request);
    if (found !== undefined) return adopt(context, view, found);
    if (waitMs > 0) {
      throw new RetryAfter(
        waitMs / 1000,
        `Whether ${request.id} has an issue is known when Jira has indexed it.`,
      );
    }
  }
  const fields = await fieldsOfNew(context, view);
  const trustedIn = (seconds: number) => ({
    trustedFrom: new Date(service.now().getTime() + seconds * 1000).toISOString(),
  });
  await service.setNote(note, trustedIn(pace.callSeconds + pace.settleSeconds));
  const cardUrl = await context.cardUrl(request.id);
  let made: IssueRef;
  try {
    made = await context.api.create({
      summary: summaryOf(view),
      description: descriptionOf(view, cardUrl, undefined, context.site.jira.statuses.stages),
      labels: [...new Set([label, labelOf(request), ...context.site.jira.issue.labels])],
      mark: markOf(context, request),
      fields,
    });
  } catch (error) {
    if (error instanceof JiraFault && error.ambiguous) {
      await service.setNote(note, trustedIn(pace.settleSeconds));
      throw new RetryAfter(
        pace.settleSeconds,
        `${error.message}; the issue is searched for before it is created again.`,
      );
    }
    await service.setNote(note, {});
    throw error;
  }
  const other = await context.mirror.of(request.id);
  if (other !== undefined) {
    await retire(context, made, other);
    return other;
  }
  return keep(context, view, made, request.digest, cardUrl);
}

async function findOwn(
  context: Context,
  request: Request,
): Promise<(IssueRef & { digest: string }) | undefined> {
  return (await context.api.findOwn(labelOf(request), markOf(context, request)))[0];
}

async function adopt(
  context: Context,
  view: RequestView,
  found: IssueRef & { digest: string },
): Promise<Ref> {
  context.log.info({ request: view.request.id, issue: found.key }, 'the issue was there already');
  return keep(context, view, found, found.digest, undefined);
}

async function keep(
  context: Context,
  { request }: RequestView,
  { id, key }: IssueRef,
  digest: string,
  cardUrl: string | undefined,
): Promise<Ref> {
  const ref: Ref = {
    id,
    key,
    url: `${context.baseUrl}/browse/${key}`,
    applied: 0,
    shown: [{ digest, after: 0 }],
    ...(cardUrl === undefined ? {} : { cardUrl }),
  };
  await context.mirror.add(request.id, ref);
  return ref;
}

/** Two processes made one each, because the first was frozen for longer than its lease: the later one goes. */
async function retire(context: Context, made: IssueRef, other: Ref): Promise<void> {
  const { api, site, log } = context;
  log.warn(
    { issue: made.key, instead: other.key },
    'a second issue was made for the same request; it is closed',
  );
  await api.comment(made.id, 0, [
    paragraph('Made twice by mistake; the request goes on in ', { link: other.url, text: other.key }, '.'),
  ]);
  const transition = (await api.transitions(made.id)).find(
    (each) => each.to === site.jira.statuses.cancelled,
  );
  if (transition === undefined) return;
  const { values } = transitionFields(context, transition);
  await api.move(made.id, transition.id, values);
}

/**
 * The edit that summary and description come from, up to and with the entry `upTo` of the changelog: undefined when they are
 * the bot's own, which always writes both.
 */
export function foreignEdit({ site }: Context, issue: IssueState, upTo = Infinity): Edit | undefined {
  const last = issue.edits.findLast((edit) => edit.id <= upTo);
  return last?.accountId === site.jira.accountId ? undefined : last;
}

/**
 * Brings summary and description to what the request is now: a link to the card once there is one, what an approval
 * is bound to when that has changed, how far it is or what it costs others when that was told (`again`), and the bot's own words where `issue` shows that somebody else's
 * stand there. What was shown before which entry of the changelog is remembered.
 */
export async function describe(
  context: Context,
  view: RequestView,
  ref: Ref,
  issue?: IssueState,
  again = false,
): Promise<void> {
  const { api, mirror, site } = context;
  const { request } = view;
  const cardUrl = await context.cardUrl(request.id);
  const showsCard = cardUrl === undefined || cardUrl === ref.cardUrl;
  const last = ref.shown.at(-1)!;
  const foreign = issue && foreignEdit(context, issue);
  if (showsCard && last.digest === request.digest && foreign === undefined && !again) return;
  // The time makes it differ from whatever stands there: what changes nothing leaves no entry in the changelog to know it by.
  const restored = foreign && { editedBy: foreign.name, at: context.service.now() };
  await api.describe(
    ref.id,
    summaryOf(view),
    descriptionOf(view, cardUrl ?? ref.cardUrl, restored, site.jira.statuses.stages),
  );
  const card = cardUrl === undefined ? {} : { cardUrl };
  if (last.digest === request.digest) {
    await mirror.change(request.id, card);
    return;
  }
  const { edits } = await api.read(ref.id);
  const edit = edits.findLast((each) => each.accountId === site.jira.accountId && each.id > last.after);
  if (edit === undefined) throw new RetryAfter(1, 'Jira does not show the new description yet.');
  await mirror.change(request.id, {
    ...card,
    shown: [...ref.shown, { digest: request.digest, after: edit.id }],
  });
}

function labelOf(request: Request): string {
  return `${label}-${request.id}`;
}

/** Two installations may share a project, and a new one counts its requests from one again. */
function markOf({ site }: Context, request: Request): Mark {
  return {
    site: site.name,
    request: request.id,
    createdAt: request.createdAt.toISOString(),
    digest: request.digest,
  };
}
