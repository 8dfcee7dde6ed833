import { randomFrom } from './random.ts';

/** So many of them, in their order; the same for the same seed, and each of them for some seed. */
export function draw<T>(all: readonly T[], count: number, seed: number): T[] {
  const random = randomFrom(seed);
  const places = all.map((_one, at) => ({ at, rank: random.next() }));
  const first = places.sort((a, b) => a.rank - b.rank).slice(0, count);
  return first
    .map(({ at }) => at)
    .sort((a, b) => a - b)
    .map((at) => all[at]!);
}
