import type { RequestId } from '../../domain/ids.ts';
import { readPhrase } from '../../domain/link.ts';
import { pause } from '../../service/feed.ts';
import type { Context } from './deps.ts';
import { label } from './issue.ts';
import { line } from './text.ts';

const name = 'jira links';
const leaseSeconds = 30;
/** Clocks of Jira and of the store may differ by as much; a code is known by more than its moment. */
const marginMs = 300_000;

/**
 * Until `signal`: while somebody's code is waited for, reads the comments of the issues of ours that changed since it was made; one
 * process at a time. Without one it asks Jira nothing.
 */
export async function watchForCodes(context: Context, signal: AbortSignal): Promise<void> {
  const { service, log, pace } = context;
  while (!signal.aborted) {
    try {
      const since = await service.linksAwaited('jira');
      if (since !== undefined && (await service.lease(name, leaseSeconds)))
        await lookForCodes(context, since);
    } catch (error) {
      log.warn({ err: error }, 'comments could not be read for codes; they are read again');
    }
    await pause(pace.codeSeconds, signal);
  }
}

async function lookForCodes({ api, mirror, service, log }: Context, made: Date): Promise<void> {
  const since = new Date(made.getTime() - marginMs);
  const minutes = Math.ceil((service.now().getTime() - since.getTime()) / 60_000);
  for (const issue of await api.changedSince(label, minutes)) {
    const request: RequestId | undefined = await mirror.requestOf(issue.key);
    if (request === undefined) continue;
    for (const { text, at, accountId, edited } of await api.remarks(issue.id, since)) {
      // What was changed afterwards is as old as it likes to be.
      if (edited === true) continue;
      // Nobody that Jira names wrote it: nobody's account can be meant.
      if (accountId === undefined || readPhrase(line(text, 200)) === undefined) continue;
      const shown = (await api.user(accountId))?.name ?? accountId;
      const key = `${issue.id} ${accountId} ${at.getTime()}`;
      const written = { front: 'jira' as const, key, text: line(text, 200), account: accountId };
      if (await service.heardPhrase({ ...written, name: shown }))
        log.info({ request, account: accountId }, 'a code to link an account was written');
    }
  }
}
