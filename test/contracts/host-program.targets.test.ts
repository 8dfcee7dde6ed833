import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, freshRun, onEachShell } from '../runners/host-program/on-each-shell.ts';
import { until } from '../until.ts';

const file = {
  servers: [{ name: 'test-pg', engine: 'postgres' as const, port: 5432, loader: 'loader' }],
  targets: ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'].map((name) => ({
    name,
    server: 'test-pg',
    database: `db_${name}`,
  })),
};

onEachShell('host program: lock and fence of a target', file, (on) => {
  it('lets the fence grow only, and says so before a swap', async () => {
    const run = freshRun();
    await on.program.claim('one', run, 3);
    await on.program.claim('one', run, 3);
    await on.program.confirm('one', run, 3);
    await on.program.claim('one', run, 7);
    for (const late of [
      () => on.program.claim('one', run, 3),
      () => on.program.confirm('one', run, 3),
      () => on.program.submit(on.step({ run, step: 'late', target: 'one', fence: 3 })),
      () => on.program.sweep(run, 3),
    ]) {
      const error = await failure(late());
      assert.deepEqual([error.kind, error.code], ['Fenced', 'fence-passed']);
    }
    await on.program.confirm('one', run, 7);
  });

  it('keeps the fence after a release, a sweep and in a new session', async () => {
    const run = freshRun();
    await on.program.claim('two', run, 5);
    await on.program.release('two', run, 5);
    await on.program.sweep(run, 5);
    assert.equal((await failure(on.program.confirm('two', run, 5))).code, 'target-unclaimed');
    assert.equal((await failure(on.another().program.claim('two', freshRun(), 4))).code, 'fence-passed');
    await on.program.claim('two', freshRun(), 6);
  });

  it('refuses steps of a run that has not claimed the target', async () => {
    await on.program.claim('three', freshRun(), 2);
    const error = await failure(
      on.program.submit(on.step({ run: freshRun(), step: 'foreign', target: 'three', fence: 2 })),
    );
    assert.deepEqual([error.kind, error.code], ['Conflict', 'target-locked']);
  });

  it('does not hand a target on while a step of its holder runs', async () => {
    const holder = freshRun();
    const next = freshRun();
    await on.script('hold.sh', 'echo up >> hold; until [ -e let-go ]; do sleep 0.05; done');
    await on.program.claim('four', holder, 1);
    await on.program.submit(on.step({ run: holder, step: 'hold', target: 'four', fence: 1 }));
    await until('it runs', async () => (await on.marks('hold')).length === 1);
    const error = await failure(on.program.claim('four', next, 2));
    assert.deepEqual([error.kind, error.code], ['Conflict', 'target-locked']);
    await on.program.confirm('four', holder, 1);
    await writeFile(join(on.at.folder, 'let-go'), '');
    await on.program.wait(holder, 'hold', { timeoutSeconds: 30 });
    await on.program.claim('four', next, 2);
    assert.equal((await failure(on.program.confirm('four', holder, 1))).code, 'fence-passed');
  });

  it('tells of a lock without a folder; a sweep gives it back, if it is of that fence and run', async () => {
    const [run, other] = [freshRun(), freshRun()];
    await on.program.claim('seven', run, 4);
    await on.program.claim('eight', other, 4);
    const lockOf = async (of: string) => (await on.program.runs()).runs.find((one) => one.run === of);
    const listed = await lockOf(run);
    assert.deepEqual([listed?.folder, listed?.running], [false, false]);
    assert.ok(Math.abs(listed!.changedAt.getTime() - Date.now()) < 120_000);
    assert.equal((await failure(on.program.sweep(run, 3))).code, 'fence-passed');
    await on.program.sweep(run, 4);
    assert.equal(await lockOf(run), undefined);
    assert.equal((await failure(on.program.confirm('seven', run, 4))).code, 'target-unclaimed');
    await on.program.confirm('eight', other, 4);
  });

  it('takes one of two claims with the same fence', async () => {
    const programs = [on.program, on.another().program, on.another().program];
    const claims = await Promise.allSettled(programs.map((program) => program.claim('five', freshRun(), 9)));
    assert.equal(claims.filter((claim) => claim.status === 'fulfilled').length, 1);
  });

  it('does not stop a newer attempt’s step for an older one', async () => {
    const run = freshRun();
    await on.script('newer.sh', 'sleep 60');
    await on.program.claim('six', run, 2);
    await on.program.submit(on.step({ run, step: 'newer', target: 'six', fence: 2 }));
    assert.equal((await failure(on.program.stop(run, 'newer', 1))).code, 'fence-passed');
    assert.equal((await on.program.state(run, 'newer')).state, 'running');
    assert.equal((await on.program.stop(run, 'newer', 2)).state, 'ended');
  });
});
