// `npm run bench -- NAME [--json] [options]`. Exit code 0 also when a target does not hold: a benchmark measures, and
// whoever reads it judges; 1 when it could not measure.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { machine, table, type Bench } from './harness.ts';

// Other folders are for the tests of this program.
const folder = process.env.FRESHET_BENCH_FOLDER ?? import.meta.dirname;
const suffix = '.bench.ts';

class Unknown extends Error {}

try {
  const asJson = process.argv.includes('--json');
  const [name, ...args] = process.argv.slice(2).filter((one) => one !== '--json');
  const bench = await load(name);
  const startedAt = Date.now();
  const figures = await bench.run(args, (line) => console.error(line));
  if (figures.length === 0) throw new Error(`Benchmark "${name}" measured nothing.`);
  const on = machine();
  if (asJson) {
    console.log(JSON.stringify({ bench: name, machine: on, figures }));
  } else {
    console.log(
      `${table(bench.title, on, figures)}\n\ntook ${((Date.now() - startedAt) / 1000).toFixed(1)} s`,
    );
  }
} catch (error) {
  console.error(error instanceof Unknown ? error.message : error);
  process.exitCode = 1;
}

async function load(name: string | undefined): Promise<Bench> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .sort();
  const known = names.length > 0 ? `there are: ${names.join(', ')}` : 'there are none yet';
  if (name === undefined)
    throw new Unknown(`Which benchmark? ${known}. npm run bench -- NAME [--json] [options]`);
  if (!names.includes(name)) throw new Unknown(`No benchmark is called "${name}"; ${known}.`);
  const module: { bench?: Bench } = await import(pathToFileURL(join(folder, `${name}${suffix}`)).href);
  if (!module.bench) throw new Error(`${name}${suffix} exports no "bench".`);
  return module.bench;
}
