import assert from 'node:assert/strict';
import { holdFrom } from '../../../../src/domain/calendar/hold-words.ts';

/** A Tuesday, 11:00 in Berlin. */
const context = { now: new Date('2026-11-24T10:00:00Z'), timeZone: 'Europe/Berlin' };

function read(...words: string[]): [string, string] {
  const { until, reason } = holdFrom(words, context);
  return [until.toISOString().slice(0, 16), reason];
}

describe('the words of a hold', () => {
  it('are a moment in the zone of the environment and a reason, with quotes or without', () => {
    const expected = ['2026-11-27T16:00', 'regression of release 12'];
    assert.deepEqual(read('until', 'friday', '17:00', 'regression of release 12'), expected);
    assert.deepEqual(read('friday', '17:00', 'regression', 'of', 'release', '12'), expected);
    assert.deepEqual(read('until', 'friday at 17:00', 'regression of release 12'), expected);
    assert.deepEqual(read('Until', '2026-11-27', '17:00', 'x'), ['2026-11-27T16:00', 'x']);
    assert.deepEqual(read('until', '2026-11-27T16:00:00.000Z', 'x'), ['2026-11-27T16:00', 'x']);
    assert.deepEqual(read('until', '17:00'), ['2026-11-24T16:00', '']);
    assert.deepEqual(read('until', '17:00', 'friday is too late'), [
      '2026-11-24T16:00',
      'friday is too late',
    ]);
  });

  it('are refused where they are no moment, or one that nobody can mean', () => {
    const refused = (code: string, ...words: string[]) =>
      assert.throws(() => holdFrom(words, context), { code, kind: 'Input' }, words.join(' '));
    refused('hold-until-unclear');
    refused('hold-until-unclear', 'until');
    refused('hold-until-unclear', 'until', 'soon', 'because');
    refused('hold-until-unclear', 'until', 'friday', 'because');
    refused('hold-until-past', 'until', '2026-11-24', '10:59', 'because');
    refused('hold-until-too-far', 'until', '2027-11-24', '10:59', 'because');
  });
});
