import { needs } from '../skip.ts';
import { startMs, startRig, stopRigs, type Rig, type RigOptions } from './rig.ts';

/** Tests that stand on a rig which others made, and leave it as they found it; each asks for it when it runs. */
export type Suite = (rig: () => Rig) => void;

/**
 * Suites that follow one another on one rig: a start takes longer than many a test. `needed`: besides hosts, as in `needs`;
 * `stop`: ends what `site` and the suites started beside the rig.
 */
export function onOneRig(
  what: string,
  options: RigOptions & { needed?: readonly string[]; stop?: () => Promise<void> },
  suites: readonly Suite[],
): void {
  describe(what, () => {
    let rig: Rig;
    before(async function () {
      this.timeout(startMs);
      needs(this, 'postgresql', 'openssh-server', ...(options.needed ?? []));
      rig = await startRig(options);
    });
    after(async () => {
      try {
        await options.stop?.();
      } finally {
        await stopRigs();
      }
    });
    for (const suite of suites) suite(() => rig);
  });
}
