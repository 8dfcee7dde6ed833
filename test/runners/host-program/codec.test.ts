import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { assert as holds, pre, property, string } from 'fast-check';
import {
  decodeWord,
  encodeStep,
  encodeWord,
  folderDigest,
  parseState,
} from '../../../runners/host-program/codec.ts';
import { readEntries, readFacts } from '../../../runners/host-program/reading.ts';
import type { RunId } from '../../../src/domain/ids.ts';

describe('host program: codec', () => {
  it('brings any text through a word of the small alphabet', () => {
    holds(
      property(string({ unit: 'grapheme' }), (text) => {
        pre(!/\0|\p{Surrogate}/u.test(text));
        const word = encodeWord(text);
        assert.match(word, /^(?:[A-Za-z0-9_./=:,@+-]|\\0[0-3][0-7]{2})*$/);
        assert.equal(decodeWord(word), text);
      }),
    );
    assert.throws(() => encodeWord('a\0b'), { kind: 'Input', code: 'word-has-nul' });
  });

  it('writes a step as lines, texts behind them, and the hash of it all', () => {
    const { payload, sha256 } = encodeStep({
      run: 'abcdefgh' as RunId,
      step: 'orders.load',
      fence: 3,
      target: 'uat-orders',
      connection: { server: 'test-pg', identity: 'loader', database: 'orders__new_abcdefgh' },
      pipe: [
        { tool: 'cat', args: [{ root: 'nightly', path: 'a b' }] },
        { tool: 'psql', args: ['-q', ''] },
      ],
      stdin: { text: 'é\n' },
      stdout: { run: 'out' },
      files: { list: '1\n2' },
      report: 'none',
    });
    assert.equal(
      payload.toString(),
      [
        'run abcdefgh',
        'step orders.load',
        'fence 3',
        'target uat-orders',
        'connect test-pg loader orders__new_abcdefgh',
        'report none',
        'command cat',
        'path root nightly a\\0040b',
        'command psql',
        'text -q',
        'text',
        'stdin text 3',
        'stdout run out',
        'file list 3',
        'end',
        'é',
        '1',
        '2',
      ].join('\n'),
    );
    assert.equal(sha256, createHash('sha256').update(payload).digest('hex'));
  });

  it('reads states, and refuses what is none', () => {
    assert.deepEqual(parseState(['absent']), { state: 'absent' });
    assert.deepEqual(parseState(['running', '1000', 'finished=3']), {
      state: 'running',
      startedAt: new Date(1000),
      report: { finished: '3' },
    });
    assert.deepEqual(parseState('ended 1000 2000 1 role-missing app a=b=c dbname=a\\0040b'.split(' ')), {
      state: 'ended',
      startedAt: new Date(1000),
      endedAt: new Date(2000),
      exitCode: 1,
      cause: { code: 'role-missing', object: 'app' },
      report: { a: 'b=c', dbname: 'a b' },
    });
    assert.deepEqual(parseState(['lost', '1000', '1']), {
      state: 'lost',
      startedAt: new Date(1000),
      rebooted: true,
    });
    for (const words of [[], ['odd'], ['running'], ['running', 'x']]) {
      assert.throws(() => parseState(words), { kind: 'Unavailable' });
    }
  });

  it('folds folder-format backups and leaves out what could not be asked for again', () => {
    const entries = readEntries('nightly', [
      '3 1000 ./orders/toc.dat',
      '4 3000 ./orders/1.dat',
      '5 2000 ./z.dump',
      '6 2000 ./folder/plain.sql',
      '7 2000 ./\xff.dump',
      '8 2000 ./\xc3\xa9.dump',
      'garbage',
    ]);
    assert.deepEqual(
      entries.map(({ path, kind, bytes, modifiedAt }) => [path, kind, bytes, modifiedAt.getTime() / 1000]),
      [
        ['folder/plain.sql', 'file', 6, 2000],
        ['orders', 'folder', 7, 3000],
        ['z.dump', 'file', 5, 2000],
        ['é.dump', 'file', 8, 2000],
      ],
    );
    const many = Array.from({ length: 100_001 }, (_, i) => `1 1 ./${i}`);
    assert.throws(() => readEntries('nightly', many), { code: 'root-too-large' });
  });

  it('folds a folder of mydumper, finished or not, and no folder that merely holds a file called metadata', () => {
    const entries = readEntries('nightly', [
      '75 2000 ./done/metadata',
      '10 1000 ./done/shop.t-schema.sql.gz',
      '20 1500 ./done/shop.t.00000.sql.gz',
      '37 2000 ./begun/metadata.partial',
      '10 1000 ./begun/shop.t-schema.sql',
      '9 1000 ./jobs/metadata',
      '8 1000 ./jobs/orders.sql',
    ]);
    assert.deepEqual(
      entries.map(({ path, kind, bytes }) => [path, kind, bytes]),
      [
        ['begun', 'folder', 47],
        ['done', 'folder', 105],
        ['jobs/metadata', 'file', 9],
        ['jobs/orders.sql', 'file', 8],
      ],
    );
  });

  it('reads facts, and knows a tool that is not there', () => {
    const facts = readFacts([
      'version 0.1.0',
      'boot abc',
      'now 1000',
      'offset +0130',
      'tool psql psql (PostgreSQL) 15.18',
      'tool zstd ',
      'root nightly',
      'target uat',
      'server pg',
    ]);
    assert.deepEqual(facts.tools, { psql: 'psql (PostgreSQL) 15.18', zstd: undefined });
    assert.deepEqual(
      [facts.roots, facts.targets, facts.servers, facts.utcOffset],
      [['nightly'], ['uat'], ['pg'], '+0130'],
    );
    assert.throws(() => readFacts([]), { kind: 'Unavailable' });
  });

  it('sorts the files of a folder’s digest by bytes', () => {
    const files = ['b', 'a', 'B', 'é'].map((name) => ({ name, sha256: name }));
    const expected = createHash('sha256').update('B  B\na  a\nb  b\né  é\n').digest('hex');
    assert.equal(folderDigest(files), expected);
  });
});
