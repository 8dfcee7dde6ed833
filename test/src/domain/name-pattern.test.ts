import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parseNamePattern, readName, type NamePattern } from '../../../src/domain/name-pattern.ts';

function pattern(text: string): NamePattern {
  const parsed = parseNamePattern(text);
  assert(!('fault' in parsed), 'fault' in parsed ? parsed.fault : '');
  return parsed;
}

function read(text: string, name: string, zone = 'Z', databases = ['orders', 'orders-eu', 'stock']) {
  const reading = readName(pattern(text), name, databases, zone);
  return reading === undefined
    ? undefined
    : { ...reading, ...(reading.dataAt ? { dataAt: reading.dataAt.toISOString() } : {}) };
}

const two = (value: number) => String(value).padStart(2, '0');

describe('patterns of names', () => {
  it('tell database and moment', () => {
    assert.deepEqual(
      read("{database}_{dataAt:yyyyMMdd'T'HHmm'Z'}.dump", 'orders_20261123T0215Z.dump', 'Europe/Berlin'),
      {
        database: 'orders',
        dataAt: '2026-11-23T02:15:00.000Z',
      },
    );
    assert.deepEqual(
      read('{dataAt:yyyy-MM-dd}/{database}.sql.gz', '2026-11-23/stock.sql.gz', 'Europe/Berlin'),
      {
        database: 'stock',
        dataAt: '2026-11-22T23:00:00.000Z',
      },
    );
    assert.deepEqual(read('{database}-{dataAt:epoch}-*', 'orders-eu-1790000000-full.dump'), {
      database: 'orders-eu',
      dataAt: '2026-09-21T14:13:20.000Z',
    });
    assert.deepEqual(
      read('*.{dataAt:yyyyMMddHHmmssxx}', 'x.20261123021500-0330')?.dataAt,
      '2026-11-23T05:45:00.000Z',
    );
    assert.deepEqual(
      read("{dataAt:yyyyMMdd' o''clock '}{database}", "20261123 o'clock stock")?.database,
      'stock',
    );
  });

  it('do not fit other names', () => {
    const text = '{database}_{dataAt:yyyyMMdd}.dump';
    for (const name of [
      'unknown_20261123.dump',
      'orders_20261123.dump.gz',
      'orders_2026112.dump',
      'xorders_20261123.dump',
      'orders_20261123xdump',
    ]) {
      assert.equal(read(text, name), undefined, name);
    }
    assert.equal(read(text, `orders_20261123.dump${'x'.repeat(600)}`), undefined);
  });

  it('leave a moment open that can be read in two ways, or is none', () => {
    assert.deepEqual(read('*-{dataAt:yyyyMMdd}-*', 'a-20261123-20261124-b'), { dataAtUnclear: true });
    assert.deepEqual(read('{database}_{dataAt:yyyyMMdd}', 'orders_20260231'), {
      database: 'orders',
      dataAtUnclear: true,
    });
    assert.deepEqual(read("{dataAt:yyyyMMdd'T'HHmm}", '20261025T0230', 'Europe/Berlin'), {
      dataAtUnclear: true,
    });
  });

  const refused: [string, string][] = [
    ['plain.dump', 'The pattern tells neither database nor moment.'],
    ['{database}{database}', 'The pattern has {database} more than once.'],
    ['{database}*', 'The pattern is ambiguous: nothing stands between two parts of open length.'],
    ['*-*-*-{database}', 'The pattern has more than two *.'],
    ['{database', 'The pattern has a lone "{".'],
    ['{dataAt:MMdd}', '{dataAt:...} lacks yyyy; a moment needs at least a date.'],
    ['{dataAt:yyyyMMddmm}', '{dataAt:...} lacks HH and has what is finer.'],
    [
      '{dataAt:yyyyMMDD}',
      '"DD" is not known in {dataAt:...}; expected yyyy, MM, dd, HH, mm, ss, xx or epoch.',
    ],
    ["{dataAt:yyyyMMdd'T}", "A quote (') is not closed in {dataAt:...}."],
    ['../{database}', 'The pattern is not a path below the root.'],
    ['/{database}', 'The pattern is not a path below the root.'],
  ];
  for (const [text, fault] of refused) {
    it(`refuse ${text}`, () => {
      const parsed = parseNamePattern(text);
      assert.equal('fault' in parsed ? parsed.fault : 'taken', fault);
    });
  }

  it('read back what a job wrote by the same pattern', () => {
    const database = fc.constantFrom('orders', 'orders-eu', 'stock', 'a.b+c(d)[e]$');
    const literal = fc.stringMatching(/^[-_.+^$()[\]|\\ ]{1,6}$/);
    const moment = fc.date({ min: new Date('2000-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(database, literal, moment, (name, text, date) => {
        const day = `${date.getUTCFullYear()}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`;
        const clock = `${two(date.getUTCHours())}${two(date.getUTCMinutes())}${two(date.getUTCSeconds())}`;
        const reading = readName(
          pattern(`{database}${text}{dataAt:yyyyMMdd'T'HHmmss'Z'}${text}x`),
          `${name}${text}${day}T${clock}Z${text}x`,
          ['stock', 'orders', 'orders-eu', 'a.b+c(d)[e]$'],
          'Asia/Tokyo',
        );
        assert.equal(reading?.database, name);
        assert.equal(reading?.dataAt?.getTime(), Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });

  it('never throw, and take little time, whatever pattern and name are', () => {
    const piece = fc.constantFrom(
      '*',
      '{database}',
      '{dataAt:yyyyMMdd}',
      '-',
      'a',
      '*a',
      '{',
      "'",
      '{dataAt:epoch}',
      '(',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.string({ maxLength: 60 }), (pieces, name) => {
        const parsed = parseNamePattern(pieces.join(''));
        if (!('fault' in parsed)) readName(parsed, name, ['a', 'aa'], 'Z');
      }),
      { numRuns: 500 },
    );
    const stars = pattern(`${'*a'.repeat(2)}{dataAt:yyyyMMdd}`);
    const started = Date.now();
    readName(stars, 'a'.repeat(512), [], 'Z');
    assert(Date.now() - started < 10_000);
  });
});
