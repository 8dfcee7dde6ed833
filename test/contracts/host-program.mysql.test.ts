import assert from 'node:assert/strict';
import { cp, mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { HostCommand, HostReportLines, HostStep } from '../../runners/host-program/step.ts';
import { failure, onEachShell, ran } from '../runners/host-program/on-each-shell.ts';
import { dump, marked, routine, rows } from './mysql-dump.ts';

onEachShell('host program: dumps of MySQL and MariaDB', { tools: { gzip: '/bin/gzip' } }, (on) => {
  const ended = (pipe: HostCommand[], more?: Partial<HostStep>) => ran(on, pipe, more);

  async function frameOf(text: string): Promise<HostReportLines> {
    const pipe = [{ tool: 'mysql-frame', args: [] }];
    return (await ended(pipe, { stdin: { text }, report: 'mysql-frame' })).report;
  }

  const folderFrame = async (path: string) =>
    (await ended([{ tool: 'mydumper-frame', args: [{ root: 'nightly', path }] }], { report: 'mysql-frame' }))
      .report;

  it('tells header and completion of a dump, whatever its rows and bodies say', async () => {
    assert.deepEqual(await frameOf(dump(rows, routine)), {
      kind: 'mysql-dump',
      'dumped-by': 'MariaDB dump 10.19  Distrib 10.11.18-MariaDB, for debian-linux-gnu (x86_64)',
      'dumped-from': '10.11.18-MariaDB-0+deb12u1',
      database: 'web shop',
      databases: '0',
      complete: 'yes',
    });
    const windows = await frameOf(dump(rows, routine).replaceAll('\n', '\r\n'));
    assert.deepEqual(
      [windows.kind, windows.complete],
      ['mysql-dump', 'yes'],
      'with the ends of lines of Windows',
    );
    const undated = dump(rows).replace(/(-- Dump completed).*\n$/, '$1\n');
    assert.equal((await frameOf(undated)).complete, 'yes', 'made with --skip-dump-date');
    const mysql = dump(rows).replace(
      /^.*\n.*\n/,
      '-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n',
    );
    assert.equal((await frameOf(mysql)).kind, 'mysql-dump');
  });

  it('takes no dump for whole that ends before its end', async () => {
    const text = dump(rows, routine);
    const after = (piece: string) => text.slice(0, text.indexOf(piece) + piece.length);
    for (const cut of [
      text.slice(0, text.length - '-- Dump completed on 2026-11-27  1:24:59\n'.length),
      after('-- Dump completed on 2019-01-01  0:00:00\n'),
      after('-- Dump completed on 2020-01-01  0:00:00'),
      after('(1,'),
      after('DELIMITER ;\n'),
      `${after('(1,')}\n-- Dump completed\n`,
      `${text}select 1;\n`,
    ]) {
      const { kind, complete } = await frameOf(cut);
      assert.deepEqual([kind, complete], ['mysql-dump', 'no'], cut.slice(-60));
    }
  });

  it('knows dumps without comments for what they are, and none of PostgreSQL', async () => {
    const bare = ['/*!40101 SET @saved_cs_client     = @@character_set_client */;', ...rows].join('\n');
    assert.deepEqual(await frameOf(bare), { kind: 'mysql-dump', databases: '0', complete: 'no' });
    const other = ['--', '-- PostgreSQL database dump', '--', '', 'COPY t FROM stdin;', marked, '\\.', ''];
    assert.deepEqual(await frameOf(other.join('\n')), { databases: '0', complete: 'no' });
  });

  it('counts the databases that a dump chooses', async () => {
    const chosen = (name: string) => ['--', `-- Current Database: ${name}`, '--', '', `USE ${name};`];
    const two = await frameOf(dump(chosen('`we``b`'), rows, chosen('`other`'), chosen('`we``b`')));
    assert.deepEqual([two.databases, two['database-1'], two['database-2']], ['2', 'we`b', 'other']);
    const many = Array.from({ length: 7 }, (_, i) => chosen(`\`d${i}\``)).flat();
    const seven = await frameOf(dump(many));
    assert.deepEqual([seven.databases, seven['database-5'], seven['database-6']], ['7', 'd4', undefined]);
  });

  async function folder(name: string, files: Record<string, string | Buffer>): Promise<string> {
    await mkdir(join(on.at.root, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(on.at.root, name, file), text);
    return name;
  }
  const older = 'Started dump at: 2026-11-27 01:25:01\nFinished dump at: 2026-11-27 01:25:03\n';
  const newer = [
    '# Started dump at: 2026-11-27 01:25:01',
    '[config]',
    'quote-character = BACKTICK',
    '',
    '[`shop`.`t.x`]',
    'real_table_name=t.x',
    'rows = 2',
    '',
    '[`shop`.`empty`]',
    'rows = 0',
    '# Finished dump at: 2026-11-27 01:25:03',
    '',
  ].join('\n');
  const files = {
    'shop-schema-create.sql': 'CREATE DATABASE `shop`;\n',
    'shop.t.x-schema.sql': 'CREATE TABLE `t.x` (a int);\n',
    'shop.empty-schema.sql': 'CREATE TABLE `empty` (a int);\n',
    'shop.t.x.00000.sql.gz': gzipSync(`INSERT INTO \`t.x\` VALUES\n(1),\n(2);\n`),
  };

  it('tells start, end and database of a folder of mydumper, of old and new versions', async () => {
    const expected = {
      kind: 'mydumper',
      'started-at': '2026-11-27 01:25:01',
      databases: '1',
      'database-1': 'shop',
    };
    assert.deepEqual(await folderFrame(await folder('old', { ...files, metadata: older })), expected);
    assert.deepEqual(await folderFrame(await folder('new', { ...files, metadata: newer })), expected);
    assert.deepEqual(await folderFrame(await folder('pg', { 'toc.dat': 'PGDMP' })), {});
  });

  it('finds a folder that is not finished, lacks a file with rows, or has one that is cut off', async () => {
    const fault = async (name: string) => (await folderFrame(name)).fault;
    await folder('cut', { ...files, metadata: newer });
    await truncate(join(on.at.root, 'cut', 'shop.t.x-schema.sql'), 20);
    assert.equal(await fault('cut'), 'cut-off');
    await folder('less', { ...files, metadata: newer });
    await rm(join(on.at.root, 'less', 'shop.t.x.00000.sql.gz'));
    assert.equal(await fault('less'), 'file-missing');
    await folder('begun', { ...files, metadata: 'Started dump at: 2026-11-27 01:25:01\n' });
    assert.equal(await fault('begun'), 'unfinished');
    await cp(join(on.at.root, 'new'), join(on.at.root, 'part'), { recursive: true });
    await rename(join(on.at.root, 'part', 'metadata'), join(on.at.root, 'part', 'metadata.partial'));
    assert.equal(await fault('part'), 'unfinished');
  });

  it('unpacks a folder to its end, as long as that is in proportion', async () => {
    const unpack = async (path: string) => {
      const place = { root: 'nightly', path };
      return ended([
        { tool: 'unpacked', args: [place] },
        { tool: 'within', args: ['--discard', place] },
      ]);
    };
    await folder('sound', { ...files, metadata: newer });
    const sound = await unpack('sound');
    assert.equal(sound.exitCode, 0, JSON.stringify(sound));
    await folder('half', { ...files, metadata: newer });
    await truncate(join(on.at.root, 'half', 'shop.t.x.00000.sql.gz'), 30);
    const half = await unpack('half');
    assert.notEqual(half.exitCode, 0);
    assert.ok(
      half.cause?.code === 'archive-truncated' || half.cause?.code === 'archive-corrupt',
      'half a file',
    );
  });

  it('lets the words of these reports come from their own filters only, and these read only what is named', async () => {
    const noisy = [{ tool: 'cat', args: [await on.script('noisy.sh', `echo "database ${marked}"`)] }];
    assert.equal((await failure(ended(noisy, { report: 'mysql-frame' }))).code, 'host-refused');
    for (const tool of ['mydumper-frame', 'unpacked']) {
      assert.equal((await failure(ended([{ tool, args: [] }]))).code, 'host-refused', tool);
      const odd = [{ tool, args: ['-x'] }];
      assert.equal((await failure(ended(odd))).code, 'host-refused', tool);
    }
    assert.ok(!JSON.stringify(await frameOf(dump(rows))).includes('MARKED'), 'a row came back');
  });
});
