import type { Event } from '../../domain/event.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { Deliver, Effect } from '../../service/feed.ts';
import type { RequestView } from '../../service/views/view.ts';
import {
  corruptBackupAlert,
  failureAlert,
  frontAlert,
  headMessage,
  hookAlert,
  hostAlert,
  upkeepAlert,
  type Failure,
  type HookFailed,
} from './messages/alert.ts';
import { glassAlert } from './messages/calendar.ts';
import type { Message } from './messages/blocks.ts';
import { lookSince } from './deliver.ts';
import { isOfSchedule, scheduleNotice } from './messages/schedule-notices.ts';
import { surroundingsOf, type Front } from './deps.ts';
import { edit, post, type Place } from './posting.ts';

/** An alert: where it is, and which failure it tells of. */
type Alert = Place & { event: number };
/** What the store keeps of a request's newest alert, and of the one before while that does not show yet that it is over. */
type AlertRef = Alert & { before?: Alert };

const frontName = 'slack-alerts';

/** Tells the operators: a new message for each failure, edited as it is dealt with. */
export function deliverAlerts(front: Front): Deliver {
  const { service, log, clients, site } = front;

  return async (effect, event) => {
    if (event.type === 'host-alert') {
      await tell(effect, event, hostAlert(event));
    } else if (event.type === 'upkeep-alert') {
      await tell(effect, event, upkeepAlert(event));
    } else if (isOfSchedule(event)) {
      await tell(effect, event, scheduleNotice(event, { people: site.people }));
    } else if (event.type === 'front-alert' && event.request !== undefined) {
      await tell(effect, event, frontAlert(event, await surroundingsOf(front, event.request)));
    } else if (event.type === 'glass-broken' && event.request !== undefined) {
      const around = await surroundingsOf(front, event.request);
      await tell(effect, event, glassAlert(event, await service.view(event.request), around));
    } else if (event.type === 'backup-corrupt') {
      await tell(effect, event, corruptBackupAlert(await service.showBackup(event.backup), event.why));
    } else if (event.type === 'head-announced') {
      const { audit } = site;
      await tell(effect, event, headMessage(event), audit.post === 'slack' ? audit.channel : undefined);
    } else if (effect.request !== undefined) {
      await aboutRequest(effect.request, effect, event);
    }
  };

  async function aboutRequest(request: RequestId, effect: Effect, event: Event): Promise<void> {
    let known = await refOf(request);
    if (isFailure(event) && known?.event !== event.id) {
      const place = await tell(effect, event, await alertOf(request, event));
      const before = known;
      known = { ...place, event: event.id, ...(before === undefined ? {} : { before }) };
      await keep(request, known);
    } else if (known !== undefined) {
      await refresh(request, known);
    }
    if (known?.before === undefined) return;
    // Only now: that the older one shows that it is over must not keep the newer one back. Nobody is called twice for it.
    const { before, ...newest } = known;
    await refresh(request, before);
    await keep(request, newest);
  }

  async function keep(request: RequestId, ref: AlertRef): Promise<void> {
    await service.mirrors.set(request, frontName, `${ref.channel} ${ref.ts}`, ref);
  }

  /** Brings an alert to how things stand. One that was deleted stays deleted. */
  async function refresh(request: RequestId, ref: Alert): Promise<void> {
    const view = await service.view(request);
    const failure = view.events.find((event) => event.id === ref.event);
    if (failure === undefined || !isFailure(failure)) return;
    await edit(clients.alerts, log, ref, await alertOf(request, failure, view));
  }

  async function alertOf(
    request: RequestId,
    failure: Failure | HookFailed,
    seen?: RequestView,
  ): Promise<Message> {
    const view = seen ?? (await service.view(request));
    const around = await surroundingsOf(front, request);
    return failure.type === 'hook-failed'
      ? hookAlert(view, failure, around)
      : failureAlert(view, failure, around);
  }

  function tell(
    effect: Effect,
    event: Event,
    message: Message,
    channel = site.slack.operatorsChannel,
  ): Promise<Place> {
    const since = lookSince(effect);
    return post(clients.alerts, log, {
      channel,
      message,
      mark: { type: 'freshet_event', payload: { event: event.id } },
      ...(since === undefined ? {} : { lookSince: since }),
    });
  }

  async function refOf(request: RequestId): Promise<AlertRef | undefined> {
    const kept = await service.mirrors.get(request, frontName);
    const ref = alertIn(kept);
    const before = alertIn((kept as { before?: unknown } | undefined)?.before);
    return ref === undefined || before === undefined ? ref : { ...ref, before };
  }
}

function alertIn(kept: unknown): Alert | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { channel, ts, event } = kept as Record<string, unknown>;
  if (typeof channel !== 'string' || typeof ts !== 'string' || typeof event !== 'number') return undefined;
  return { channel, ts, event };
}

function isFailure(event: Event): event is Failure | HookFailed {
  return event.type === 'run-failed' || event.type === 'run-fenced' || event.type === 'hook-failed';
}
