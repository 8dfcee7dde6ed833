import assert from 'node:assert/strict';
import {
  appendFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { engines } from '../../runners/index.ts';
import { openFolder } from '../../runners/repository/folder.ts';
import { manifestText, type Manifest } from '../../src/domain/manifest.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { RepositorySite } from '../../src/domain/site.ts';
import { freshRun, onEachShell } from '../runners/host-program/on-each-shell.ts';

const checksum = 'ab'.repeat(32);

onEachShell('host program: backups that are removed', {}, (on) => {
  const site = (root: string): RepositorySite => ({
    name: root,
    host: 'h',
    root,
    environment: 'dev',
    anonymisation: 'raw',
    scope: 'full',
    scanEverySeconds: 60,
    takes: true,
  });

  function remove(path: string, sha256 = checksum, root = 'nightly'): Promise<void> {
    const folder = openFolder(site(root), {
      program: on.program,
      engines: [],
      sources: [],
      newRun: () => freshRun(),
    });
    return folder.remove({ path, checksum: sha256 });
  }

  /** As `keep` leaves it: a backup, and its manifest beside it. Answers its path. */
  async function taken(
    kind: 'file' | 'folder',
    change: Partial<Manifest> = {},
    { run = freshRun(), ending = '' }: { run?: RunId; ending?: string } = {},
  ) {
    const path = `dev-orders-20261127T020000Z-${run}${ending}`;
    const place = join(on.at.root, path);
    if (kind === 'file') await writeFile(place, 'a dump');
    else {
      await mkdir(place);
      await writeFile(join(place, 'toc.dat'), 'a dump');
    }
    const manifest: Manifest = {
      freshet: 1,
      database: 'orders',
      environment: 'dev',
      databaseName: 'orders_dev',
      engine: 'postgres',
      engineVersion: '15.18',
      format: 'pg-directory',
      dataAt: '2026-11-27T02:00:00.000Z',
      checksum,
      schema: 'c',
      tables: 1,
      rowsInAll: 1,
      run,
      ...change,
    };
    const rows = '{\n  "rows": {\n    "public.t": 1\n  },\n';
    await writeFile(`${place}.json`, rows + manifestText(manifest).replace('{\n', ''));
    return path;
  }

  const there = async () => (await readdir(on.at.root)).filter((name) => name.includes('dev-orders')).sort();

  it('go with their manifests, once however often it is asked, and nothing beside them', async () => {
    const stays = await taken('folder');
    const endings = Object.values(engines).flatMap(({ dumping }) => dumping ?? []);
    for (const { kind, ending } of endings) {
      const path = await taken(kind, {}, { ending });
      await remove(path);
      await remove(path);
      assert.deepEqual(await there(), [stays, `${stays}.json`]);
    }
    await remove(stays);
    assert.deepEqual((await on.program.runs()).runs, []);
  });

  it('get their manifests written through no link that somebody has laid in its place', async () => {
    const run = freshRun();
    const part = `.orders-${run}.part`;
    const victim = join(on.at.folder, 'victim');
    await writeFile(victim, 'theirs');
    await writeFile(join(on.at.root, part), 'a dump');
    await symlink(victim, join(on.at.root, `${part}.json`));
    const path = `dev-orders-20261127T020000Z-${run}`;
    const keeping = on.step({
      run,
      step: 'keep',
      stdin: { text: '{\n  "freshet": 1\n}\n' },
      files: { 'orders.rows': 'in 1 public.t\nin 2 "a\tb\\c\r\n' },
      pipe: [
        {
          tool: 'keep',
          args: [`--part=${part}`, '--rows', { run: 'orders.rows' }, { root: 'nightly', path }],
        },
      ],
      report: 'taken',
    });
    await on.program.submit(keeping);
    const ended = await on.program.wait(run, 'keep', { timeoutSeconds: 30 });
    assert.ok(ended.state === 'ended' && ended.exitCode === 0, JSON.stringify(ended));
    assert.equal(await readFile(victim, 'utf8'), 'theirs');
    const { rows } = JSON.parse(await readFile(join(on.at.root, `${path}.json`), 'utf8')) as { rows: object };
    assert.deepEqual(rows, { 'public.t': 1, '"a\tb\\c?': 2 });
    assert.ok((await lstat(join(on.at.root, `${path}.json`))).isFile());
    await rm(join(on.at.root, path));
    await rm(join(on.at.root, `${path}.json`));
    await on.program.sweep(run, 1);
  });

  it('go on going where a removal was cut off', async () => {
    const path = await taken('folder');
    await rename(join(on.at.root, path), join(on.at.root, `.${path}.gone`));
    await remove(path);
    assert.deepEqual(await there(), []);
  });

  it('stay where no manifest says that a run took exactly this', async () => {
    const unsigned = `dev-orders-20261127T020000Z-${freshRun()}`;
    await writeFile(join(on.at.root, unsigned), 'a dump of somebody');
    await assert.rejects(remove(unsigned), { code: 'manifest-missing' });
    const other = await taken('file');
    await assert.rejects(remove(other, 'cd'.repeat(32)), { code: 'manifest-differs' });
    const foreign = await taken('file', { run: freshRun() });
    await assert.rejects(remove(foreign), { code: 'manifest-differs' });
    const linked = `dev-orders-20261127T020000Z-${freshRun()}`;
    await symlink(join(on.at.root, other), join(on.at.root, linked));
    await assert.rejects(remove(linked), (error: Error & { code?: string }) =>
      ['link-refused', 'host-refused'].includes(error.code ?? ''),
    );
    const all = [unsigned, other, `${other}.json`, foreign, `${foreign}.json`, linked];
    assert.deepEqual(await there(), all.sort());
  });

  it('are only looked for by the names that runs give, and in roots that take', async () => {
    const path = await taken('file');
    await mkdir(join(on.at.root, 'sub'), { recursive: true });
    for (const odd of ['nightly.dump', `sub/${path}`, `../${path}`, `.${path}`, `${path}.json`, ''])
      await assert.rejects(remove(odd), { code: 'host-refused' }, odd);
    const readOnly = join(on.at.folder, 'read only');
    await mkdir(readOnly);
    await appendFile(on.at.conf, `root archive ${readOnly.replaceAll(' ', String.raw`\0040`)}\n`);
    await assert.rejects(remove(path, checksum, 'archive'), { code: 'host-refused' });
    assert.ok((await there()).includes(path));
  });
});
