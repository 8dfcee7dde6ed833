import { linkFault } from '../../domain/link.ts';
import { delegationFault } from '../../domain/policy/deputies.ts';
import { changedPerson } from '../../domain/site.ts';
import { fileOf, type ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';

/**
 * Ends links and delegations of people whom the site file does not know any more, or knows otherwise: they count no more already, and must not begin
 * to when the name comes back, be it for the same person. Told to who is still there. Bears being done twice at once.
 */
export async function endForLeavers(deps: ServiceDeps): Promise<void> {
  const file = fileOf(deps);
  for (const link of await deps.store.links.all()) {
    const why = linkFault(file, link);
    if (why === undefined) continue;
    const { person, front: over, account, name, identity } = link;
    const told = changedPerson(file, person, identity) === undefined ? [person] : [];
    await deps.store.write(async (tx) => {
      if ((await tx.links.remove(person, over, account)) === undefined) return;
      await record(tx, { type: 'link-lapsed', over, account, name, person, why }, told);
    });
  }
  const now = deps.now();
  for (const delegation of await deps.store.delegations.inForce(now)) {
    const why = delegationFault(file, delegation);
    if (why === undefined) continue;
    const { from, to, since, fromIdentity, toIdentity } = delegation;
    const told = [
      ...(changedPerson(file, from, fromIdentity) === undefined ? [from] : []),
      ...(changedPerson(file, to, toIdentity) === undefined ? [to] : []),
    ];
    await deps.store.write(async (tx) => {
      if ((await tx.delegations.end(from, now, since)) === undefined) return;
      await record(tx, { type: 'delegation-lapsed', from, to, why }, told);
    });
  }
}
