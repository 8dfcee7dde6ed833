import assert from 'node:assert/strict';
import { stateOf } from '../../../../src/fronts/jira/answers.ts';

describe('Jira: what the changelog tells', () => {
  const issue = { id: '1', key: 'DBR-1', fields: { status: { id: '10010', name: 'Waiting' } } };
  const changed = (item: Record<string, string>) => [
    { id: '7', created: '2026-11-23T10:00:00Z', author: { key: 'quinn' }, items: [item] },
  ];
  const read = (item: Record<string, string>) =>
    stateOf(issue, changed(item), (user) => (user as { key: string }).key);

  it('a move and an edit, with ids of fields or without', () => {
    for (const more of [{}, { fieldId: 'status' }] as Record<string, string>[]) {
      const { entries } = read({
        field: 'status',
        fieldtype: 'jira',
        to: '10011',
        toString: 'Approved',
        ...more,
      });
      assert.deepEqual(
        entries.map(({ id, to, accountId }) => [id, to, accountId]),
        [[7, '10011', 'quinn']],
      );
    }
    assert.equal(read({ field: 'description', fieldtype: 'jira' }).edits.length, 1);
  });

  it('a field that somebody made up is none of Jira’s own, whatever it is called', () => {
    assert.deepEqual(read({ field: 'status', fieldtype: 'custom', to: '10011' }).entries, []);
    assert.deepEqual(read({ field: 'summary', fieldtype: 'custom' }).edits, []);
    assert.equal(read({ field: 'status', fieldtype: 'custom', to: '10011' }).newest, 7);
  });
});
