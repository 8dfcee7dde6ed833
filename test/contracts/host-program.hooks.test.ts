import assert from 'node:assert/strict';
import { failure, freshRun, onEachShell, standIn } from '../runners/host-program/on-each-shell.ts';

onEachShell('host program: hooks', { hooks: { migrate: '/bin/true', gone: '/nowhere/hook' } }, (on) => {
  before(async () => {
    if (on.at === undefined) return;
    const lines = [`cd '${on.at.folder}'`, 'echo "$# words" >> hook', 'cat >> hook', 'echo >> hook'];
    await standIn(on.at, 'hook migrate', [...lines, 'echo a secret', 'exit 3'].join('\n'));
  });

  it('runs the named program once, without a word, with what happened on its stdin', async () => {
    const run = freshRun();
    const pipe = [{ tool: 'hook-migrate', args: [] }];
    const step = on.step({ run, step: 'hook.migrate', pipe, stdin: { text: `{"run":"${run}"}` } });
    await on.program.submit(step);
    const ended = await on.program.wait(run, 'hook.migrate', { timeoutSeconds: 60 });
    assert.ok(ended.state === 'ended' && ended.exitCode === 3, JSON.stringify(ended));
    assert.deepEqual(ended.report, {}, 'what it says stays on the host');
    await on.program.submit(step);
    assert.deepEqual(await on.marks('hook'), ['0 words', `{"run":"${run}"}`]);
    assert.deepEqual((await on.program.facts()).hooks, ['migrate', 'gone']);
    // Somebody has it called again: the run was over by then, and its folder gone.
    await on.program.sweep(run, step.fence);
    await on.program.submit(on.step({ run, step: 'hook.migrate.3', pipe, stdin: { text: 'again' } }));
    await on.program.wait(run, 'hook.migrate.3', { timeoutSeconds: 60 });
    assert.deepEqual((await on.marks('hook')).slice(2), ['0 words', 'again']);
  });

  it('runs nothing else: no other name, no words, no company', async () => {
    const refused = async (pipe: { tool: string; args: string[] }[]) => {
      const run = freshRun();
      const error = await failure(on.program.submit(on.step({ run, step: 'no', pipe })));
      assert.deepEqual([error.kind, error.code], ['Forbidden', 'host-refused']);
      assert.deepEqual(await on.program.state(run, 'no'), { state: 'absent' });
    };
    await refused([{ tool: 'hook-another', args: [] }]);
    await refused([{ tool: 'hook-gone', args: [] }]);
    await refused([{ tool: 'hook-cat', args: [] }]);
    await refused([{ tool: 'hook-migrate', args: ['--force'] }]);
    await refused([
      { tool: 'hook-migrate', args: [] },
      { tool: 'digest', args: [] },
    ]);
    await refused([
      { tool: 'digest', args: [] },
      { tool: 'hook-migrate', args: [] },
    ]);
    await refused([{ tool: 'migrate', args: [] }]);
  });
});
