import type { types } from '@slack/bolt';
import { WebAPIPlatformError } from '@slack/web-api';
import type { Actor } from '../../../domain/person.ts';
import { pause } from '../../../service/feed.ts';
import { refusalCode } from '../connection/clients.ts';
import type { Front } from '../deps.ts';
import type { Chosen } from './chosen.ts';
import { formOf } from './form.ts';
import type { Meta } from './names.ts';
import { formView } from './view.ts';
import { within } from './within.ts';

/** A view that somebody has open: by Slack's id with the hash of what they see, or by the name that we gave it. */
export type Target = { id: string; hash?: string } | { externalId: string };

/** How long the store and the servers are waited for; the form stands without them. */
const storeMs = 2500;
const serversMs = 2500;
/** The servers mostly answer so fast that showing the form twice would only flicker. */
const flickerMs = 400;
const attempts = 3;

/**
 * Shows the form for what is chosen: as soon as site and catalogue tell what it would mean, and again with what the servers
 * say. `isNewest`: nothing was chosen since, as far as this process knows. Rejects with what Slack or the store refuse.
 */
export async function show(
  front: Front,
  actor: Actor,
  target: Target,
  meta: Meta,
  chosen: Chosen,
  isNewest: () => boolean,
): Promise<void> {
  const form = await formOf(front, actor, meta, chosen, { withinMs: storeMs });
  const { environment, prospect } = form;
  if (environment === undefined || prospect === undefined || prospect.items.length === 0) {
    await update(front, target, formView(form), isNewest);
    return;
  }
  const items = prospect.items.map(({ placement: { database }, backup }) => ({
    database,
    ...(backup === undefined ? {} : { backup: backup.id }),
  }));
  const asking = front.service.glances(actor, { environment: environment.name, items }, serversMs);
  const early = await within(asking, flickerMs);
  const shown = await update(front, target, formView({ ...form, glances: early ?? 'asked' }), isNewest);
  if (early !== undefined || shown === undefined) return;
  // Whatever is shown since is newer, also what another process shows of a choice that this one has not heard of.
  await update(front, shown, formView({ ...form, glances: await asking }), () => false);
}

/**
 * Replaces what they see. Undefined when it is not there any more, or shows something newer. Tries again where Slack did not
 * answer; rejects with its refusals.
 */
export async function update(
  front: Front,
  target: Target,
  view: types.ModalView,
  isNewest: () => boolean,
): Promise<Target | undefined> {
  let hash = 'hash' in target ? target.hash : undefined;
  const which = 'id' in target ? { view_id: target.id } : { external_id: target.externalId };
  for (let attempt = 1; ; attempt++) {
    try {
      const { view: now } = await front.clients.replies.views.update({
        ...which,
        view,
        ...(hash === undefined ? {} : { hash }),
      });
      return now?.id === undefined || now.hash === undefined ? undefined : { id: now.id, hash: now.hash };
    } catch (error) {
      const code = refusalCode(error);
      if (code === 'not_found') return undefined;
      if (attempt === attempts) throw error;
      if (code === 'hash_conflict') {
        // It was changed since that choice: by an earlier choice whose answer came late, or by a later one.
        if (!isNewest()) return undefined;
        hash = undefined;
      } else if (error instanceof WebAPIPlatformError) throw error;
      else await pause(0.3 * attempt, new AbortController().signal);
    }
  }
}
