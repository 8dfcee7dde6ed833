import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { needsRoot, skip } from '../skip.ts';

const run = promisify(execFile);

/** The roots of both hosts; what the bot itself holds lies beside them. */
function rootsOf({ hosts }: Sandbox): string[] {
  return Object.values(hosts.hosts).map(({ root }) => root);
}

function mayCover(): boolean {
  const { status } = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']);
  return process.getuid?.() === 0 && status === 0;
}

/**
 * Put before Freshet's processes: a world of its own where the hosts' folders are covered by empty, read-only ones, so that what it
 * does, it does over SSH. Nothing where that is not allowed.
 */
export function covered(sandbox: Sandbox): readonly string[] {
  if (!mayCover()) return [];
  const cover =
    'for root do [ "$root" = -- ] && break; mount -t tmpfs -o ro,size=4k none "$root" || exit 1; done';
  const drop = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', `${cover}; ${drop}`, 'sh', ...rootsOf(sandbox), '--'];
}

/** Wants a catalogue that began empty, and processes that were started `covered`. */
export const confined: Suite = (rigOf) => {
  describe('the bot and the files of the hosts', function () {
    this.timeout(600_000);
    let rig: Rig;
    let old: string;

    before(async function () {
      this.timeout(startMs);
      needsRoot(this);
      rig = rigOf();
      if (!mayCover()) skip(this, 'mounts are forbidden here');
      old = await contentOf(rig, 'orders_dev');
    });
    afterEach(() => checkInvariants(rig, { targets: { orders_dev: [old] } }));

    it('sees nothing below their roots', async () => {
      for (const root of rootsOf(rig.sandbox)) {
        const within = await run('nsenter', ['-t', String(rig.serve.pid), '-m', 'ls', '-A', root]);
        assert.equal(within.stdout, '', 'in the world of the bot the folder is empty');
        assert.ok((await readdir(root)).length > 3, 'and here it is not');
      }
      const mounts = await readFile(`/proc/${rig.serve.pid}/mounts`, 'utf8');
      for (const root of rootsOf(rig.sandbox))
        assert.match(mounts, new RegExp(`^none ${root} tmpfs ro`, 'm'));
    });

    it('has found and read every backup nevertheless, refreshes, and takes it back', async () => {
      const { total } = await rig.store.backups.list({}, { limit: 1, offset: 0 });
      assert.equal(total, 11);
      const backup = await backupIn(rig, 'nightly', '.dir');
      const wanted = await contentAfter(rig, backup, 'dev');
      const request = await rig.ask('dev', { backup: backup.id });
      const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled']);
      assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
      assert.equal(await contentOf(rig, 'orders_dev'), wanted);
      const undo = await rig.undo(request);
      assert.equal((await rig.until(undo, ['succeeded', 'failed', 'fenced'])).state, 'succeeded');
      assert.equal(await contentOf(rig, 'orders_dev'), old);
    });

    it('has no file of theirs open', async () => {
      const folder = `/proc/${rig.serve.pid}/fd`;
      const links = await Promise.all(
        (await readdir(folder)).map((fd) =>
          run('readlink', [join(folder, fd)]).then(
            ({ stdout }) => stdout,
            () => '',
          ),
        ),
      );
      for (const root of rootsOf(rig.sandbox)) {
        assert.deepEqual(
          links.filter((link) => link.startsWith(root)),
          [],
        );
      }
    });
  });
};
