// `npm run bench -- NAME [--json] [options]`. Exit code 0 also when a target does not hold: a benchmark measures, and
// whoever reads it judges; 1 when it could not measure.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { machine, Refused, table, type Bench } from './harness.ts';

// Other folders are for the tests of this program.
const folder = process.env.FRESHET_BENCH_FOLDER ?? import.meta.dirname;
const suffix = '.bench.ts';

const usage = 'npm run bench -- NAME [--json] [options]; bench/readme.md has the options of each.';

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
  console.error(isRefused(error) ? error.message : error);
  process.exitCode = 1;
}

/** What was typed is wrong, and not what was measured. */
function isRefused(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error instanceof Refused) return true;
  if (!('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))) return false;
  // parseArgs goes on with advice about `--` that means nothing here.
  error.message = `${error.message.split('. ')[0]}. ${usage}`;
  return true;
}

async function load(name: string | undefined): Promise<Bench> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .sort();
  const known = names.length > 0 ? `there are: ${names.join(', ')}` : 'there are none yet';
  if (name === undefined) throw new Refused(`Which benchmark? ${known}. ${usage}`);
  if (!names.includes(name)) throw new Refused(`No benchmark is called "${name}"; ${known}.`);
  const module: { bench?: Bench } = await import(pathToFileURL(join(folder, `${name}${suffix}`)).href);
  if (!module.bench) throw new Error(`${name}${suffix} exports no "bench".`);
  return module.bench;
}
