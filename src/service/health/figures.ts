import { z } from 'zod';
import { requestStates } from '../../domain/request.ts';
import type { Figures as StoreFigures } from '../../store/store.ts';
import type { ServiceDeps } from '../deps.ts';
import { toldFronts } from '../effects.ts';

/** Where the reconciler writes down its last round, whichever process leads. */
const note = 'reconciler';
const roundSchema = z.object({ at: z.iso.datetime(), seconds: z.number() });

/** How the installation stands, in numbers that are the same whichever process asks. */
export type Figures = StoreFigures & {
  /** When the reconciler ended its last round, and what it took. */
  reconciled?: { at: Date; seconds: number };
};

/** What the site file names is counted where there is none of it, too: an absent number alarms nobody. */
export async function figures(deps: ServiceDeps): Promise<Figures> {
  const found = await deps.store.figures();
  const round = roundSchema.safeParse(await deps.store.note(note)).data;
  const targets = Object.values(deps.site.environments).filter(({ production }) => !production);
  const missing = targets.flatMap(({ name: environment }) =>
    requestStates
      .filter(
        (state) => !found.requests.some((one) => one.environment === environment && one.state === state),
      )
      .map((state) => ({ environment, state, count: 0 })),
  );
  const idle = toldFronts
    .filter((front) => !found.outbox.some((one) => one.front === front))
    .map((front) => ({ front, waiting: 0, lagSeconds: 0, givenUp: 0 }));
  return {
    ...found,
    requests: [...found.requests, ...missing],
    outbox: [...found.outbox, ...idle],
    // Of a database that left the site file nobody takes backups any more.
    backups: found.backups.filter(({ database }) => Object.hasOwn(deps.site.databases, database)),
    ...(round === undefined ? {} : { reconciled: { at: new Date(round.at), seconds: round.seconds } }),
  };
}

export async function noteRound(deps: ServiceDeps, seconds: number): Promise<void> {
  await deps.store.setNote(note, { at: deps.now().toISOString(), seconds });
}
