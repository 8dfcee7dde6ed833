import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backup } from '../../src/domain/backup.ts';
import { channels } from '../../src/sandbox/cast.ts';
import { badNames, bombs, cuts, layBadBackups, oddNames, shellLines, stem } from '../rig/bad-backups.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { some, span } from './durations.ts';

const patience = 400;

const drawn = {
  // Two are looked at one by one below.
  cuts: new Set([...some(cuts, 5), 'cut-middle.dump', 'cut-end.dump']),
  bombs: some(bombs, 1),
  shells: some(Object.keys(shellLines('')), 2),
};

export const backupFiles: Suite = (rigOf) => {
  describe('backup files that are broken, crafted or oddly named', function () {
    this.timeout(900_000);
    let rig: Rig;
    let nightly: string;
    let old: string;
    const found = new Map<string, Backup>();

    before(async function () {
      this.timeout(startMs + 2 * patience * 1000);
      rig = rigOf();
      nightly = rig.sandbox.hosts.hosts['prod-db'].files.backups.nightly;
      // What must never come to be.
      const witness = join(rig.folder, 'witness');
      old = await contentOf(rig, 'orders_dev');
      const last = await layBadBackups(rig, { ...drawn, bombSize: span(16, 256), witness });
      await until(
        'everything was looked at',
        async () => {
          for (const backup of await rig.store.backups.ofRepository('nightly'))
            found.set(backup.path, backup);
          return found.has(last);
        },
        patience,
        () => [...found.keys()].join('\n'),
      );
    });

    afterEach(unharmed);

    it('cut at any place, damaged or full of noise: shown as corrupt or left out, and the operators are told', async () => {
      const names = (await readdir(nightly)).filter((name) => name.startsWith(`${stem}-cut-`));
      assert.equal(names.length, drawn.cuts.size, names.join());
      for (const name of names) assert.notEqual(found.get(name)?.state, 'present', name);
      for (const name of [
        'cut-middle.dump',
        'cut-end.dump',
        'cut-end.sql',
        'cut-end.sql.gz',
        'cut-toc.dir',
        'cut-data.dir',
        'cut-gone.dir',
      ])
        if (drawn.cuts.has(name)) assert.equal(found.get(`${stem}-${name}`)?.state, 'corrupt', name);
      const { id } = found.get(`${stem}-cut-end.dump`)!;
      await rig.sandbox.slack.waitFor(
        () => rig.sandbox.slack.messages(channels.operators).find((one) => JSON.stringify(one).includes(id)),
        240_000,
      );
    });

    it('that unpack to gigabytes: not read on, and nothing of it is kept', async () => {
      for (const name of drawn.bombs) {
        const backup = found.get(`${stem}-${name}`);
        assert.equal(backup?.state, 'corrupt', name);
        assert.match(backup.stateReason ?? '', /unpacks to more than 250 times its size/, name);
      }
      const { root } = rig.sandbox.hosts.hosts['prod-db'];
      // Another backup may be read meanwhile: what is gone before it is counted is no fault.
      const { stdout } = await rig.sandbox.hosts.hosts['prod-db'].exec([
        'sh',
        '-c',
        'du -sk "$1" 2>/dev/null || true',
        'sh',
        join(root, 'opt/freshet/state'),
      ]);
      assert.match(stdout, /^\d+\t/);
      assert.ok(Number(stdout.split('\t')[0]) < 10_000, stdout);
    });

    it('that are links, or hold one: left out, or shown as corrupt', () => {
      for (const [name, backup] of found) {
        if (!name.startsWith(`${stem}-link`)) continue;
        assert.equal(name, `${stem}-link-data.dir`, 'no link is followed');
        assert.equal(backup.state, 'corrupt');
        assert.match(backup.stateReason ?? '', /holds a link/);
      }
    });

    it('with odd names: listed where they are harmless, left out where they are not', async () => {
      for (const [what, name] of Object.entries(oddNames))
        assert.equal(found.get(name)?.state, 'present', what);
      const left = [...found.keys()].filter((path) => path.startsWith(stem) || !path.startsWith('orders_'));
      for (const path of left) {
        assert.ok(!/[\p{Cc}\\\u202e\ufffd]/u.test(path) && !/(?:^|\/)[-.]/.test(path), JSON.stringify(path));
      }
      for (const name of Object.values(badNames))
        assert.ok(!found.has(String(name)), JSON.stringify(String(name)));
      assert.match(await rig.answer('orders', '/backups'), /BKP-/);
    });

    it('a corrupt one is refused, and named', async () => {
      const { id } = found.get(`${stem}-cut-middle.dump`)!;
      const said = await rig.answer(`dev orders --backup ${id} --reason "x"`);
      assert.match(said, new RegExp(`${id} .*(?:corrupt|could not be read)`));
    });

    for (const name of drawn.shells) {
      it(`a dump with a shell line (${name}): the run fails, nothing was run`, async () => {
        const backup = found.get(`${stem}-shell-${name}.sql`)!;
        assert.equal(backup.state, 'present');
        const request = await rig.ask('dev', { backup: backup.id });
        await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled'], patience);
        const [failed] = await rig.store.events.ofRequest(request, ['run-failed']);
        assert.ok(failed?.type === 'run-failed', JSON.stringify(await rig.store.events.ofRequest(request)));
        assert.equal(failed.code, name === 'copy-program' ? 'permission-denied' : 'restricted-command');
      });
    }

    it('the one with the worst name is restored like any other', async () => {
      const backup = found.get(oddNames['shell text'])!;
      const wanted = await contentAfter(rig, backup, 'dev');
      const request = await rig.ask('dev', { backup: backup.id });
      const { state } = await rig.until(request, ['succeeded', 'failed', 'fenced', 'cancelled'], patience);
      assert.equal(state, 'succeeded', JSON.stringify(await rig.store.events.ofRequest(request)));
      old = wanted;
    });

    /** Nothing was run, and the target is as it was. */
    async function unharmed(): Promise<void> {
      const { stdout } = await rig.sandbox.hosts.hosts['prod-db'].exec([
        'find',
        rig.folder,
        process.cwd(),
        // Servers and scans go on meanwhile, and what they had for a moment is gone again.
        '-ignore_readdir_race',
        '-path',
        '*/node_modules',
        '-prune',
        '-o',
        '(',
        '-name',
        'witness*',
        '-o',
        '-name',
        'pwned*',
        ')',
        '-print',
      ]);
      assert.equal(stdout, '', 'something was run');
      await checkInvariants(rig, { targets: { orders_dev: [old] } });
    }
  });
};
