import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, freshRun, onEachShell } from '../runners/host-program/on-each-shell.ts';
import { until } from '../until.ts';

onEachShell('host program: stop and sweep', {}, (on) => {
  it('ends the whole group, also a child that left it and one that ignores TERM', async () => {
    const run = freshRun();
    await on.script(
      'stubborn.sh',
      `sleep 61 & echo $! >> stubborn
       setsid sh -c 'echo $$ >> stubborn; sleep 62'  &
       setsid sh -c 'trap "" TERM; echo $$ >> stubborn; while :; do sleep 1; done' &
       wait`,
    );
    await on.program.submit(on.step({ run, step: 'stubborn' }));
    await until('all run', async () => (await on.marks('stubborn')).length === 3);
    const pids = (await on.marks('stubborn')).map(Number);
    assert.ok(pids.every((pid) => lives(pid)));
    const state = await on.program.stop(run, 'stubborn', 1);
    assert.ok(!pids.some((pid) => lives(pid)), 'something of the step lived on');
    assert.ok(state.state === 'ended' && state.exitCode === 143, JSON.stringify(state));
    assert.deepEqual(await on.program.stop(run, 'stubborn', 1), state);
  });

  it('answers a stop of what never was, and of what has ended', async () => {
    const run = freshRun();
    assert.deepEqual(await on.program.stop(run, 'never', 1), { state: 'absent' });
    await on.script('quick.sh', 'true');
    await on.program.submit(on.step({ run, step: 'quick' }));
    const ended = await on.program.wait(run, 'quick', { timeoutSeconds: 60 });
    assert.deepEqual(await on.program.stop(run, 'quick', 1), ended);
  });

  it('lists runs, and sweeps one with what still runs of it', async () => {
    const run = freshRun();
    await on.script('swept.sh', 'echo $$ >> swept; sleep 63');
    await on.program.submit(on.step({ run, step: 'swept' }));
    await until('it runs', async () => (await on.marks('swept')).length === 1);
    const { now, runs } = await on.program.runs();
    const listed = runs.find((one) => one.run === run);
    assert.ok(listed?.running === true && Math.abs(listed.changedAt.getTime() - now.getTime()) < 120_000);
    await on.program.sweep(run, 1);
    assert.ok(!lives(Number((await on.marks('swept'))[0])));
    assert.ok(!existsSync(join(on.at.state, 'runs', run)));
    assert.ok(!(await on.program.runs()).runs.some((one) => one.run === run));
    await on.program.sweep(run, 1);
  });

  it('sweeps only what is recorded as Freshet’s', async () => {
    const run = freshRun();
    const folder = join(on.at.state, 'runs', run);
    await mkdir(join(folder, 'precious'), { recursive: true });
    await on.program.sweep(run, 1);
    assert.ok(existsSync(join(folder, 'precious')));
  });

  it('tells of a leave to read without a folder; a sweep takes it back, but not for a run of no fence', async () => {
    const [run, other] = [freshRun(), freshRun()];
    const backup = await on.script('granted.dump', 'rows');
    for (const one of [run, other]) {
      await on.program.grant(one, backup, await on.program.fetchKey(freshRun()), 600);
    }
    const left = async () =>
      (await on.program.runs()).runs.filter((one) => !one.folder && [run, other].includes(one.run));
    assert.deepEqual(
      (await left()).map((one) => one.running),
      [false, false],
    );
    await on.program.sweep(run, 0);
    assert.equal((await left()).length, 2);
    await on.program.sweep(run, 1);
    assert.deepEqual(
      (await left()).map((one) => one.run),
      [other],
    );
    await on.program.revoke(other);
    assert.deepEqual(await left(), []);
  });

  it('refuses what is no run id', async () => {
    const error = await failure(on.program.sweep('../../..' as never, 1));
    assert.equal(error.code, 'request-malformed');
  });
});

/** A zombie is dead: whether somebody collects it is not the program's business. */
function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
