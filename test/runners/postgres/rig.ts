import { type RigOptions, startRig as startEngineRig } from '../engine-rig.ts';
import { postgresBench } from './bench.ts';

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** A rig with a server of PostgreSQL, whose superuser's words are the rig's own: for what is PostgreSQL's alone. */
export async function startRig(options: RigOptions) {
  const rig = await startEngineRig(postgresBench, options);
  return { ...rig.server, ...rig };
}
