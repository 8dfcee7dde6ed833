import assert from 'node:assert/strict';
import { keptFromTheWorld, neutralisedText, neutralisingBound } from '../../../src/domain/neutralising.ts';
import type { Neutralised, Neutralising } from '../../../src/domain/neutralising.ts';

const script = { path: 'packs/mail-queue/postgres.sql', sha256: 'a'.repeat(64), text: 'x' };
const queue: Neutralising = {
  kind: 'pack',
  name: 'mail-queue',
  script,
  parameters: { tables: ['mail_queue'] },
};

describe('neutralising', () => {
  it('is told with what was done, and with nothing where nothing was there', () => {
    const held: Neutralised[] = [
      { name: 'addresses', rows: 1204 },
      { name: 'keys', rows: 1 },
      { name: 'subscriptions', rows: 0, nothing: true },
      { name: 'sql/own.sql' },
    ];
    assert.equal(
      neutralisedText(held),
      'addresses (1204 rows), keys (1 row), subscriptions (nothing there), sql/own.sql',
    );
  });

  it('binds text, parameters and assertion, and is not there where nothing is done', () => {
    assert.deepEqual(neutralisingBound({}), {});
    assert.deepEqual(neutralisingBound({ neutralise: [] }), {});
    const own: Neutralising = { kind: 'file', name: 'a.sql', assertion: { ...script, path: 'a.sql' } };
    const bound = (one: Neutralising) => JSON.stringify(neutralisingBound({ neutralise: [one] }));
    const others: [Neutralising, Neutralising][] = [
      [queue, { ...queue, parameters: { tables: ['other'] } }],
      [queue, { ...queue, script: { ...script, sha256: 'b'.repeat(64) } }],
      [own, { ...own, assertion: { ...own.assertion, sha256: 'b'.repeat(64) } }],
      [own, { ...own, script }],
    ];
    for (const [one, other] of others) assert.notEqual(bound(one), bound(other));
  });

  it('is shown as it will be, and then as it was proven, by the last attempt that proved it', () => {
    const placements = { orders: { neutralise: [queue] }, stock: {} };
    assert.equal(keptFromTheWorld(['stock'], placements, []), undefined);
    assert.deepEqual(keptFromTheWorld(['orders', 'stock'], placements, []), {
      text: 'orders: mail-queue',
      proven: false,
    });
    const proven = (rows: number) => ({
      type: 'item-neutralised',
      database: 'orders',
      held: [{ name: 'mail-queue', rows }],
    });
    assert.deepEqual(
      keptFromTheWorld(['orders', 'stock'], placements, [proven(3), proven(4), { type: 'run-started' }]),
      { text: 'orders: mail-queue (4 rows)', proven: true },
    );
  });
});
