import { isAsking } from '../../../domain/calendar/hindrances.ts';
import { hookFailureText } from '../../../domain/hook.ts';
import type { Person } from '../../../domain/person.ts';
import { isSingle } from '../../../domain/policy/stages.ts';
import { standingText } from '../../../domain/policy/words.ts';
import { alertButtons, hookButtons, sinceThen, touchedText, type HookFailed } from '../messages/alert.ts';
import { actions, context, named, section, sections, type Block } from '../messages/blocks.ts';
import { decisionButtons, holderButtons } from '../messages/buttons.ts';
import { lossSections } from '../messages/impact.ts';
import { itemLines } from '../messages/items.ts';
import { code, cutText, mrkdwn, moment, type Markup } from '../messages/markup.ts';
import { taskText } from '../messages/kind-words.ts';
import { dotted, fenceText, stepTitle, who } from '../messages/wording.ts';
import type { RequestView } from '../../../service/views/view.ts';
import { linksTo, type Linked, type People } from './links.ts';
import type { Alert } from './unattended.ts';

/**
 * A request that waits for the person: what it would overwrite and what nobody gets back, who asks and why, and the buttons of its card,
 * or a holder's where it is approved.
 */
export function waitingPart({ view, links }: Linked, people: People, person: Pick<Person, 'id'>): Block[] {
  const { request } = view;
  const approved = request.state === 'approved';
  const holds = view.waits.some((wait) => isAsking(wait) && wait.hold.by === person.id);
  return [
    section(mrkdwn`:hourglass_flowing_sand: *${request.id}* · ${taskText(request)}`),
    ...sections(itemLines(view)),
    ...sections(lossSections(view)),
    context(
      dotted(
        mrkdwn`Asked by ${who({ people }, request.requestedBy)}, ${moment(request.createdAt)}`,
        approved
          ? mrkdwn`approved; you hold ${cutText(request.environment, 60)}, and until your yes it waits`
          : mrkdwn`until ${moment(request.expiresAt)}`,
        ...linksTo(links),
      ),
      approved || isSingle(request.terms.stages)
        ? undefined
        : mrkdwn`Approval: ${cutText(standingText(view.approval), 400)}`,
      !approved && holds
        ? mrkdwn`You hold ${cutText(request.environment, 60)}: your yes lets it pass your hold as well.`
        : undefined,
      request.reason === '' ? undefined : mrkdwn`“${cutText(request.reason, 300)}”`,
    ),
    named(`waiting ${request.id}`, actions(...(approved ? holderButtons(view) : decisionButtons(view)))),
  ].filter((block) => block !== undefined);
}

/** A failure that nobody has dealt with: what, where, and whether the target was touched. */
export function alertPart({ view, failure, links }: Alert, people: People): Block[] {
  const { request } = view;
  if (failure.type === 'hook-failed')
    return hookPart(view, failure, dotted(moment(failure.at), ...linksTo(links)));
  const fenced = request.state === 'fenced';
  const headline = fenced && failure.type === 'run-fenced' ? fenceText(failure).headline : 'failed';
  return [
    section(
      mrkdwn`${{ markup: fenced ? ':rotating_light:' : ':x:' }} *${request.id}* ${headline} · ${taskText(request)}\n${cutText(failure.cause, 300)} *${touchedText(view, failure)}*`,
    ),
    context(
      dotted(
        failure.host === undefined ? undefined : mrkdwn`Host ${code(failure.host)}`,
        failure.step === undefined ? undefined : mrkdwn`Step "${stepTitle(view, failure.step)}"`,
        moment(failure.at),
        ...linksTo(links),
      ),
      sinceThen(view, failure, { people }),
    ),
    named(`alert ${request.id}`, alertButtons(view, failure)),
  ].filter((block) => block !== undefined);
}

/** A hook that failed behind swaps that stand. */
function hookPart(view: RequestView, failure: HookFailed, facts: Markup): Block[] {
  const { request } = view;
  return [
    section(
      mrkdwn`:warning: *${request.id}* is in place, and a hook failed · ${taskText(request)}\n${cutText(hookFailureText(failure), 400)} *What was swapped stays in place.*`,
    ),
    context(facts),
    named(`alert ${request.id}`, hookButtons(view, failure)),
  ].filter((block) => block !== undefined);
}
