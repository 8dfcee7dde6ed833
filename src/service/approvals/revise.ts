import { isFreshetError } from '../../domain/errors.ts';
import type { RequestId } from '../../domain/ids.ts';
import { termsChanged, termsOf } from '../../domain/policy/terms.ts';
import { rightToAsk, type Request } from '../../domain/request.ts';
import { personOf } from '../../domain/site.ts';
import { bind, type Bound } from '../backups/binding.ts';
import type { ServiceDeps } from '../deps.ts';
import { apartNow, changeText } from '../runs/dispatch.ts';
import { record } from '../effects.ts';

/**
 * As `revise`, of the request as it is stored now. Answers the digest that people have been shown, where what it means (a backup, a
 * target, a script, an option) is not that any more: who says yes without naming what they saw has seen that.
 */
export async function reviseOne(deps: ServiceDeps, id: RequestId): Promise<string | undefined> {
  const request = await deps.store.requests.get(id);
  return request === undefined ? undefined : revise(deps, request);
}

/**
 * Brings a request that waits to the rules, the catalogue and the site as they are now: what was said of something else counts no more,
 * and everybody sees why.
 */
export async function revise(deps: ServiceDeps, seen: Request): Promise<string | undefined> {
  const environment = deps.site.environments[seen.environment];
  if (seen.state !== 'pending' || environment === undefined) return undefined;
  const now = termsOf(deps.site, environment, rightToAsk(seen), Object.keys(seen.terms.readRaw));
  const rules = termsChanged(seen.environment, seen.terms, now);
  const bound = await boundNow(deps, seen);
  const content =
    bound !== undefined && bound.digest !== seen.digest
      ? changeText(seen, bound, apartNow(seen, environment, bound))
      : undefined;
  const why = rules ?? content;
  if (why === undefined) return undefined;
  await deps.store.write(async (tx) => {
    const request = await tx.requests.lock(seen.id);
    if (request?.state !== 'pending' || request.digest !== seen.digest) return;
    const inForce = (await tx.approvals.of(seen.id)).some(({ voidedAt }) => voidedAt === undefined);
    if (inForce) await tx.approvals.voidAll(seen.id, deps.now());
    if (bound !== undefined) await tx.requests.rebind(seen.id, bound, request.expiresAt);
    if (inForce) await record(tx, { type: 'approval-voided', why, request: seen.id });
    else if (bound !== undefined) await record(tx, { type: 'request-revised', why, request: seen.id });
  });
  return rules === undefined ? seen.digest : undefined;
}

/** Undefined where it could not be asked for any more: that is said when it would start. */
async function boundNow(deps: ServiceDeps, request: Request): Promise<Bound | undefined> {
  const requester = personOf(deps.site, request.requestedBy);
  if (requester === undefined) return undefined;
  try {
    return await bind(deps.site, deps.store, { ...request, requester, asked: request });
  } catch (error) {
    if (isFreshetError(error) && error.kind !== 'Unavailable') return undefined;
    throw error;
  }
}
