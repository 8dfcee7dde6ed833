// @ts-check

/**
 * Fault files that take long: a whole `npm test` runs some of each kind, drawn anew each time, so that the faults take about
 * three minutes on two cores. Those of a kind take about equally long, or what a run takes would hang on the draw.
 * `npm run faults` runs all, and so does `npm test -- test/faults`.
 * @type {readonly { files: readonly string[], take: number }[]}
 */
export const turns = [
  { files: ['workers', 'whole-processes', 'queue-and-health'], take: 1 },
  { files: ['messages', 'host-faults', 'clocks'], take: 1 },
  { files: ['nemesis', 'disks', 'files', 'crowd'], take: 1 },
];

/**
 * Takes the jobs of this run; `left`: names of the fault files that are left out of it.
 * @template {{ name: string }} Job
 * @param {readonly Job[]} jobs
 * @param {() => number} [random] from 0 up to 1
 * @returns {{ taken: Job[], left: string[] }}
 */
export function drawn(jobs, random = Math.random) {
  const left = turns.flatMap(({ files, take }) => {
    const ranked = files.map((file) => ({ file, rank: random() })).sort((a, b) => a.rank - b.rank);
    return ranked.slice(take).map(({ file }) => file);
  });
  const isLeft = (/** @type {Job} */ { name }) => left.some((file) => name === `test/faults/${file}.test.ts`);
  return { taken: jobs.filter((job) => !isLeft(job)), left };
}
