import { randomBytes } from 'node:crypto';
import { commandError, unavailable } from '../../src/domain/errors.ts';
import type { Job } from '../../src/queue/queue.ts';
import type { ServiceDeps } from '../../src/service/deps.ts';
import { createService, type Service } from '../../src/service/service.ts';
import { openPaper, type Paper } from '../house-of-paper.ts';

/** The real store and service, with a clock that is set. */
export type Real = { paper: Paper; clock: { at: number }; service: Service };

export async function openReal(): Promise<Real> {
  const paper = await openPaper();
  await paper.backup();
  await paper.backup({ database: 'billing' });
  const clock = { at: Date.UTC(2026, 10, 26, 12) };
  return { paper, clock, service: createService(worker(paper, clock).deps) };
}

/** A worker process: its name is nobody else's, and once dead it writes nothing more. */
function worker(paper: Paper, clock: Real['clock']) {
  const life = new AbortController();
  let dead = false;
  const store: ServiceDeps['store'] = {
    ...paper.store,
    write: (work) => (dead ? Promise.reject(unavailable('dead', 'Dead.', '')) : paper.store.write(work)),
  };
  const name = `w-${randomBytes(3).toString('hex')}`;
  // Whatever a busy machine takes, a lease ends only when the story lets time pass.
  const pace = { ...paper.deps.pace, leaseSeconds: 3600 };
  const deps: ServiceDeps = { ...paper.deps, store, pace, worker: name, now: () => new Date(clock.at) };
  return {
    deps,
    advance: (job: Job) => createService(deps).advance(job, life.signal),
    stop: () => life.abort(),
    die() {
      dead = true;
      life.abort();
    },
  };
}

/** What happens to a worker in an act; `well`: nothing. */
export const fates = [
  'well',
  'fails',
  'breaks',
  'is fenced',
  'dies',
  'stops',
  'is frozen',
  'dies taking back',
] as const;
export type Fate = (typeof fates)[number];

/** Advances the run under its fate; answers whether that came true (an act that was done before is not met again), and how often the act was done. */
export async function walk(
  real: Real,
  job: Job,
  fate: Fate,
  act: string,
): Promise<{ met: boolean; died: boolean; times: number }> {
  const { paper, clock } = real;
  const { engine } = paper;
  const mine = worker(paper, clock);
  const failure = commandError('paper-failed', 'It failed.', '');
  let [met, died] = [false, false];
  const die = () => {
    died = true;
    mine.die();
  };
  engine.before = async (what) => {
    if (fate === 'dies taking back' && what.startsWith('abandon')) die();
    if (met || what !== act) return;
    met = true;
    if (fate === 'fails' || fate === 'is fenced' || fate === 'dies taking back') throw failure;
    if (fate === 'breaks') throw new TypeError('nobody foresaw this');
    if (fate === 'dies') die();
    if (fate === 'stops') mine.stop();
    if (fate === 'is frozen') {
      clock.at += 31_000;
      await paper.endLeases();
      await worker(paper, clock).advance(job);
    }
  };
  if (fate === 'is fenced') engine.standing = () => Promise.resolve('fenced');
  const before = engine.performed.length;
  await mine.advance(job);
  return { met, died, times: engine.performed.slice(before).filter((what) => what === act).length };
}
