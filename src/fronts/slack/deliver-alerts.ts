import type { Event } from '../../domain/event.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { Deliver, Effect } from '../../service/feed.ts';
import { corruptBackupAlert, failureAlert, frontAlert, hostAlert, type Failure } from './messages/alert.ts';
import type { Message } from './messages/blocks.ts';
import { lookSince } from './deliver.ts';
import { surroundingsOf, type Front } from './deps.ts';
import { edit, post, type Place } from './posting.ts';

/** What the store keeps of a request's newest alert: where it is, and which failure it tells of. */
type AlertRef = Place & { event: number };

const frontName = 'slack-alerts';

/** Tells the operators: a new message for each failure, edited as it is dealt with. */
export function deliverAlerts(front: Front): Deliver {
  const { service, log, clients, site } = front;

  return async (effect, event) => {
    if (event.type === 'host-alert') {
      await tell(effect, event, hostAlert(event));
    } else if (event.type === 'front-alert' && event.request !== undefined) {
      await tell(effect, event, frontAlert(event, await surroundingsOf(front, event.request)));
    } else if (event.type === 'backup-corrupt') {
      await tell(effect, event, corruptBackupAlert(await service.showBackup(event.backup), event.why));
    } else if (effect.request !== undefined) {
      await aboutRequest(effect.request, effect, event);
    }
  };

  async function aboutRequest(request: RequestId, effect: Effect, event: Event): Promise<void> {
    const known = await refOf(request);
    if (isFailure(event) && known?.event !== event.id) {
      // The older alert shows that it is over; nobody is called twice for it.
      if (known !== undefined) await refresh(request, known);
      const view = await service.view(request);
      const message = failureAlert(view, event, await surroundingsOf(front, request));
      const place = await tell(effect, event, message);
      await service.mirrors.set(request, frontName, `${place.channel} ${place.ts}`, {
        ...place,
        event: event.id,
      });
    } else if (known !== undefined) {
      await refresh(request, known);
    }
  }

  /** Brings an alert to how things stand. One that was deleted stays deleted. */
  async function refresh(request: RequestId, ref: AlertRef): Promise<void> {
    const view = await service.view(request);
    const failure = view.events.find((event) => event.id === ref.event);
    if (failure === undefined || !isFailure(failure)) return;
    await edit(clients.alerts, log, ref, failureAlert(view, failure, await surroundingsOf(front, request)));
  }

  function tell(effect: Effect, event: Event, message: Message): Promise<Place> {
    const since = lookSince(effect);
    return post(clients.alerts, log, {
      channel: site.slack.operatorsChannel,
      message,
      mark: { type: 'freshet_event', payload: { event: event.id } },
      ...(since === undefined ? {} : { lookSince: since }),
    });
  }

  async function refOf(request: RequestId): Promise<AlertRef | undefined> {
    const ref = await service.mirrors.get(request, frontName);
    if (typeof ref !== 'object' || ref === null) return undefined;
    const { channel, ts, event } = ref as Record<string, unknown>;
    if (typeof channel !== 'string' || typeof ts !== 'string' || typeof event !== 'number') return undefined;
    return { channel, ts, event };
  }
}

function isFailure(event: Event): event is Failure {
  return event.type === 'run-failed' || event.type === 'run-fenced';
}
