import { notFound } from '../../domain/errors.ts';
import type { Event } from '../../domain/event.ts';
import type { RequestId } from '../../domain/ids.ts';
import { GivenUp, RetryAfter, pause, type Deliver } from '../../service/feed.ts';
import { JiraFault } from './api.ts';
import { commentOn, headComment } from './comments.ts';
import type { Context } from './deps.ts';
import { describe, ensureIssue } from './issue.ts';
import { bring } from './move.ts';
import { sentence } from './text.ts';
import { tellTicket } from './tickets.ts';

type Effect = Parameters<Deliver>[0];

/** After so many refusals the operators are told; Freshet goes on trying. */
const alertAttempt = 3;
/** After so many an issue that Jira does not find is taken for deleted. */
const lastAttempt = 15;
/** An effect is leased for a minute: what would end later belongs to the next attempt. */
const longestSeconds = 40;
/** How long no card is waited for after one did not come. */
const cardAwaySeconds = 60;
/** How far the clocks of Jira and of the store may differ. */
const clockSeconds = 600;

/**
 * Tells the request's issue of an event: the issue is created where there is none, described as the request is now, commented once, and moved to where
 * the request stands now, which may be further on than the event.
 */
export function deliverer(context: Context): Deliver {
  const card = cardWaiter(context);
  return async (effect, event) => {
    try {
      if (event.type === 'head-announced') await tellHead(context, effect, event);
      else await tell(context, effect, event, card);
    } catch (error) {
      if (error instanceof JiraFault) await lasting(context, effect, event, error);
      throw error;
    }
  };
}

async function tell(
  context: Context,
  effect: Effect,
  event: Event,
  cardOf: ReturnType<typeof cardWaiter>,
): Promise<void> {
  const { api, service, mirror, site } = context;
  if (event.request === undefined) return;
  const until = Date.now() + longestSeconds * 1000;
  const view = await service.view(event.request);
  const ref = await ensureIssue(context, view);
  if (event.type === 'request-created' && ref.cardUrl === undefined) await cardOf(event.request);
  const changed = event.type === 'decision-refused' && event.code === 'description-changed';
  const again = event.type === 'approval-given' || event.type === 'impact-seen';
  await describe(context, view, ref, changed ? await api.read(ref.id) : undefined, again);
  const comment = commentOn(view, event, site.people);
  if (comment !== undefined) {
    const since = new Date(event.at.getTime() - clockSeconds * 1000);
    if (Date.now() > until) throw new RetryAfter(0, 'Jira is slow; the rest is told in a new attempt.');
    // An earlier attempt may have got through without our hearing of it.
    const told = effect.attempts > 1 && (await api.hasComment(ref.id, event.id, since));
    if (!told) await api.comment(ref.id, event.id, comment);
  }
  await bring(context, event.request, (await mirror.of(event.request)) ?? ref);
  // Last: nothing else waits for it.
  await tellTicket(context, event, view, (await mirror.of(event.request)) ?? ref, {
    again: effect.attempts > 1,
    since: new Date(event.at.getTime() - clockSeconds * 1000),
  });
}

/** The newest seal, as a comment on the issue that the site file names. */
async function tellHead(
  { api, site: { audit } }: Context,
  effect: Effect,
  event: Extract<Event, { type: 'head-announced' }>,
): Promise<void> {
  // It is told of elsewhere by now.
  if (audit.post !== 'jira') return;
  const since = new Date(event.at.getTime() - clockSeconds * 1000);
  const told = effect.attempts > 1 && (await api.hasComment(audit.issue, event.id, since));
  if (!told) await api.comment(audit.issue, event.id, headComment(event));
}

/**
 * Card and issue come into being at the same time, and each shows the other: waits for the card, for a moment. Where one did
 * not come, Slack is away, and for a while no other is waited for; the links are added when there are cards.
 */
function cardWaiter(context: Context) {
  let awayUntil = 0;
  return async function wait(request: RequestId): Promise<void> {
    if (Date.now() < awayUntil) return;
    for (let waited = 0; waited < context.pace.cardSeconds; waited += 0.1) {
      if ((await context.cardUrl(request)) !== undefined) return;
      await pause(0.1, new AbortController().signal);
    }
    awayUntil = Date.now() + cardAwaySeconds * 1000;
  };
}

async function lasting(context: Context, effect: Effect, event: Event, fault: JiraFault): Promise<void> {
  if (!fault.refused || event.request === undefined) return;
  if (fault.status === 404 && effect.attempts >= lastAttempt) {
    throw new GivenUp(
      notFound(
        'jira-issue-gone',
        `The issue of ${event.request} is not there any more: ${fault.message}`,
        '',
        { request: event.request },
      ),
    );
  }
  if (effect.attempts === alertAttempt && event.type !== 'front-alert') {
    await context.service.alertFront(event.request, 'jira', {
      code: 'jira-refuses',
      cause: sentence(`Jira does not take what it is told of ${event.request}. ${fault.message}`),
      hint: 'npx freshet check looks at the token, the permissions and the project. It is tried again until it succeeds.',
    });
  }
}
