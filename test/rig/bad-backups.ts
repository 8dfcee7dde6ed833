import { randomBytes } from 'node:crypto';
import {
  copyFile,
  cp,
  lutimes,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Rig } from './rig.ts';

/** What whoever may write into a folder of backups can leave there. All names begin so, and fit the pattern of the repository. */
export const stem = 'orders_2026-10-01T0200Z';
const mebibyte = 2 ** 20;

/** Ways to cut a backup short or fill it with noise. */
export const cuts = (
  'none.dump head.dump start.dump middle.dump end.dump middle.sql end.sql middle.sql.gz end.sql.gz ' +
  'noise.sql.gz noise.dump noise.sql.zst toc.dir data.dir gone.dir'
)
  .split(' ')
  .map((name) => `cut-${name}`);
export const bombs = ['bomb.sql.gz', 'bomb.sql.zst', 'bomb.dir'];

/** Which of them are laid, and of how many times 64 MiB a bomb is made. */
export type BadBackups = {
  cuts: ReadonlySet<string>;
  bombs: readonly string[];
  shells: readonly string[];
  bombSize: number;
  /** What shell text in dumps makes. */
  witness: string;
};

/** Puts all of it into the folder `nightly` of the production host, beside its backups; answers the name of a whole one that comes last by name. */
export async function layBadBackups(rig: Rig, drawn: BadBackups): Promise<string> {
  const { nightly } = rig.sandbox.hosts.hosts['prod-db'].files.backups;
  const at = (name: string) => join(nightly, `${stem}-${name}`);
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
    await writeFile(at(`shell-${name}.sql`), plain(shellLines(drawn.witness)[name]!));
  for (const name of [...Object.values(oddNames), ...Object.values(badNames)]) {
    await copyFile(custom, Buffer.concat([Buffer.from(`${nightly}/`), Buffer.from(name)]));
  }
  const left = [
    ...cuts.filter((name) => !drawn.cuts.has(name)),
    ...bombs.filter((name) => !drawn.bombs.includes(name)),
  ];
  for (const name of left) await rm(at(name), { recursive: true });
  // A scan takes them in one after the other. One that finds this one began when the others were as old as it: they are not left for
  // the next scan.
  const last = `${stem}~last.dump`;
  const aside = await mkdtemp(join(rig.folder, 'last-'));
  await cp(custom, join(aside, last));
  await age(aside);
  await age(nightly);
  await rename(join(aside, last), join(nightly, last));
  return last;

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
    const whole = plain('CREATE TABLE public.t (n text);\nCOPY public.t (n) FROM stdin;\nrow\n\\.\n');
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
    await truncate(join(at('cut-data.dir'), data), Math.floor((await stat(join(directory, data))).size / 2));
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

  /** Members of gzip and frames of zstd may follow one another, so a bomb is quickly made: a GiB of one MB, without a newline. */
  async function layBombs(directory: string): Promise<void> {
    const zeros = Buffer.alloc(64 * mebibyte);
    const many = <T>(one: T): T[] => Array.from({ length: drawn.bombSize }, () => one);
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
}

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
export function shellLines(witness: string): Record<string, string> {
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

/** Harmless, and meant to look like text of a shell, of Slack, or of an option. */
export const oddNames = {
  spaces: `${stem} a  b .dump`,
  quotes: `${stem} it's "q".dump`,
  'shell text': `${stem} $(touch pwned);\`touch pwned\` & | > pwned 'a" *.dump`,
  option: `${stem} --help -rf.dump`,
  format: `${stem}%s%n{database}.dump`,
  unicode: `${stem} Übergröße 日本 🐘.dump`,
  long: `${stem}${'x'.repeat(255 - stem.length - 5)}.dump`,
  markup: `${stem} <!channel> *b* &amp;.dump`,
};

/** No name of a backup may be like these. */
export const badNames = {
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
