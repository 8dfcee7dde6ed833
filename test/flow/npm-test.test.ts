import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../src/sandbox/setup.mjs';
import { until } from '../until.ts';
import { skip } from '../skip.ts';

const skipModule = JSON.stringify(join(root, 'test/skip.ts'));
const durationsModule = JSON.stringify(join(root, 'test/faults/durations.ts'));
let folder: string;

/** Test files for a run of the runner on its own; `test/skip.ts` and `spawn` are at hand in them. */
function testFile(name: string, text: string): string {
  const path = join(folder, `${name}.test.ts`);
  const head = `import { skip } from ${skipModule};\nimport { spawn } from 'node:child_process';\nvoid [skip, spawn];\n`;
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, head + text);
  return path;
}

function npmTest(args: string[], env: NodeJS.ProcessEnv = {}) {
  const said = spawnSync(process.execPath, ['test/run.mjs', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { code: said.status, out: said.stdout, last: said.stdout.trimEnd().split('\n').at(-1) };
}

describe('npm test', function () {
  this.timeout(60_000);
  beforeEach(function () {
    folder = mkdtempSync(join(tmpdir(), 'runner-'));
  });
  afterEach(function () {
    rmSync(folder, { recursive: true, force: true });
  });

  it('counts what passed, failed and was skipped, in its last line', function () {
    testFile('one', `it('a', () => {}); it('b', () => { throw new Error('broken on purpose'); });`);
    testFile('deeper/two', `it('c', function () { skip(this, 'no server here'); });`);
    const { code, out, last } = npmTest([folder]);
    assert.equal(last, '1 passed, 1 failed, 1 skipped');
    assert.equal(code, 1);
    assert.match(out, /1\. .*: b\n +Error: broken on purpose\n +at /);
    assert.match(out, /two\.test\.ts: c\n +because: no server here/);
  });

  it('takes some of the long fault files each time, every one of them now and then, and the others always', async () => {
    type Job = { name: string };
    const { turns, drawn } = (await import(join(root, 'test/run/short-form.mjs'))) as {
      turns: { files: string[]; take: number }[];
      drawn: (jobs: Job[]) => { taken: Job[]; left: string[] };
    };
    const long = turns.flatMap(({ files }) => files);
    for (const file of long) assert.ok(existsSync(join(root, `test/faults/${file}.test.ts`)), file);
    const jobs = [...long, 'state-machine'].map((file) => ({ name: `test/faults/${file}.test.ts` }));
    const seen = new Set<string>();
    for (let run = 0; run < 200; run += 1) {
      const { taken, left } = drawn([...jobs, { name: 'test/src/domain' }]);
      assert.equal(taken.length + left.length, jobs.length + 1);
      assert.equal(taken.length, 2 + turns.reduce((sum, { take }) => sum + take, 0));
      for (const { name } of taken) seen.add(name);
    }
    assert.equal(seen.size, jobs.length + 1);
  });

  it('ends with 0 when nothing failed, and says what was left to the long form', function () {
    testFile(
      'one',
      `import { inLongForm, some } from ${durationsModule};
      it('a', () => {}); describe('s', () => { it('b', function () { skip(this, 'why'); }); });
      for (const one of some([1, 2, 3], 1)) it('drawn ' + one, () => {});
      inLongForm('for long', () => { throw new Error('not now'); });`,
    );
    const { code, out, last } = npmTest([folder]);
    assert.deepEqual([code, last], [0, '2 passed, 0 failed, 1 skipped']);
    assert.match(out, /^3 cases of faults were left to the long form: npm run faults$/m);
  });

  it('says how long the faults took together, side by side as they run', async () => {
    const { tally } = (await import(join(root, 'test/run/tally.mjs'))) as {
      tally: (print: (line: string) => void, now: () => number) => { job: Done; conclude: () => number };
    };
    type Done = (outcome: object, output: string) => void;
    const lines: string[] = [];
    let now = 0;
    const count = tally(
      (line) => lines.push(line),
      () => now,
    );
    const ended = (name: string, at: number, ms: number) => {
      now = at;
      count.job({ job: { name, files: [] }, passed: 1, failed: [], skipped: [], left: 0, ms }, '');
    };
    ended('test/faults/a.test.ts', 101_000, 100_000);
    ended('test/flow/b.test.ts', 105_000, 105_000);
    ended('test/faults/c.test.ts', 121_000, 60_000);
    ended('test/src/domain', 300_000, 2_000);
    count.conclude();
    assert.ok(lines.includes('\nFaults: 2 files, 120.0 s from the first to the last'), lines.join('\n'));
  });

  it('takes the reason from every kind of hook', function () {
    testFile(
      'hooks',
      `describe('all', function () {
        before(function () { skip(this, 'reason of before'); });
        it('a', () => {}); it('b', () => {}); describe('inner', () => { it('c', () => {}); });
      });
      describe('each', function () {
        let first = true;
        beforeEach(function () { if (first) { first = false; skip(this, 'reason of beforeEach'); } });
        it('d', () => {}); it('e', () => {});
      });`,
    );
    const { out, last } = npmTest([folder]);
    assert.equal(last, '1 passed, 0 failed, 4 skipped');
    assert.equal(out.match(/because: reason of before$/gm)?.length, 3);
    assert.match(out, /each d\n +because: reason of beforeEach/);
  });

  it('fails what is skipped without a reason', function () {
    testFile(
      'bare',
      `it('a', function () { this.skip(); }); it.skip('b', () => {}); it('to do'); it('c', () => {});`,
    );
    const { code, out, last } = npmTest([folder]);
    assert.deepEqual([code, last], [1, '1 passed, 3 failed, 0 skipped']);
    // Each is named at once, explained at the end, and said once more in short.
    assert.equal(out.match(/skipped without reason/g)?.length, 9);
  });

  it('fails when nothing ran', function () {
    testFile('one', `it('a', () => {});`);
    const { code, last } = npmTest([folder, 'no test is called this']);
    assert.deepEqual([code, last], [1, '0 passed, 0 failed, 0 skipped']);
  });

  it('narrows by title', function () {
    testFile('one', `it('apple pie', () => {}); it('pear', () => { throw new Error('no'); });`);
    assert.equal(npmTest([folder, 'apple', 'pie']).last, '1 passed, 0 failed, 0 skipped');
  });

  it('fails a file that cannot be loaded, and runs the others', function () {
    testFile('x/broken', `import './no-such-file.ts';`);
    testFile('y/fine', `it('a', () => {});`);
    const { out, last } = npmTest([folder]);
    assert.equal(last, '1 passed, 1 failed, 0 skipped');
    assert.match(out, /ended early \(exit code 1\)[^]*no-such-file/);
  });

  it('fails a process that is ended in the middle, naming the test', function () {
    testFile('one', `it('a', () => {}); it('dies', () => { process.kill(process.pid, 'SIGKILL'); });`);
    const { out, last } = npmTest([folder]);
    assert.equal(last, '1 passed, 1 failed, 0 skipped');
    assert.match(out, /ended early \(SIGKILL\)[^]*last begun: dies/);
  });

  it('fails what keeps a process open after its last test', function () {
    testFile('one', `it('forgets', () => { setInterval(() => 0, 1000); });`);
    const { out, last } = npmTest([folder], { FRESHET_TEST_CLOSING_MS: '1500' });
    assert.equal(last, '1 passed, 1 failed, 0 skipped');
    assert.match(out, /a server, socket or timer is open/);
  });

  it('ends a run that takes too long, and says which test was running', function () {
    testFile('one', `it('hangs', function (done) { this.timeout(0); setInterval(() => 0, 1000); });`);
    const { code, out, last } = npmTest([folder], { FRESHET_TEST_LIMIT_MS: '15000' });
    assert.equal(code, 1);
    assert.match(out, /took longer than 15 s; running were:\n.*: hangs/);
    assert.match(last ?? '', /^0 passed, \d failed, 0 skipped$/);
  });

  // Servers overwrite their environment, daemons lose their parent: each sign has to suffice alone.
  const leftovers = {
    'a daemon that keeps its environment': `spawn('sh', ['-c', 'setsid sleep 611 & echo'], { detached: true, stdio: 'ignore' });`,
    'a child whose environment was taken away': `spawn('env', ['-i', 'sleep', '611'], { detached: true, stdio: 'ignore' }).unref();`,
    'a daemon without environment that names a file of its own': `spawn('sh', ['-c', 'env -i setsid tail -f ' + process.env.TMPDIR + '/../report-1.ndjson & echo'], { detached: true, stdio: 'ignore' });`,
  };
  for (const [name, text] of Object.entries(leftovers)) {
    it(`names, ends and counts ${name}`, function () {
      if (process.platform !== 'linux') skip(this, 'needs /proc');
      testFile(
        'one',
        `it('a', async () => { ${text} await new Promise((resolve) => setTimeout(resolve, 1500)); });`,
      );
      const { code, out, last } = npmTest([folder]);
      assert.deepEqual([code, last], [1, '1 passed, 1 failed, 0 skipped'], out);
      const pid = /were ended:\n +(\d+): (?:sleep 611|tail -f)/.exec(out)?.[1];
      assert.ok(pid, out);
      assert.ok(isDead(pid), `${pid} lives on`);
    });
  }

  it('stops, tests and all, when the process that started it is gone', async function () {
    const file = testFile(
      'one',
      `import { writeFileSync } from 'node:fs';
      it('waits', function (done) { this.timeout(0); writeFileSync('${folder}/pid', String(process.pid)); setInterval(() => 0, 1000); });`,
    );
    const script = `require('child_process').spawn(process.execPath, ['test/run.mjs', ${JSON.stringify(file)}], { stdio: 'ignore' }); setInterval(() => 0, 1000);`;
    const parent = spawn(process.execPath, ['-e', script], { cwd: root, stdio: 'ignore' });
    const noted = join(folder, 'pid');
    const pid = await until('it waits', () => existsSync(noted) && (readFileSync(noted, 'utf8') || false));
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await until(`${pid} is gone`, () => isDead(pid));
  });
});

function isDead(pid: string): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

describe('npm run faults', function () {
  this.timeout(60_000);

  function npmRunFaults(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['test/faults.mjs', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    return { code: status, lines: stdout.trim().split('\n'), said: stderr };
  }

  for (const [args, refusal] of [
    [['--seed', 'x'], /The seed "x" is not allowed; expected a whole number from 0 /],
    [['--duration', '10'], /The duration "10" is not allowed; expected one such as 90s, 10m or 2h/],
    [['--only', 'clocks', 'clokcs'], /There are no faults "clokcs"; expected .*clocks/],
    [['redis'], /"redis" is not understood; expected npm run faults -- /],
    [['--sed', '3'], /'--sed'; expected npm run faults -- /],
  ] as const) {
    it(`refuses ${args.join(' ')}, and says what is allowed`, () => {
      const { code, said } = npmRunFaults(args);
      assert.match(said, refusal);
      assert.equal(code, 1);
    });
  }

  it('prints how it is used, with every name, where it is asked for that', () => {
    const { code, lines, said } = npmRunFaults(['--help']);
    assert.equal(code, 0);
    assert.equal(said, '');
    assert.match(lines[0]!, /^npm run faults -- \[--seed N\] \[--duration 10m\] \[--only NAME\.\.\.\]$/);
    assert.match(lines.at(-1)!, /--only NAME\.\.\. .*: .*clocks, .*http-mode, .*nemesis/);
  });

  it('runs what stands elsewhere and has a long form, too', async () => {
    const { faultsAsked } = (await import(join(root, 'test/run/faults.mjs'))) as {
      faultsAsked: (args: string[]) => { files: string[] };
    };
    const file = 'test/flow/http-mode.test.ts';
    assert.deepEqual(faultsAsked([]).files.slice(0, 2), ['test/faults', file]);
    assert.deepEqual(faultsAsked(['--only', 'http-mode', 'engine.swap']).files, [
      file,
      'test/contracts/engine.swap.test.ts',
    ]);
    assert.match(readFileSync(join(root, file), 'utf8'), /does not prove to be of Slack/);
  });

  it('says its seed and its duration at the beginning and at the end', () => {
    const { lines } = npmRunFaults(['--seed', '7', '--duration', '90s', '--only', 'decisions'], {
      FRESHET_TEST_LIMIT_MS: '1',
    });
    const about = 'Faults with seed 7; the nemesis goes on for 90 s.';
    assert.equal(lines[0], about);
    assert.deepEqual(lines.slice(-3, -1), [about, '']);
    assert.match(lines.at(-1)!, /^0 passed, \d failed, 0 skipped$/);
  });
});
