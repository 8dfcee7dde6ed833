import assert from 'node:assert/strict';
import { outlineOf } from '../../runners/outline.ts';

describe('what a host tells of a backup', () => {
  it('is taken for names of the kinds that there are, and touches nothing else', () => {
    // As a host that somebody has taken over could: a key and a value of its choice.
    const report = { 'table-1': 'public.orders', '__proto__-1': 'owned', 'constructor-1': 'owned' };
    const schema = outlineOf([report], 'public');
    assert.deepEqual(schema.table, { orders: '' });
    assert.ok(!('owned' in {}) && !('owned' in Object));
  });
});
