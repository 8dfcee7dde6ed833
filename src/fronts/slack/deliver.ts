import { notFound } from '../../domain/errors.ts';
import type { Event } from '../../domain/event.ts';
import type { RequestId } from '../../domain/ids.ts';
import { GivenUp, type Deliver, type Effect } from '../../service/feed.ts';
import { refusalCode } from './connection/clients.ts';
import { personOf } from '../../domain/site.ts';
import { toldPerson } from '../../service/effects.ts';
import type { Cards } from './cards.ts';
import { surroundingsOf, type Front } from './deps.ts';
import type { Message } from './messages/blocks.ts';
import { holdNotice, personMessage } from './messages/calendar.ts';
import { directMessage } from './messages/direct.ts';
import { delegationMessage } from './messages/delegations.ts';
import { linkMessage } from './messages/links.ts';
import { isOfSchedule, scheduleNotice } from './messages/schedule-notices.ts';
import { post } from './posting.ts';
import { threadMessage } from './messages/thread.ts';

/** Tells the channel, the requester, the owner of a schedule and single people of an event. */
export function deliverTo(front: Front, cards: Cards): Deliver {
  const { service, log, clients } = front;

  return async (effect, event) => {
    if (effect.kind === 'personal') return ofNoRequest(event);
    const person = toldPerson(effect);
    if (person !== undefined) return personal(person, effect, event);
    if (effect.kind === 'notice') return notice(effect, event);
    if (effect.kind === 'owner') return owner(effect, event);
    const request = requestOf(effect);
    if (effect.kind === 'card') await card(request, effect, event);
    else if (effect.kind === 'thread') await thread(request, effect, event);
    else if (effect.kind === 'direct') await direct(request, effect, event);
    else log.error({ effect: effect.id, kind: effect.kind }, 'the Slack front knows no such effect');
  };

  /** Of no request: told to whose link or right it is. */
  async function ofNoRequest(event: Event): Promise<void> {
    const id = 'to' in event ? event.to : event.actor;
    const to = id === undefined ? undefined : front.site.people[id]?.slackUserId;
    const message = ofNobodysRequest(event);
    if (to === undefined || message === undefined) return;
    const mark = { type: 'freshet_event', payload: { event: event.id } } as const;
    await post(clients.replies, log, { channel: to, message, mark });
  }

  function ofNobodysRequest(event: Event) {
    return linkMessage(event) ?? delegationMessage(event, { people: front.site.people });
  }

  async function card(request: RequestId, effect: Effect, event: Event): Promise<void> {
    await cards.bring(request, clients.cards, lookSince(effect));
    if (event.type !== 'run-succeeded') return;
    // What was swapped before can't be undone any more: cards offer only what can be done.
    for (const earlier of await service.replacedBy(request)) await replaced(earlier);
  }

  /** A card of long ago may be gone, or be nobody's to edit any more: that keeps nothing of the newer request back. */
  async function replaced(earlier: RequestId): Promise<void> {
    await cards.inTurn(earlier, async () => {
      const ref = await cards.refOf(earlier);
      if (ref === undefined) return;
      const { message, linked } = await cards.render(earlier);
      try {
        await cards.change(earlier, clients.cards, ref, message, linked);
      } catch (error) {
        const code = refusalCode(error);
        if (code === undefined) throw error;
        log.warn(
          { err: error, request: earlier, code },
          'the card of a replaced refresh could not be edited',
        );
      }
    });
  }

  async function thread(request: RequestId, effect: Effect, event: Event): Promise<void> {
    const message = threadMessage(await service.view(request), event, await surroundingsOf(front, request));
    if (message === undefined) return;
    const card =
      (await cards.refOf(request)) ?? (await cards.bring(request, clients.cards, effect.createdAt));
    const since = lookSince(effect);
    await post(clients.cards, log, {
      channel: card.channel,
      threadTs: card.ts,
      message,
      mark: { type: 'freshet_event', payload: { event: event.id } },
      ...(since === undefined ? {} : { lookSince: since }),
    });
  }

  async function direct(request: RequestId, effect: Effect, event: Event): Promise<void> {
    const view = await service.view(request);
    const told =
      event.type === 'approver-reminded' ? view.approvers.find(({ id }) => id === event.to) : view.requester;
    const to = told?.slackUserId;
    if (to === undefined) return;
    const cardUrl = (await cards.refOf(request))?.url;
    const message = directMessage(view, event, {
      ...(await surroundingsOf(front, request)),
      ...(cardUrl === undefined ? {} : { cardUrl }),
    });
    if (message !== undefined)
      await writeTo(to, message, effect, event, `${request} was not told to ${told?.name ?? 'them'}`);
  }

  /** Something about no request, for all to see. */
  async function notice(effect: Effect, event: Event): Promise<void> {
    const around = { people: front.site.people };
    const message = isOfSchedule(event)
      ? scheduleNotice(event, around)
      : event.type === 'hold-placed' || event.type === 'hold-released'
        ? holdNotice(event, around)
        : undefined;
    if (message === undefined) return;
    const since = lookSince(effect);
    await post(clients.cards, log, {
      channel: front.site.slack.channel,
      message,
      mark: { type: 'freshet_event', payload: { event: event.id } },
      ...(since === undefined ? {} : { lookSince: since }),
    });
  }

  /** What one person is told, who need not have asked for it. */
  async function personal(id: string, effect: Effect, event: Event): Promise<void> {
    const { request } = effect;
    const to = personOf(front.site, id)?.slackUserId;
    if (to === undefined) return;
    const view = request === undefined ? undefined : await service.view(request);
    const cardUrl = request === undefined ? undefined : (await cards.refOf(request))?.url;
    const around =
      request === undefined ? { people: front.site.people } : await surroundingsOf(front, request);
    const message =
      personMessage(event, view, { ...around, ...(cardUrl === undefined ? {} : { cardUrl }) }) ??
      ofNobodysRequest(event);
    if (message !== undefined)
      await writeTo(to, message, effect, event, `${request ?? `"${event.type}"`} was not told to them`);
  }

  async function owner(effect: Effect, event: Event): Promise<void> {
    // Nobody is told what they did themselves.
    if (!isOfSchedule(event) || event.actor === event.owner) return;
    const to = personOf(front.site, event.owner)?.slackUserId;
    if (to === undefined) return;
    const message = scheduleNotice(event, { people: front.site.people });
    await writeTo(to, message, effect, event, `schedule "${event.schedule}" was not told of to its owner`);
  }

  async function writeTo(
    to: string,
    message: Message,
    effect: Effect,
    event: Event,
    untold: string,
  ): Promise<void> {
    try {
      // A member's id as the channel is their conversation with the bot; reading it to look for a double takes a scope
      // that is not worth it.
      await post(clients.replies, log, {
        channel: to,
        message,
        mark: { type: 'freshet_event', payload: { event: event.id } },
      });
    } catch (error) {
      const code = refusalCode(error);
      if (code === undefined || !unreachable.has(code)) throw error;
      throw new GivenUp(
        notFound(
          'slack-member-unreachable',
          `Slack member "${to}" can't be written to ("${code}"); ${untold}.`,
          'Correct the member id in the site file.',
          {
            ...(effect.request === undefined ? {} : { request: effect.request }),
            effect: String(effect.id),
          },
        ),
      );
    }
  }
}

const unreachable = new Set(['user_not_found', 'user_disabled', 'cannot_dm_bot', 'messages_tab_disabled']);

/** From the second attempt on, the first may have got through. */
export function lookSince(effect: Effect): Date | undefined {
  return effect.attempts > 1 ? effect.createdAt : undefined;
}

export function requestOf(effect: Effect): RequestId {
  if (effect.request !== undefined) return effect.request;
  throw new Error(`effect ${effect.id} of kind "${effect.kind}" names no request`);
}
