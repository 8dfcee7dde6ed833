import assert from 'node:assert/strict';
import {
  changesSince,
  changesText,
  changedTexts,
  estimateText,
  schemaTexts,
  sessionNames,
  withinEvent,
  type Writes,
} from '../../../src/domain/impact.ts';
import { compareSchemas, type Schema } from '../../../src/domain/schema.ts';

const named = (...names: string[]) => Object.fromEntries(names.map((name) => [name, '']));

describe('what a refresh costs others', function () {
  const live: Schema = {
    migration: named('flyway 1', 'flyway 9 uat only'),
    table: named('orders', 'qa_cases', 'odd.table'),
    column: {
      'orders.id': 'integer',
      'orders.note': 'text',
      'qa_cases.id': 'integer',
      'odd.table.a.b': 'text',
    },
    index: named('same'),
  };
  const backup: Schema = {
    migration: named('flyway 1', 'flyway 2'),
    table: named('orders', 'parts', 'odd.table'),
    column: { 'orders.id': 'bigint', 'parts.id': 'integer', 'odd.table.c': 'text' },
    view: named('v'),
    index: named('same'),
  };

  it('is said with what is lost first, and with what was not compared', () => {
    const diff = compareSchemas(live, backup);
    assert.deepEqual(diff.uncompared, ['view', 'routine', 'trigger', 'event']);
    assert.deepEqual(schemaTexts(diff, 'orders_uat', 'BKP-1'), [
      {
        text: 'Only in orders_uat, and lost: 1 migration (flyway 9 uat only); 1 table (qa_cases); 2 columns (odd.table.a.b, orders.note)',
        lost: true,
      },
      { text: 'Another type with BKP-1: 1 column (orders.id: integer, then bigint)', lost: false },
      {
        text: 'Comes with BKP-1: 1 migration (flyway 2); 1 table (parts); 1 column (odd.table.c)',
        lost: false,
      },
      { text: 'Not compared: views, routines, triggers and events', lost: false },
    ]);
    assert.match(
      changedTexts(diff).join(),
      /^Gone with the replaced copy: 1 migration \(flyway 9 uat only\)/,
    );
    assert.deepEqual(changedTexts(compareSchemas(live, live)), []);
    const same = { ...live, view: {}, routine: {}, trigger: {}, event: {} };
    assert.deepEqual(schemaTexts(compareSchemas(same, same), 'x', 'BKP-1'), [
      { text: 'The schema is that of BKP-1', lost: false },
    ]);
  });

  it('names so many and counts the others; no name gets to people with more than letters in it', () => {
    const many = named(
      ...Array.from({ length: 40 }, (_, at) => `t${at + 10}`),
      `a\u202e\n${'x'.repeat(500)}`,
    );
    const [text] = schemaTexts(compareSchemas({ table: many }, { table: {} }), 'x', 'y');
    assert.match(text!.text, /^Only in x, and lost: 41 tables \(a\?\?x{126}…, t10, .* and 29 more\)$/);
  });

  it('counts what was written since, and knows when the counters began anew', () => {
    const since = new Date('2026-11-20T02:00:00Z');
    const mark = { total: 1100, byTable: { orders: 1000, log: 100 } };
    const now = { total: 1162, byTable: { orders: 1030, log: 100, fresh: 32 } };
    const changes = changesSince(mark, now, since);
    assert.equal(changesText(changes), 'about 62 rows written since in 2 tables (fresh, orders)');
    assert.equal(changesText(changesSince(mark, mark, since)), 'nothing written since');
    const lower: Writes[] = [
      { total: 40, byTable: { orders: 40 } },
      { total: 5000, byTable: { orders: 900, log: 4100 } },
    ];
    for (const later of lower)
      assert.match(
        changesText(changesSince(mark, later, since)),
        /^what was written since is not known: the counters/,
      );
    // A table that is gone has taken its count along.
    assert.ok('unknown' in changesSince(mark, { total: 1000, byTable: { orders: 1000 } }, since));
    // Counters that go by names say nothing once their server was started anew, however far they have come since.
    assert.ok('unknown' in changesSince({ ...mark, counter: 'a' }, { ...now, counter: 'b' }, since));
  });

  it('of very many databases fewer names are told, and none is left out', () => {
    const tables = named(...Array.from({ length: 40 }, (_, at) => `${'x'.repeat(100)}${at}`));
    const schema = compareSchemas({ table: tables }, { table: {} });
    const items = Array.from({ length: 200 }, (_, at) => ({
      database: `d${at}`,
      sessions: { unknown: '' },
      schema,
    }));
    const fewer = withinEvent(items);
    assert.ok(JSON.stringify(fewer).length < 60_000 && fewer.length === 200);
    const [first] = fewer;
    assert.ok(first?.schema !== undefined && 'differences' in first.schema);
    assert.equal(first.schema.differences[0]?.goes?.count, 40);
    assert.deepEqual(withinEvent(items.slice(0, 2)), items.slice(0, 2));
  });

  it('says by what an estimate is made', () => {
    assert.equal(estimateText({ seconds: 170, runs: 4 }), 'about 3 min to the swap, by 4 earlier runs');
    assert.equal(estimateText({ seconds: 8.3, runs: 0 }), 'about 8 s to the swap, by its size alone');
    assert.equal(estimateText({ seconds: 0.2, runs: 0 }), 'about 1 s to the swap, by its size alone');
    const sessions = [4, 3, 2, 1].map((count) => ({
      user: `u${count}`,
      application: count > 2 ? 'shop' : '',
      count,
    }));
    assert.equal(sessionNames(sessions), 'u4 (shop), u3 (shop), u2 and others');
  });
});
