import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeStep } from '../../runners/host-program/codec.ts';
import { failure, freshRun, onEachShell } from '../runners/host-program/on-each-shell.ts';
import { until } from '../until.ts';

const wait60 = { timeoutSeconds: 60 };

onEachShell('host program: a step and its journal', {}, (on) => {
  it('starts once, though 20 submissions over four connections ask at once', async () => {
    const run = freshRun();
    await on.script('once.sh', 'echo started >> once; sleep 0.2');
    const programs = [on.program, on.another().program, on.another().program, on.another().program];
    const step = on.step({ run, step: 'once' });
    const states = await Promise.all(
      Array.from({ length: 20 }, (_, i) => programs[i % programs.length]!.submit(step)),
    );
    const ended = await on.program.wait(run, 'once', wait60);
    assert.equal(ended.state, 'ended');
    assert.deepEqual(await on.marks('once'), ['started']);
    const starts = new Set(states.map((state) => state.state !== 'absent' && state.startedAt.getTime()));
    assert.equal(starts.size, 1, 'everybody was told of the same start');
  });

  it('answers a repeated submission with how the step stands, also after its end', async () => {
    const run = freshRun();
    await on.script('again.sh', 'echo started >> again; exit 3');
    const step = on.step({ run, step: 'again' });
    await on.program.submit(step);
    await on.program.wait(run, 'again', wait60);
    const state = await on.program.submit(step);
    assert.ok(state.state === 'ended' && state.exitCode === 3);
    assert.equal((await on.marks('again')).length, 1);
  });

  it('refuses other content under the same name', async () => {
    const run = freshRun();
    await on.script('same.sh', 'true');
    await on.program.submit(on.step({ run, step: 'same' }));
    const error = await failure(on.program.submit(on.step({ run, step: 'same', report: 'bytes' })));
    assert.deepEqual([error.kind, error.code], ['Conflict', 'step-differs']);
  });

  it('runs nothing of an upload that was cut', async () => {
    const run = freshRun();
    await on.script('cut.sh', 'echo started >> cut');
    const { payload, sha256 } = encodeStep(on.step({ run, step: 'cut' }));
    for (const length of [0, 10, payload.length - 1]) {
      const stream = await on.host.session();
      stream.resume();
      stream.write(`1 submit ${payload.length} ${sha256}\n`);
      stream.write(payload.subarray(0, length));
      const gone = new Promise((resolve) => stream.once('close', resolve));
      stream.end();
      await gone;
    }
    await until(
      'the sessions ended',
      async () => (await readdir(join(on.at.state, 'incoming'))).length === 0,
    );
    assert.deepEqual(await on.program.state(run, 'cut'), { state: 'absent' });
    assert.deepEqual(await on.marks('cut'), []);
  });

  it('runs nothing of an upload whose hash is another', async () => {
    const run = freshRun();
    await on.script('hash.sh', 'echo started >> hash');
    const { payload, sha256 } = encodeStep(on.step({ run, step: 'hash' }));
    const stream = await on.host.session();
    let answer = '';
    stream.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    payload[payload.length - 2]! ^= 1;
    stream.write(Buffer.concat([Buffer.from(`1 submit ${payload.length} ${sha256}\n`), payload]));
    await until('it answers', () => answer.includes('1 no'));
    stream.end();
    assert.match(answer, /1 no Unavailable upload-damaged/);
    assert.deepEqual(await on.program.state(run, 'hash'), { state: 'absent' });
    assert.deepEqual(await on.marks('hash'), []);
  });

  it('lives on when the connection and sshd’s processes for it are killed', async () => {
    const run = freshRun();
    await on.script(
      'detached.sh',
      'echo first; until [ -e go-on ]; do sleep 0.05; done; echo second; echo done >> detached',
    );
    const { program } = on.another();
    await program.submit(on.step({ run, step: 'detached' }));
    on.at.cut();
    await until('the connection is known to be lost', async () => {
      const state = await program.state(run, 'detached').catch(() => undefined);
      return state?.state === 'running';
    });
    await writeFile(join(on.at.folder, 'go-on'), '');
    const ended = await untilEnded(() => program.wait(run, 'detached', wait60));
    assert.equal(ended.state === 'ended' && ended.exitCode, 0);
    assert.deepEqual(await on.marks('detached'), ['done']);
  });

  it('tells the truth when the supervisor is killed: running, then how it ended', async () => {
    const run = freshRun();
    await on.script('orphan.sh', 'echo up >> orphan; until [ -e orphan-go ]; do sleep 0.05; done; exit 4');
    await on.program.submit(on.step({ run, step: 'orphan' }));
    await until('it runs', async () => (await on.marks('orphan')).length === 1);
    process.kill((await supervisor(run, 'orphan')).pid, 'SIGKILL');
    assert.equal((await on.program.state(run, 'orphan')).state, 'running');
    await writeFile(join(on.at.folder, 'orphan-go'), '');
    const ended = await on.program.wait(run, 'orphan', wait60);
    assert.equal(ended.state === 'ended' && ended.exitCode, 4);
  });

  it('says lost when everything of the step was killed, and does not start it again', async () => {
    const run = freshRun();
    await on.script('lost.sh', 'echo started >> lost; sleep 60');
    const step = on.step({ run, step: 'lost' });
    await on.program.submit(step);
    await until('it runs', async () => (await on.marks('lost')).length === 1);
    process.kill(-(await supervisor(run, 'lost')).pid, 'SIGKILL');
    const lost = await on.program.wait(run, 'lost', wait60);
    assert.ok(lost.state === 'lost' && !lost.rebooted);
    assert.equal((await on.program.submit(step)).state, 'lost');
    assert.equal((await on.marks('lost')).length, 1);
  });

  it('says lost after a reboot, and does not start it again', async () => {
    const run = freshRun();
    await on.script('reboot.sh', 'echo started >> reboot; sleep 60');
    const step = on.step({ run, step: 'reboot' });
    await on.program.submit(step);
    await until('it runs', async () => (await on.marks('reboot')).length === 1);
    await writeFile(on.at.bootId, 'boot-two\n');
    try {
      const lost = await on.program.state(run, 'reboot');
      assert.ok(lost.state === 'lost' && lost.rebooted);
      assert.equal((await on.program.submit(step)).state, 'lost');
      assert.equal((await on.marks('reboot')).length, 1);
    } finally {
      await writeFile(on.at.bootId, 'boot-one\n');
      await on.program.stop(run, 'reboot', 1);
    }
  });

  it('fails a pipe when any of its processes fails', async () => {
    const run = freshRun();
    await on.script('fails.sh', 'echo text; exit 9');
    await on.script('eats.sh', 'read -r line; exit 0');
    const pipe = [
      { tool: 'cat', args: [{ root: 'nightly', path: 'fails.sh' }] },
      { tool: 'cat', args: [{ root: 'nightly', path: 'eats.sh' }] },
    ];
    await on.program.submit(on.step({ run, step: 'pipe', pipe }));
    const ended = await on.program.wait(run, 'pipe', wait60);
    assert.equal(ended.state === 'ended' && ended.exitCode, 9);
  });

  it('waits for a changed report, many waits at once', async () => {
    const run = freshRun();
    const item = 'echo "pg_restore: finished item 12 TABLE DATA x" >&2';
    await on.script(
      'report.sh',
      `${item}; until [ -e more ]; do sleep 0.05; done; ${item}; until [ -e end ]; do sleep 0.05; done`,
    );
    const first = await on.program.submit(on.step({ run, step: 'report', report: 'pg-restore-progress' }));
    const one = await on.program.wait(run, 'report', {
      ...wait60,
      after: { ...first, report: {} } as typeof first,
    });
    assert.ok(one.state === 'running' && one.report.finished === '1');
    const waits = Array.from({ length: 10 }, () => on.program.wait(run, 'report', { ...wait60, after: one }));
    await writeFile(join(on.at.folder, 'more'), '');
    for (const two of await Promise.all(waits))
      assert.ok(two.state === 'running' && two.report.finished === '2');
    const timedOut = await on.program.wait(run, 'report', { timeoutSeconds: 0.3 });
    assert.equal(timedOut.state, 'running');
    const aborted = on.program.wait(run, 'report', { ...wait60, signal: AbortSignal.timeout(50) });
    await assert.rejects(aborted, { name: 'TimeoutError' });
    await writeFile(join(on.at.folder, 'end'), '');
    const ended = await on.program.wait(run, 'report', wait60);
    assert.ok(ended.state === 'ended' && ended.report.finished === '2');
  });

  it('keeps journals and logs to the account', async () => {
    const run = freshRun();
    await on.script('modes.sh', 'echo secret row; echo secret row >&2');
    await on.program.submit(on.step({ run, step: 'modes' }));
    await on.program.wait(run, 'modes', wait60);
    const { stat } = await import('node:fs/promises');
    const entries = await readdir(join(on.at.state, 'runs', run), { recursive: true, withFileTypes: true });
    assert.ok(entries.length > 8);
    for (const entry of entries) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      assert.equal(mode & 0o077, 0, `${entry.name} is open to others`);
    }
  });

  async function supervisor(run: string, step: string): Promise<{ pid: number }> {
    const [folder] = (await readFile(join(on.at.state, 'runs', run, 'steps', step), 'utf8')).split(' ');
    const start = await readFile(join(on.at.state, 'runs', run, 'work', folder!, 'start'), 'utf8');
    return { pid: Number(start.split(' ')[0]) };
  }
});

/** Repeats a wait whose channel died, as callers do. */
async function untilEnded<T>(wait: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await wait();
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
