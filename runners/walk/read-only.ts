import type { Engine } from '../engine.ts';
import type { PlanItem } from '../plan.ts';
import type { Walk } from './walk.ts';

type Takeback = Pick<Engine, 'keep' | 'takeUp' | 'abandon' | 'putBack' | 'standing'>;

/** Nothing was done to the server: it stands as it stood, and what was dumped is the hosts' to sweep. */
const untouched: Takeback = {
  keep: () => Promise.resolve(false),
  takeUp: () => Promise.resolve(true),
  abandon: () => Promise.resolve(),
  putBack: () => Promise.resolve(),
  standing: () => Promise.resolve('old'),
};

/** How what was done to an item's server is kept, taken up and taken back. */
export function takebackOf({ options }: Walk, item: PlanItem): Takeback {
  return item.reads === true ? untouched : options.engine(item.server);
}
