import { createHash } from 'node:crypto';
import type { WebClient } from '@slack/web-api';
import type { RequestId } from '../../domain/ids.ts';
import type { RequestView } from '../../service/views/view.ts';
import type { Message } from './messages/blocks.ts';
import { card } from './messages/card.ts';
import { surroundingsOf, type Front } from './deps.ts';
import { edit, post, type Place } from './posting.ts';

/**
 * What the store keeps of a card: `url` is its permalink, `linked` tells whether it names its Jira issue, `shown` is the
 * digest of what it shows (absent where that is not known for sure).
 */
export type CardRef = Place & { url?: string; linked?: boolean; shown?: string };

export type Cards = ReturnType<typeof cardKeeper>;

/** Keeps exactly one card for each request, and brings it to how things stand. */
export function cardKeeper(front: Front) {
  const { service, log } = front;
  const queues = new Map<RequestId, Promise<unknown>>();

  /** One after another for each request, so that within this process the newer rendering is the one that lands last. */
  function inTurn<T>(id: RequestId, work: () => Promise<T>): Promise<T> {
    const before = queues.get(id) ?? Promise.resolve();
    const turn = before.then(work, work);
    const settled = turn.catch(() => undefined);
    queues.set(id, settled);
    void settled.then(() => {
      if (queues.get(id) === settled) queues.delete(id);
    });
    return turn;
  }

  /** The card's place, as the store knows it. */
  async function refOf(id: RequestId): Promise<CardRef | undefined> {
    const ref = await service.mirrors.get(id, 'slack');
    return isRef(ref) ? ref : undefined;
  }

  async function render(id: RequestId): Promise<{ view: RequestView; message: Message; linked: boolean }> {
    const view = await service.view(id);
    const surroundings = await surroundingsOf(front, id);
    return { view, message: card(view, surroundings), linked: surroundings.issueUrl !== undefined };
  }

  async function keep(id: RequestId, ref: CardRef): Promise<void> {
    await service.mirrors.set(id, 'slack', `${ref.channel} ${ref.ts}`, ref);
  }

  /**
   * Posts the card, or edits it to the newest state; does nothing where it shows that already. `lookSince` when an earlier
   * attempt may have posted it without having come to write it down.
   */
  function bring(id: RequestId, client: WebClient, lookSince?: Date): Promise<CardRef> {
    return inTurn(id, async () => {
      const known = await refOf(id);
      const { message, linked } = await render(id);
      const shown = digestOf(message);
      if (known !== undefined) {
        if (known.shown === shown) return known;
        const edited = await change(id, client, known, message, linked);
        if (edited !== undefined) return edited;
      }
      const place = await post(client, log, {
        channel: front.site.slack.channel,
        message,
        mark: { type: 'freshet_card', payload: { request: id } },
        // A card that was deleted by hand is not looked for: it is gone.
        ...(lookSince === undefined || known !== undefined ? {} : { lookSince }),
      });
      // At once: what is not written down would be posted again. One that was found may show something older.
      const ref: CardRef = { ...place, linked, ...(lookSince === undefined ? { shown } : {}) };
      await keep(id, ref);
      const url = await permalink(client, place);
      if (url === undefined) return ref;
      await keep(id, { ...ref, url });
      return { ...ref, url };
    });
  }

  /** Edits the card and writes down what it shows; undefined when it is gone. To be called in turn. */
  async function change(
    id: RequestId,
    client: WebClient,
    ref: CardRef,
    message: Message,
    linked: boolean,
  ): Promise<CardRef | undefined> {
    const { shown: _, ...rest } = ref;
    try {
      if (!(await edit(client, log, ref, message))) return undefined;
    } catch (error) {
      // It may have been done, or be done yet: what the card shows is unknown.
      if (ref.shown !== undefined) await keep(id, rest);
      throw error;
    }
    const changed = { ...rest, linked, shown: digestOf(message) };
    await keep(id, changed);
    return changed;
  }

  async function permalink(client: WebClient, place: Place): Promise<string | undefined> {
    try {
      return (await client.chat.getPermalink({ channel: place.channel, message_ts: place.ts })).permalink;
    } catch (error) {
      log.warn({ err: error, ...place }, 'a card has no link to it; messages go without');
      return undefined;
    }
  }

  return { bring, change, refOf, render, inTurn };
}

export function digestOf(message: Message): string {
  return createHash('sha256').update(JSON.stringify(message)).digest('base64url');
}

function isRef(ref: unknown): ref is CardRef {
  if (typeof ref !== 'object' || ref === null) return false;
  const { channel, ts } = ref as Record<string, unknown>;
  return typeof channel === 'string' && typeof ts === 'string';
}
