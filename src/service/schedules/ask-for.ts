import type { Actor } from '../../domain/person.ts';
import type { Request } from '../../domain/request.ts';
import type { Schedule } from '../../domain/schedule/schedule.ts';
import { requestRefresh, requestTake, type Occasion } from '../asking/requests.ts';
import type { ServiceDeps } from '../deps.ts';

/** Asks for what a schedule asks for: of a refresh, of each database the newest backup that fits. */
export function askFor(
  deps: ServiceDeps,
  actor: Actor,
  { wish, reason }: Schedule,
  occasion: Occasion,
): Promise<Request> {
  const { kind, environment, databases } = wish;
  if (kind === 'take') return requestTake(deps, actor, { environment, databases }, reason, occasion);
  const each = databases.map((database) => ({ database }));
  return requestRefresh(deps, actor, { environment, databases: each, reason }, occasion);
}
