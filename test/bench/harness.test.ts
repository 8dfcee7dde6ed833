import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, machine, median, pairs, percentile, table } from '../../bench/harness.ts';
import { root } from '../../src/sandbox/setup.mjs';

describe('bench: figures', function () {
  it('judges a target on the full value, not on the rounded one', function () {
    const close = figure('ratio', 1.250001, 'times', { atMost: 1.25 });
    assert.deepEqual(close, { name: 'ratio', value: 1.25, unit: 'times', target: '<= 1.25', holds: false });
    assert.equal(figure('ratio', 1.25, 'times', { atMost: 1.25 }).holds, true);
    assert.equal(figure('rate', 99.9, '/s', { atLeast: 100 }).holds, false);
    assert.deepEqual(figure('rate', 12.3456, '/s'), {
      name: 'rate',
      value: 12.35,
      unit: '/s',
      target: null,
      holds: null,
    });
  });

  it('refuses a number that was not measured', function () {
    assert.throws(() => figure('ratio', NaN, 'times'), /nothing was measured/);
  });

  it('takes medians and percentiles', function () {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(percentile([10, 0, 20, 30, 40], 0.75), 30);
    assert.equal(percentile([0, 10], 0.99), 9.9);
    assert.throws(() => median([]), /No values/);
  });

  it('measures pairs in turns and compares pair by pair', async function () {
    const order: string[] = [];
    const slow = [1, 10, 1];
    const measured = await pairs(
      3,
      (at) => Promise.resolve(order.push('ours') && 2 * (slow[at] ?? 0)),
      (at) => Promise.resolve(order.push('theirs') && (slow[at] ?? 0) * (at === 2 ? 4 : 1)),
    );
    assert.deepEqual(order, ['ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs']);
    assert.deepEqual(measured, { ours: [2, 20, 2], theirs: [1, 10, 4], ratio: 2 });
  });

  it('prints a table that says what does not hold', function () {
    const text = table('A title', machine(), [
      figure('outage', 0.7, 's', { atMost: 0.5 }),
      figure('a longer name', 12, 'times'),
    ]);
    assert.match(text, /^A title\n.+, \d+ cores, \d+ GiB, Node v\d+/);
    assert.match(
      text,
      /^outage {9}0\.7 {2}s {6}target <= 0\.5 {2}DOES NOT HOLD\na longer name {3}12 {2}times$/m,
    );
  });
});

describe('bench: the program', function () {
  let folder: string;
  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), 'bench-'));
    const harness = JSON.stringify(join(root, 'bench/harness.ts'));
    writeFileSync(
      join(folder, 'echo.bench.ts'),
      `import { parseArgs } from 'node:util';
      import { figure } from ${harness};
      export const bench = { title: 'Echo', async run(args, say) {
        say('on the way');
        if (args[0] === '--none') return [];
        if (args[0] === '--parsed') parseArgs({ args });
        return [figure('arguments', args.length, '', { atMost: 1 })];
      } };`,
    );
  });
  afterEach(function () {
    rmSync(folder, { recursive: true, force: true });
  });
  function bench(...args: string[]) {
    const said = spawnSync(process.execPath, ['--import=tsx', join(root, 'bench/run.ts'), ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, FRESHET_BENCH_FOLDER: folder },
    });
    return { code: said.status, out: said.stdout, err: said.stderr };
  }

  it('prints exactly one object with --json, and ends well though a target does not hold', function () {
    const { code, out, err } = bench('echo', '--json', '--a', '--b');
    assert.equal(code, 0, err);
    const { bench: name, machine: on, figures } = JSON.parse(out);
    assert.deepEqual(
      [name, figures],
      ['echo', [{ name: 'arguments', value: 2, unit: '', target: '<= 1', holds: false }]],
    );
    assert.deepEqual(Object.keys(on), ['cpu', 'cores', 'memoryBytes', 'node', 'os']);
    assert.equal(err, 'on the way\n');
  });

  it('prints a table without it', function () {
    assert.match(bench('echo').out, /^Echo\n[^]*arguments +0 +target <= 1 +holds\n/);
  });

  it('lists what exists when a name is unknown or missing', function () {
    assert.deepEqual(bench('nope'), {
      code: 1,
      out: '',
      err: 'No benchmark is called "nope"; there are: echo.\n',
    });
    assert.match(bench().err, /^Which benchmark\? there are: echo\./);
  });

  it('says which option there is not, without a stack', function () {
    const { code, out, err } = bench('echo', '--parsed');
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^on the way\nUnknown option '--parsed'\. npm run bench -- NAME [^\n]*\n$/);
  });

  it('fails when nothing was measured', function () {
    const { code, out, err } = bench('echo', '--none', '--json');
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /measured nothing/);
  });
});
