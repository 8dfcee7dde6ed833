import assert from 'node:assert/strict';
import { readPacks, type Packs } from '../../../config/packs.ts';
import { filled, partsOf, type PackDialect, type PackPart } from '../../../runners/neutralising/packs.ts';
import { dialect as mysqlDialect } from '../../../runners/mysql/neutralise.ts';
import { dialect } from '../../../runners/postgres/neutralise.ts';
import { packNames, type PackParameters, type PackName } from '../../../src/domain/neutralising.ts';

const dialects: Readonly<Record<string, PackDialect>> = { mysql: mysqlDialect, postgres: dialect };

/** What a server could answer for `@rows`: anything may be in a name. */
const row = {
  table: '"a{{by}}"',
  set: '{{pattern}}',
  where: '{{x}}',
  counts: "'{{name}}'",
  pairs: '{{to}}',
  event: '`{{to}}`',
};

describe('packs', () => {
  let packs: Packs;

  before(async () => {
    packs = await readPacks();
  });

  function parts(name: PackName, parameters: PackParameters, engine = 'postgres'): PackPart[] {
    const script = packs.get(`${name}/${engine}`)!;
    return partsOf({ kind: 'pack', name, script, parameters }, dialects[engine]!);
  }

  const everything: PackParameters = {
    tables: ['shop.a', 'b'],
    columns: ['shop.a.x', 'b.y'],
    to: 'c-{id}@example.org',
    replace: { 'a.example': 'b.example', 'x.a.example': 'c.example' },
  };

  it('each has parts, all of whose words are given, and something that must hold', () => {
    assert.ok(packs.size >= packNames.length);
    for (const [, name, engine] of [...packs.keys()].map((key) => /^(.*)\/(.*)$/.exec(key)!)) {
      const all = parts(name as PackName, everything, engine);
      assert.ok(
        all.some(({ holds }) => holds !== undefined),
        name,
      );
      for (const { values, there, rows, does, holds } of all) {
        for (const sql of [there, rows]) if (sql !== undefined) filled(sql, values);
        for (const sql of [does, holds]) {
          if (sql === undefined) continue;
          assert.doesNotMatch(sql, /;/, `${name}: one statement each`);
          filled(sql, rows === undefined ? values : { ...values, ...row });
        }
      }
    }
  });

  it('each thing that is named is done and proven', () => {
    assert.deepEqual(
      parts('mail-queue', everything).map(({ named, does, values }) => [named, filled(does!, values)]),
      [
        [{ table: 'shop.a' }, 'DELETE FROM "shop"."a"'],
        [{ table: 'b' }, 'DELETE FROM "b"'],
      ],
    );
    const [first] = parts('addresses', everything);
    assert.deepEqual(first?.named, { table: 'shop.a', column: 'x' });
    assert.match(filled(first.does!, first.values), /SET "x" = concat\('c-', "id", '@example\.org'\)/);
    assert.match(filled(first.holds!, first.values), /'shop\.a\.x' AS what/);
  });

  it('hosts that lie below others are replaced first', () => {
    const order = parts('urls', everything).flatMap(({ values }) => values['by'] ?? []);
    assert.deepEqual(order, ["'c.example'", "'b.example'"]);
  });

  it('hosts are found with what is below them, and not within other names', () => {
    const [part] = parts('urls', { hosts: ['shop.example.com'] }).filter(({ holds }) => holds !== undefined);
    const pattern = new RegExp(part!.values['pattern']!.trim().slice(1, -1), 'i');
    const found = [
      'https://shop.example.com',
      'SHOP.example.com/x',
      'api.shop.example.com:80',
      'a@shop.example.com.',
    ];
    const others = [
      'myshop.example.com',
      'shop.example.community',
      'shop.example.com.au',
      'shop-example.com',
      'shopxexample.com',
    ];
    for (const text of found) assert.match(text, pattern);
    for (const text of others) assert.doesNotMatch(text, pattern);
  });

  it('what stands in a value is never looked at again', () => {
    const values = { a: '{{b}}', b: '{{a}}$&', c: "'{{a}}'" };
    assert.equal(filled('{{a}} {{b}} {{c}}', values), "{{b}} {{a}}$& '{{a}}'");
    assert.throws(() => filled('{{d}}', values), /\{\{d\}\}/);
  });

  it('no parameter gets out of its quotes', () => {
    const [part] = parts('keys', { columns: [`a'"b.c"d`], to: `x'); DROP TABLE a; --{i"d}` });
    assert.equal(part!.values['to'], `concat('x''); DROP TABLE a; --', "i""d")`);
    assert.equal(
      filled('UPDATE {{table}} SET {{column}} = {{to}} -- {{name}}', part!.values),
      `UPDATE "a'""b" SET "c""d" = concat('x''); DROP TABLE a; --', "i""d") -- 'a''"b.c"d'`,
    );
    const [fixed] = parts('keys', { columns: ['a.b'], to: `it's` });
    assert.equal(fixed!.values['to'], `'it''s'`);
    const [mysql] = parts('keys', { columns: ['a`b.c`d'], to: `x\\'); DROP TABLE a; --{i\`d}` }, 'mysql');
    assert.equal(mysql!.values['to'], "concat('x\\\\''); DROP TABLE a; --', `i``d`)");
    assert.equal(filled('{{table}}.{{column}} {{name}}', mysql!.values), "`a``b`.`c``d` 'a`b.c`d'");
  });

  it('an empty list is one, too', () => {
    const lists = (keep: string[]) =>
      parts('addresses', { columns: ['a.b'], to: 'x', keep }, 'mysql')[0]!.values['keep'];
    assert.equal(lists(['a', `b'`]), `('a', 'b''')`);
    assert.equal(lists([]), `(SELECT '' FROM DUAL WHERE FALSE)`);
  });

  it('a mark that nobody knows is no comment', () => {
    const script = { path: 'x.sql', sha256: '', text: '-- @each once\n-- @hold\nSELECT 1' };
    assert.throws(
      () => partsOf({ kind: 'pack', name: 'keys', script, parameters: {} }, dialect),
      /x\.sql: "-- @hold"/,
    );
  });
});
