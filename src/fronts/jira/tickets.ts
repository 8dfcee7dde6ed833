import type { Event } from '../../domain/event.ts';
import type { Finding } from '../../domain/probe.ts';
import type { JiraSite } from '../../domain/jira-site.ts';
import type { TicketSeen } from '../../domain/ticket.ts';
import type { RequestView } from '../../service/views/view.ts';
import { pause } from '../../service/feed.ts';
import { JiraFault, type JiraApi } from './api.ts';
import type { Context } from './deps.ts';
import { linkTypeMeant } from './linking.ts';
import type { Ref } from './mirror.ts';
import { kindWords } from './kind-words.ts';
import { durationText, line, namesText, panel, paragraph, utc, type Block, type Span } from './text.ts';

/** Whether Jira has a ticket for us, within `seconds`. */
export async function lookForTicket(
  { api, log }: Pick<Context, 'api' | 'log'>,
  key: string,
  seconds: number,
): Promise<TicketSeen> {
  const asked = api.find(key).then(
    (found): TicketSeen => (found === undefined ? 'absent' : 'found'),
    (error: unknown): TicketSeen => {
      log.warn({ err: error, ticket: key }, 'Jira could not be asked for a ticket');
      return 'unknown';
    },
  );
  const ended = new AbortController();
  const late = pause(seconds, ended.signal).then((): TicketSeen => 'unknown');
  try {
    return await Promise.race([asked, late]);
  } finally {
    ended.abort();
  }
}

/**
 * Links the request's issue to the ticket that it is for, and tells the ticket how it ended. Both are looked for before they are made
 * again. What Jira refuses is recorded once and not tried again: the refresh does not hang on it.
 */
export async function tellTicket(
  context: Context,
  event: Event,
  view: RequestView,
  ref: Ref,
  how: { again: boolean; since: Date },
): Promise<void> {
  const { ticket, request } = view;
  if (ticket === undefined) return;
  const id = ref.ticket?.id ?? (ref.ticket === undefined ? await linked(context, view, ref) : undefined);
  const body = context.site.jira.ticketComments ? commentFor(view, event, ref) : undefined;
  if (id === undefined || body === undefined) return;
  await taken(context, view, 'comment', async () => {
    if (how.again && (await context.api.hasComment(id, event.id, how.since))) return;
    await context.api.comment(id, event.id, body);
    context.log.info({ request: request.id, ticket: ticket.key }, 'the ticket was told');
  });
}

/** The id of the ticket, once it is linked; undefined where that can't be. */
async function linked(context: Context, view: RequestView, ref: Ref): Promise<string | undefined> {
  const { api, mirror, service, site } = context;
  const { key } = view.ticket!;
  const id = await taken(context, view, 'link', async () => {
    const found = await api.find(key);
    if (found === undefined)
      throw new JiraFault(`Jira has no ticket ${key} that the bot may read`, 404, false);
    const meant = linkTypeMeant(await api.linkTypes(), site.jira.linkType);
    if (meant === undefined) {
      throw new JiraFault(`Jira has no type of link that is called "${site.jira.linkType}"`, 404, false);
    }
    const { type, outward } = meant;
    const there = (await api.links(ref.id)).some(
      (link) => link.to.id === found.id && link.type === type.name && link.outward === outward,
    );
    if (!there)
      await (outward ? api.link(ref.id, found.id, type.name) : api.link(found.id, ref.id, type.name));
    return found.id;
  });
  if (id !== undefined) await service.tellOfTicket(view.request.id, { type: 'ticket-linked', ticket: key });
  await mirror.change(view.request.id, { ticket: id === undefined ? {} : { id } });
  return id;
}

/** What the work answers; undefined where Jira says no, which is recorded. */
async function taken<T>(
  { service }: Context,
  view: RequestView,
  what: 'link' | 'comment',
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    // A token that does not count any more says nothing about the ticket.
    if (!(error instanceof JiraFault) || !error.refused || error.status === 401) throw error;
    const why = `${line(error.message, 500)}.`.replace(/\.\.$/, '.');
    const ticket = view.ticket!.key;
    await service.tellOfTicket(view.request.id, { type: 'ticket-refused', ticket, what, why });
    return undefined;
  }
}

/** For those who wait for the data there: what became of it, in a sentence. */
function commentFor(view: RequestView, event: Event, ref: Ref): Block[] | undefined {
  const { request, environment } = view;
  const names = namesText(
    request.items.map((item) => line(item.database, 60)),
    200,
  );
  const place = line(environment.title, 80);
  const issue: Span = { link: ref.url, text: ref.key };
  if (event.type === 'run-succeeded') {
    return [
      panel(
        'success',
        `${names} on ${place}: ${kindWords[request.kind].did} in ${durationText(event.seconds)}${dataText(view)}.`,
      ),
      paragraph(`${request.id} · `, issue),
    ];
  }
  if (event.type !== 'run-failed') return undefined;
  const touched = event.targetTouched ? '' : ' The live database was not touched.';
  return [
    panel('error', `${names} on ${place}: the ${kindWords[request.kind].noun} failed.${touched}`),
    paragraph(`${request.id} · `, issue),
  ];
}

function dataText({ backups }: RequestView): string {
  const moments = Object.values(backups).map(({ dataAt }) => dataAt);
  const oldest = moments.toSorted((a, b) => (a?.getTime() ?? 0) - (b?.getTime() ?? 0))[0];
  if (oldest === undefined) return '';
  return moments.length === 1 ? `, data of ${utc(oldest)}` : `, data of ${utc(oldest)} or later`;
}

/** The type of link of the site file, as Jira has it, and whether the bot may make links. */
export async function lookAtLinks(api: JiraApi, { linkType, project }: JiraSite): Promise<Finding> {
  const types = await api.linkTypes();
  const names = types.map(({ name, inward, outward }) => `"${name}" (${outward}; ${inward})`).join(', ');
  const meant = linkTypeMeant(types, linkType);
  if (types.length === 0)
    return { ok: true, says: 'issue linking is switched off: no request is linked to a ticket' };
  if (meant === undefined) {
    return {
      ok: false,
      says: `there is no type of link "${linkType}"; there is ${names}`,
      remedy: 'Set jira.linkType to one of them.',
    };
  }
  if ((await api.lacks(['LINK_ISSUES'])).length > 0) {
    return {
      ok: false,
      says: `the bot lacks LINK_ISSUES in ${project}: requests are not linked to tickets`,
      remedy: 'Grant it to its account in the permission scheme of the project.',
    };
  }
  const words = meant.outward ? meant.type.outward : meant.type.inward;
  return { ok: true, says: `requests and tickets are linked by "${meant.type.name}" (${words})` };
}
