import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { folderDigest } from '../../runners/host-program/codec.ts';
import type { HostCommand, HostStep } from '../../runners/host-program/step.ts';
import { failure, freshRun, onEachShell, ran } from '../runners/host-program/on-each-shell.ts';
import { until } from '../until.ts';

const marked = 'MARKED-ROW-4711@example.com';
const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

const dump = (body: string, word?: string): string =>
  [
    '--',
    '-- PostgreSQL database dump',
    '--',
    '',
    ...(word === undefined ? [] : [`\\restrict ${word}`, '']),
    '-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)',
    '-- Dumped by pg_dump version 17.6 (Homebrew)',
    '',
    'SET statement_timeout = 0;',
    body,
    '--',
    '-- PostgreSQL database dump complete',
    '--',
    '',
    ...(word === undefined ? [] : [`\\unrestrict ${word}`, '']),
  ].join('\n');

const digest = (path: string): HostCommand[] => [{ tool: 'digest', args: [{ root: 'nightly', path }] }];

onEachShell('host program: filters, reports and causes', { tools: { gzip: '/bin/gzip' } }, (on) => {
  const ended = (pipe: HostCommand[], more?: Partial<HostStep>) => ran(on, pipe, more);

  const guard = { tool: 'guard', args: [] };
  it('guard puts a token of its own before everything and takes only the dump’s own pair out', async () => {
    // A value that begins with a carriage return is written by COPY as \r: this line is data, and must stay.
    const data = 'COPY t FROM stdin;\n\\restrict me not\n\\unrestrict neither\n\\.\n';
    const text = dump(data, 'AbCd0123');
    const { output, exitCode } = await ended([guard], { stdin: { text } });
    assert.equal(exitCode, 0);
    const [first, ...rest] = output.split('\n');
    assert.match(first!, /^\\restrict [0-9a-f]{48}$/);
    assert.equal(
      rest.join('\n'),
      text.replace('\\restrict AbCd0123\n', '').replace('\\unrestrict AbCd0123\n', ''),
    );
    const again = await ended([guard], { stdin: { text } });
    assert.notEqual(again.output.split('\n')[0], first, 'the token is new each time');
  });

  it('guard leaves a dump without such lines as it is, byte for byte', async () => {
    for (const text of [
      dump(`insert into t values ('\\restrict x');`),
      'select 1;',
      '',
      'no newline\\n at the end',
      '\n\n-- only\n',
    ]) {
      const { output } = await ended([guard], { stdin: { text } });
      assert.equal(output.slice(output.indexOf('\n') + 1), text);
    }
    const odd = await ended([guard], { stdin: { text: '-- x\n\\restrict a/b; \\! id\nselect 1;\n' } });
    assert.equal(odd.exitCode, 1);
    assert.deepEqual(odd.cause, { code: 'restrict-malformed' });
  });

  it('frame reads header and completion of a plain dump, through gzip too', async () => {
    const rows = `COPY t FROM stdin;\n${`${marked}\n`.repeat(20_000)}\\.\n`;
    const frame = { tool: 'frame', args: [] };
    await writeFile(join(on.at.root, 'plain.sql.gz'), gzipSync(dump(rows, 'Ab1')));
    const gunzip = { tool: 'gzip', args: ['-dc', { root: 'nightly', path: 'plain.sql.gz' }] };
    const whole = await ended([gunzip, frame], { report: 'pg-plain-frame' });
    assert.deepEqual(whole.report, {
      kind: 'postgresql-database-dump',
      'dumped-from': '15.18 (Debian 15.18-0+deb12u1)',
      'dumped-by': '17.6 (Homebrew)',
      complete: 'yes',
    });
    const cut = await ended([frame], {
      stdin: { text: dump(rows).slice(0, 5000) },
      report: 'pg-plain-frame',
    });
    assert.equal(cut.report.complete, 'no');
    await writeFile(join(on.at.root, 'cut.sql.gz'), gzipSync(dump(rows)).subarray(0, 300));
    const cutGzip = await ended([
      { tool: 'gzip', args: ['-dc', { root: 'nightly', path: 'cut.sql.gz' }] },
      frame,
    ]);
    assert.notEqual(cutGzip.exitCode, 0);
    const other = await ended([frame], { stdin: { text: `hello ${marked}` }, report: 'pg-plain-frame' });
    assert.deepEqual(other.report, { complete: 'no' });
  });

  it('digest is what the bot computes: of a file, of a stream and of a folder', async () => {
    await mkdir(join(on.at.root, 'dir'));
    const files = { 'toc.dat': 'toc', '2.dat': 'two', '10.dat': 'ten', 'a-b_c.dat.gz': '' };
    for (const [name, text] of Object.entries(files)) await writeFile(join(on.at.root, 'dir', name), text);
    const folder = await ended(digest('dir'), { report: 'digest' });
    const lines = Object.entries(files).map(([name, text]) => ({ name, sha256: sha256(text) }));
    assert.deepEqual(folder.report, { sha256: folderDigest(lines), bytes: '9' });
    const stream = await ended([{ tool: 'digest', args: [] }], {
      report: 'digest',
      stdin: { text: 'stream' },
    });
    assert.deepEqual(stream.report, { sha256: sha256('stream') });
    await symlink('/etc/passwd', join(on.at.root, 'dir', 'link.dat'));
    const linked = await ended(digest('dir'), { report: 'digest' });
    assert.deepEqual([linked.exitCode, linked.cause], [1, { code: 'odd-file' }]);
    assert.deepEqual((await ended(digest('gone'))).cause, { code: 'file-missing' });
  });

  it('takes no folder that pg_dump does not make', async () => {
    const odd: Record<string, string> = {
      'sub/3.dat': 'hidden',
      'blobs.toc': '16400 blob_16400.dat\n16401 ../../host/keys/authorized_keys\n',
      'blobs_3001.toc': '16400\v/etc/passwd\n',
      'blobs.toc.gz': 'could not be looked into',
      'toc.dat.gz': 'could not be looked into',
    };
    for (const [at, [name, text]] of Object.entries(odd).entries()) {
      const folder = join(on.at.root, `odd-${at}`);
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, 'toc.dat'), '');
      const good = await ended(digest(`odd-${at}`));
      await writeFile(join(folder, name), text);
      const bad = await ended(digest(`odd-${at}`), { report: 'digest' });
      assert.deepEqual([bad.exitCode, bad.cause, bad.report], [1, { code: 'odd-name' }, {}], name);
      if (!name.includes('/')) assert.equal(good.exitCode, 0, name);
    }
  });

  it('keeps or drops entries of a restore list by their kind', async () => {
    const list = [
      ';',
      '; Archive created at 2026-11-23 10:00:00 UTC',
      ';     dbname: orders',
      ';     TOC Entries: 6',
      ';     Format: CUSTOM',
      ';',
      '2; 3079 16385 EXTENSION - pgcrypto ',
      '3400; 0 0 COMMENT - EXTENSION pgcrypto ',
      '215; 1259 16422 TABLE public EXTENSION alice',
      '3401; 0 0 COMMENT public TABLE x alice',
      '3380; 0 16422 TABLE DATA public customers alice',
      '3410; 6104 16700 PUBLICATION - all_tables postgres',
      '',
    ].join('\n');
    const dropped = await ended(
      [{ tool: 'drop-entries', args: ['EXTENSION', 'COMMENT - EXTENSION', 'PUBLICATION', 'SUBSCRIPTION'] }],
      { stdin: { text: list }, report: 'pg-archive-header' },
    );
    assert.deepEqual(
      dropped.output
        .split('\n')
        .filter((line) => /^\d/.test(line))
        .map((line) => line.split(';')[0]),
      ['215', '3401', '3380'],
    );
    assert.deepEqual(dropped.report, {
      'created-at': '2026-11-23 10:00:00 UTC',
      dbname: 'orders',
      'toc-entries': '6',
      format: 'CUSTOM',
      entries: '3',
    });
    const kept = await ended([{ tool: 'keep-entries', args: ['TABLE DATA'] }], { stdin: { text: list } });
    assert.deepEqual(kept.output.split('\n').filter((line) => /^\d/.test(line)).length, 1);
  });

  it('puts files and text into the run’s folder, whatever is in them', async () => {
    const text = 'line $(id) `id`\n\ttab Übergröße\n\\0101 no newline';
    const run = freshRun();
    const place = { run: 'orders list.txt' };
    await on.script('never.sh', '');
    const step = on.step({
      run,
      step: 'files',
      pipe: [{ tool: 'digest', args: [place] }],
      files: { 'orders list.txt': text },
      report: 'digest',
    });
    await on.program.submit(step);
    const state = await on.program.wait(run, 'files', { timeoutSeconds: 30 });
    assert.ok(state.state === 'ended' && state.report.sha256 === sha256(text));
  });

  const causes: [string, string, { code: string; object?: string } | undefined][] = [
    ['a full disk', 'pg_restore: error: could not write: No space left on device', { code: 'no-space' }],
    [
      'a missing role',
      'pg_restore: error: could not execute query: ERROR:  role "app_rw" does not exist',
      { code: 'role-missing', object: 'app_rw' },
    ],
    [
      'a missing extension',
      'pg_restore: error: could not execute query: ERROR:  extension "postgis" is not available',
      { code: 'extension-missing', object: 'postgis' },
    ],
    [
      'a broken constraint',
      `pg_restore: error: could not execute query: ERROR:  insert or update on table "a" violates foreign key constraint "a_b_fk"\nDETAIL:  Key (mail)=(${marked}) is not present.`,
      { code: 'constraint-violated', object: 'a_b_fk' },
    ],
    [
      'rights',
      'pg_restore: error: could not execute query: ERROR:  permission denied for schema audit',
      { code: 'permission-denied', object: 'audit' },
    ],
    [
      'a damaged archive',
      'pg_restore: error: could not uncompress data: incorrect data check',
      { code: 'archive-corrupt' },
    ],
    [
      'a cut archive',
      'pg_restore: error: could not read from input file: end of file',
      { code: 'archive-truncated' },
    ],
    [
      'a gone server',
      'pg_restore: error: connection to server at "127.0.0.1", port 5432 failed: FATAL:  the database system is shutting down',
      { code: 'connection-lost' },
    ],
    [
      'a backslash command',
      'psql:<stdin>:4: error: backslash commands are restricted; only \\unrestrict is allowed',
      { code: 'restricted-command' },
    ],
    ['a state', 'psql:<stdin>:4: ERROR:  42P01', { code: 'sqlstate', object: '42P01' }],
    ['a state with a name', 'psql:<stdin>:4: ERROR:  23505', { code: 'constraint-violated' }],
    ['memory', 'pg_restore: error: out of memory', { code: 'out-of-memory' }],
    [
      'an old server',
      'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"',
      { code: 'server-version-old', object: 'transaction_timeout' },
    ],
    ['an unknown message', `pg_restore: error: something ${marked} else`, undefined],
    [
      'a row that looks like a message',
      `pg_restore: error: COPY failed for table "t": ERROR:  invalid input syntax for type integer: "${marked}"\nCONTEXT:  COPY t, line 3, column n: "x"\nERROR:  role "${marked.replace(/[^A-Za-z]/g, '')}" does not exist`,
      undefined,
    ],
    [
      'an object that is no identifier',
      `pg_restore: error: could not execute query: ERROR:  role "${marked}" does not exist`,
      { code: 'role-missing' },
    ],
    ['a notice', `NOTICE:  role "${marked}" does not exist`, undefined],
  ];
  it('recognises causes, and lets no value of a row through', async () => {
    const run = freshRun();
    const states = causes.map(async ([, message], i) => {
      await writeFile(join(on.at.folder, `message-${i}`), `${message}\n`);
      const script = await on.script(`cause-${i}.sh`, `cat message-${i} >&2; echo ${marked}; exit 1`);
      const pipe = [{ tool: 'cat', args: [script] }];
      await on.program.submit(on.step({ run, step: `cause-${i}`, pipe, report: 'pg-restore-progress' }));
      return on.program.wait(run, `cause-${i}`, { timeoutSeconds: 30 });
    });
    for (const [i, state] of (await Promise.all(states)).entries()) {
      const [what, , cause] = causes[i]!;
      assert.ok(state.state === 'ended' && state.exitCode === 1, what);
      assert.deepEqual(state.cause, cause, what);
      assert.ok(!JSON.stringify(state).includes('MARKED'), `${what}: a row came back`);
    }
  });

  it('lets nothing of a tool’s output through the reports of other tools', async () => {
    const noisy = [
      {
        tool: 'cat',
        args: [await on.script('noisy.sh', `echo "sha256 ${marked}"; echo "bytes 5 ${marked}"`)],
      },
    ];
    for (const report of ['digest', 'pg-plain-frame', 'pg-archive-header'] as const) {
      assert.equal((await failure(ended(noisy, { report }))).code, 'host-refused');
    }
    for (const report of ['bytes', 'none', 'pg-restore-progress'] as const) {
      const state = await ended(noisy, { report });
      assert.ok(!JSON.stringify(state.report).includes('MARKED'), report);
    }
  });

  it('counts the bytes of a growing file', async () => {
    const run = freshRun();
    const pipe = [
      {
        tool: 'cat',
        args: [await on.script('grow.sh', 'echo 12345; until [ -e grown ]; do sleep 0.05; done; echo 678')],
      },
    ];
    const first = await on.program.submit(
      on.step({ run, step: 'grow', pipe, stdout: { run: 'grown' }, report: 'bytes' }),
    );
    await until('six bytes', async () => {
      const state = await on.program.state(run, 'grow');
      return state.state === 'running' && state.report.bytes === '6';
    });
    assert.equal(first.state, 'running');
    await writeFile(join(on.at.folder, 'grown'), '');
    const state = await on.program.wait(run, 'grow', { timeoutSeconds: 30 });
    assert.ok(state.state === 'ended' && state.report.bytes === '10');
  });
});
