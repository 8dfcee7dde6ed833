import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  copyFile,
  cp,
  lutimes,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Backup } from '../../src/domain/backup.ts';
import { channels, dana } from '../../src/sandbox/cast.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../rig/until.ts';
import { some, span } from './durations.ts';

/** What whoever may write into a folder of backups can leave there. All names begin so, and fit the pattern of the repository. */
const stem = 'orders_2026-10-01T0200Z';
const patience = 400;
const mebibyte = 2 ** 20;

/** Ways to cut a backup short or fill it with noise. */
const cuts = (
  'none.dump head.dump start.dump middle.dump end.dump middle.sql end.sql middle.sql.gz end.sql.gz ' +
  'noise.sql.gz noise.dump noise.sql.zst toc.dir data.dir gone.dir'
)
  .split(' ')
  .map((name) => `cut-${name}`);
const bombs = ['bomb.sql.gz', 'bomb.sql.zst', 'bomb.dir'];
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
    /** What must never come to be: shell text in names and dumps makes it. */
    let witness: string;
    const found = new Map<string, Backup>();

    before(async function () {
      this.timeout(startMs + 2 * patience * 1000);
      rig = rigOf();
      nightly = rig.sandbox.hosts.hosts['prod-db'].files.backups.nightly;
      witness = join(rig.folder, 'witness');
      old = await contentOf(rig, 'orders_dev');
      const files = await lay();
      // The scan takes them in one after the other: the last one by name comes last.
      const last = `${stem}~last.dump`;
      await cp(files.custom, join(nightly, last));
      await age(nightly);
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

    async function say(command: '/refresh' | '/backups', words: string): Promise<string> {
      const since = rig.stage.whispers(dana);
      await rig.sandbox.slack.command(dana.slack, channels.refreshes, words, { command });
      const whisper = await until(
        'an answer',
        () => rig.sandbox.slack.ephemerals(dana.slack).slice(since)[0],
        patience,
      );
      return `${whisper.text}\n${rig.sandbox.slack.renderText(whisper)}`.replaceAll(/\s+/g, ' ');
    }

    /** Puts all of it into the folder. */
    async function lay(): Promise<{ custom: string }> {
      const names = (await readdir(nightly)).sort().toReversed();
      const custom = join(
        nightly,
        names.find((name) => name.endsWith('.dump'))!,
      );
      const directory = join(
        nightly,
        names.find((name) => name.endsWith('.dir'))!,
      );
      await cutFiles(custom);
      await cutFolders(directory);
      await layBombs(directory);
      await links(custom, directory);
      for (const name of drawn.shells)
        await writeFile(at(`shell-${name}.sql`), plain(shellLines(witness)[name]!));
      for (const name of [...Object.values(oddNames), ...Object.values(badNames)]) {
        await copyFile(custom, Buffer.concat([Buffer.from(`${nightly}/`), Buffer.from(name)]));
      }
      const left = [
        ...cuts.filter((name) => !drawn.cuts.has(name)),
        ...bombs.filter((name) => !drawn.bombs.includes(name)),
      ];
      for (const name of left) await rm(at(name), { recursive: true });
      return { custom };
    }

    const at = (name: string) => join(nightly, `${stem}-${name}`);

    async function cutFiles(custom: string): Promise<void> {
      const { size } = await stat(custom);
      for (const [name, bytes] of Object.entries({
        none: 0,
        head: 10,
        start: size * 0.01,
        middle: size * 0.5,
        end: size - 1,
      })) {
        await cp(custom, at(`cut-${name}.dump`));
        await truncate(at(`cut-${name}.dump`), Math.floor(bytes));
      }
      const whole = plain(
        'CREATE TABLE public.t (n text);\nCOPY public.t (n) FROM stdin;\nrow\n\\.\n'.repeat(1),
      );
      await writeFile(at('cut-middle.sql'), whole.slice(0, whole.indexOf('row')));
      await writeFile(at('cut-end.sql'), whole.slice(0, whole.lastIndexOf('dump complete')));
      const packed = gzipSync(plain(`-- ${randomBytes(50_000).toString('hex')}`));
      await writeFile(at('cut-middle.sql.gz'), packed.subarray(0, packed.length / 2));
      await writeFile(at('cut-end.sql.gz'), packed.subarray(0, -1));
      await writeFile(at('cut-noise.sql.gz'), randomBytes(10_000));
      await writeFile(at('cut-noise.dump'), randomBytes(10_000));
      await writeFile(at('cut-noise.sql.zst'), randomBytes(10_000));
    }

    async function cutFolders(directory: string): Promise<void> {
      const data = (await largest(directory)).name;
      await cp(directory, at('cut-toc.dir'), { recursive: true });
      await truncate(
        join(at('cut-toc.dir'), 'toc.dat'),
        Math.floor((await stat(join(directory, 'toc.dat'))).size / 2),
      );
      await cp(directory, at('cut-data.dir'), { recursive: true });
      await truncate(
        join(at('cut-data.dir'), data),
        Math.floor((await stat(join(directory, data))).size / 2),
      );
      await cp(directory, at('cut-gone.dir'), { recursive: true });
      await rm(join(at('cut-gone.dir'), data));
    }

    async function largest(directory: string): Promise<{ name: string; size: number }> {
      const all = (await readdir(directory)).filter((name) => name.endsWith('.dat.gz'));
      const sized = await Promise.all(
        all.map(async (name) => ({ name, size: (await stat(join(directory, name))).size })),
      );
      return sized.sort((a, b) => b.size - a.size)[0]!;
    }

    /** Members of gzip and frames of zstd may follow one another, so a bomb is quickly made: 1 GiB (16 in the long form) of 1 MB, without a newline. */
    async function layBombs(directory: string): Promise<void> {
      const zeros = Buffer.alloc(64 * mebibyte);
      const many = <T>(one: T): T[] => Array.from({ length: span(16, 256) }, () => one);
      const packed = gzipSync(zeros);
      await writeFile(at('bomb.sql.gz'), Buffer.concat([gzipSync(plain('')), ...many(packed)]));
      const raw = join(rig.folder, 'zeros');
      await writeFile(raw, Buffer.concat([Buffer.from(plain('')), zeros]));
      await rig.sandbox.hosts.hosts['prod-db'].exec(['zstd', '-q', '-f', raw, '-o', `${raw}.zst`]);
      await rm(raw);
      await writeFile(at('bomb.sql.zst'), Buffer.concat(many(await readFile(`${raw}.zst`))));
      await cp(directory, at('bomb.dir'), { recursive: true });
      await writeFile(join(at('bomb.dir'), (await largest(directory)).name), Buffer.concat(many(packed)));
    }

    async function links(custom: string, directory: string): Promise<void> {
      const outside = join(rig.folder, 'outside');
      await mkdir(outside);
      await cp(custom, join(outside, 'a.dump'));
      await cp(directory, join(outside, 'a.dir'), { recursive: true });
      await symlink(join(outside, 'a.dump'), at('link.dump'));
      await symlink(join(outside, 'a.dir'), at('link.dir'));
      await symlink(outside, at('link'));
      for (const part of ['toc.dat', (await largest(directory)).name]) {
        const folder = at(`link-${part === 'toc.dat' ? 'toc' : 'data'}.dir`);
        await cp(directory, folder, { recursive: true });
        await rm(join(folder, part));
        await symlink(join(outside, 'a.dir', part), join(folder, part));
      }
    }

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
        60_000,
      );
    });

    it('that unpack to gigabytes: not read on, and nothing of it is kept', async () => {
      for (const name of drawn.bombs) {
        const backup = found.get(`${stem}-${name}`);
        assert.equal(backup?.state, 'corrupt', name);
        assert.match(backup.stateReason ?? '', /unpacks to more than 250 times its size/, name);
      }
      const { root } = rig.sandbox.hosts.hosts['prod-db'];
      const { stdout } = await rig.sandbox.hosts.hosts['prod-db'].exec([
        'du',
        '-sk',
        join(root, 'opt/freshet/state'),
      ]);
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
      assert.match(await say('/backups', 'orders'), /BKP-/);
    });

    it('a corrupt one is refused, and named', async () => {
      const { id } = found.get(`${stem}-cut-middle.dump`)!;
      const said = await say('/refresh', `dev orders --backup ${id} --reason "x"`);
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

/** A plain dump as pg_dump frames it. */
function plain(text: string): string {
  return [
    '--',
    '-- PostgreSQL database dump',
    '--',
    '',
    '-- Dumped from database version 15.14',
    '-- Dumped by pg_dump version 15.14',
    '',
    text,
    '--',
    '-- PostgreSQL database dump complete',
    '--',
    '',
  ].join('\n');
}

/** Ways to have psql, or the server, run a program. */
function shellLines(witness: string): Record<string, string> {
  return {
    bang: `\\! touch ${witness}`,
    'copy-program': `CREATE TABLE public.t (n text);\nCOPY public.t FROM PROGRAM 'touch ${witness}';`,
    'client-copy': `CREATE TABLE public.t (n text);\n\\copy public.t from program 'touch ${witness}'`,
    backticks: `\\set x \`touch ${witness}\``,
    pipe: `SELECT 1 \\g |touch ${witness}`,
    output: `\\o |touch ${witness}`,
    'after-data': `CREATE TABLE public.t (n text);\nCOPY public.t (n) FROM stdin;\nrow\n\\.\n\\! touch ${witness}`,
    unrestrict: `\\unrestrict x\n\\! touch ${witness}`,
  };
}

const oddNames = {
  spaces: `${stem} a  b .dump`,
  quotes: `${stem} it's "q".dump`,
  'shell text': `${stem} $(touch pwned);\`touch pwned\` & | > pwned 'a" *.dump`,
  option: `${stem} --help -rf.dump`,
  format: `${stem}%s%n{database}.dump`,
  unicode: `${stem} Übergröße 日本 🐘.dump`,
  long: `${stem}${'x'.repeat(255 - stem.length - 5)}.dump`,
  markup: `${stem} <!channel> *b* &amp;.dump`,
};

const badNames = {
  newline: `${stem}\n${stem}.dump`,
  tab: `${stem}\t.dump`,
  escape: `${stem}\u001b[2J.dump`,
  backslash: `${stem}\\0101.dump`,
  'right to left': `${stem}\u202epmud.dump`,
  option: `-rf ${stem}.dump`,
  hidden: `.${stem}.dump`,
  'no UTF-8': Buffer.concat([Buffer.from(stem), Buffer.from([0xff, 0xfe]), Buffer.from('.dump')]),
};

/** So that nothing of it is taken for a file that is still being written. */
async function age(folder: string): Promise<void> {
  const then = new Date(Date.now() - 3_600_000);
  for (const name of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([Buffer.from(`${folder}/`), name.name]);
    await lutimes(path, then, then);
    if (name.isDirectory())
      for (const file of await readdir(path))
        await utimes(join(String(path), file), then, then).catch(() => undefined);
  }
}
