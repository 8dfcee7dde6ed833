import { conflict, notFound } from '../domain/errors.ts';
import type { RequestId } from '../domain/ids.ts';
import type { Request } from '../domain/request.ts';

/** The request, or `NotFound` (code `request-unknown`). */
export async function known(found: Promise<Request | undefined>, id: RequestId): Promise<Request> {
  const request = await found;
  if (request !== undefined) return request;
  throw notFound(
    'request-unknown',
    `Request "${id}" does not exist; expected a number such as REQ-12.`,
    '/refresh status lists the newest ones.',
    { field: 'request' },
  );
}

/** Refuses a decision on something else than the request is now. */
export function assertShown(request: Request, { digest }: { digest?: string | undefined }): void {
  if (digest === undefined || digest === request.digest) return;
  throw conflict(
    'approval-outdated',
    `${request.id} has changed since you saw it; a decision counts only for exactly what was shown.`,
    'Look at its card as it is now, and decide again.',
    { request: request.id },
  );
}
