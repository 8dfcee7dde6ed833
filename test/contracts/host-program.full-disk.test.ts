import assert from 'node:assert/strict';
import { isFreshetError } from '../../src/domain/errors.ts';
import type { HostStepState } from '../../runners/host-program/step.ts';
import { freshRun, onEachShell } from '../runners/host-program/on-each-shell.ts';
import { mountSmallDisk, type SmallDisk } from '../rig/small-disk.ts';
import { span } from '../faults/durations.ts';
import { needsRoot, skip } from '../skip.ts';

const file = {
  servers: [{ name: 'pg', engine: 'postgres' as const, port: 5432, loader: 'loader' }],
  targets: [{ name: 'uat-orders', server: 'pg', database: 'orders_uat' }],
};

/** More blocks than a step and its journal take. */
const most = 24;

onEachShell('host program: a full disk', file, (on) => {
  // Its own hooks: the disk is unmounted before the host's folder is removed.
  describe('under its state folder', () => {
    let disk: SmallDisk;

    before(async function () {
      needsRoot(this);
      try {
        disk = await mountSmallDisk(on.at.state, 2);
      } catch {
        skip(this, 'mounts are forbidden here');
      }
      // A session of its own: it makes its folders when it begins.
      await on.another().program.facts();
    });
    after(() => disk?.unmount());
    afterEach(() => disk?.clear());

    it(`with 0 to ${most} blocks left: a step runs once or not at all, and what was cut is not believed`, async function () {
      this.timeout(180_000);
      const seen = { refused: 0, failed: 0, ended: 0 };
      for (let left = 0; left <= most; left += span(2, 1)) {
        const run = freshRun();
        const name = `left-${left}`;
        // It writes more than is left, so that it is itself cut where it was let begin.
        await on.script(`${name}.sh`, `echo ran >> ${name}; dd if=/dev/zero bs=4096 count=8`);
        const step = on.step({ run, step: name, files: { 'a.txt': 'text '.repeat(1000) } });
        const { program } = on.another();
        await disk.fill(left);
        let state: HostStepState | undefined;
        try {
          state = await program.submit(step);
          if (state.state === 'running') state = await program.wait(run, name, { timeoutSeconds: 60 });
        } catch (error) {
          assert.ok(
            isFreshetError(error, 'Conflict') && error.code === 'no-space',
            `${left}: ${String(error)}`,
          );
          assert.deepEqual(await on.marks(name), [], `${left}: refused, and ran`);
          seen.refused += 1;
        }
        await disk.clear();
        const again = await program.submit(step);
        const ended =
          again.state === 'running' ? await program.wait(run, name, { timeoutSeconds: 60 }) : again;
        assert.ok(ended.state === 'ended', `${left}: ${JSON.stringify(ended)}`);
        assert.deepEqual(await on.marks(name), ['ran'], `${left}: once`);
        if (state === undefined) {
          assert.equal(ended.exitCode, 0, `${left}: there is room now`);
        } else {
          assert.deepEqual(ended, state, `${left}: it is told the same again`);
          if (ended.exitCode === 0) seen.ended += 1;
          else {
            // Its own message can be cut as well, and a moment later there is room again: then the cause is not known.
            assert.ok(
              [undefined, 'no-space'].includes(ended.cause?.code),
              `${left}: ${JSON.stringify(ended)}`,
            );
            if (ended.cause !== undefined) seen.failed += 1;
          }
        }
        await program.sweep(run, 1);
      }
      assert.ok(
        Object.values(seen).every((times) => times > 0),
        JSON.stringify(seen),
      );
    });

    it('takes no claim that it could not keep, and takes it when there is room', async () => {
      const run = freshRun();
      await disk.fill();
      await assert.rejects(on.program.claim('uat-orders', run, 7), { kind: 'Conflict', code: 'no-space' });
      await assert.rejects(on.program.confirm('uat-orders', run, 7), { code: 'target-unclaimed' });
      await disk.clear();
      await on.program.claim('uat-orders', run, 7);
      await disk.fill();
      await on.program.confirm('uat-orders', run, 7);
      await on.program.release('uat-orders', run, 7);
    });

    it('ends and sweeps a run all the same', async () => {
      const run = freshRun();
      await on.script('stop.sh', 'echo up >> stop; sleep 60');
      await on.program.submit(on.step({ run, step: 'stop' }));
      await disk.fill();
      const stopped = await on.program.stop(run, 'stop', 1);
      assert.ok(stopped.state === 'ended' && stopped.exitCode !== 0, JSON.stringify(stopped));
      await on.program.sweep(run, 1);
      assert.deepEqual(
        (await on.program.runs()).runs.filter((one) => one.run === run),
        [],
      );
    });
  });
});
