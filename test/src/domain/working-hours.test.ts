import assert from 'node:assert/strict';
import { nextWorking, workingHoursOf } from '../../../src/domain/working-hours.ts';

describe('working hours', () => {
  it('are read as people write them', () => {
    assert.deepEqual(workingHoursOf('mon-fri 09:00-17:30'), { days: [1, 2, 3, 4, 5], from: 540, to: 1050 });
    assert.deepEqual(workingHoursOf('sat-mon,wed 00:00-24:00'), { days: [0, 1, 3, 6], from: 0, to: 1440 });
    for (const text of [
      '',
      'mon-fri',
      'mon-fri 17:00-09:00',
      'mo-fr 09:00-17:00',
      'mon 09:00-24:01',
      'mon 9-17',
    ])
      assert.equal(workingHoursOf(text), undefined, text);
  });

  const hours = workingHoursOf('mon-fri 09:00-17:30')!;
  const cases: [string, string, string][] = [
    // 23 November 2026 is a Monday; Berlin is an hour ahead of UTC then.
    ['within them it is now', '2026-11-23T09:30:00Z', '2026-11-23T09:30:00Z'],
    ['before them it is when they begin', '2026-11-23T03:00:00Z', '2026-11-23T08:00:00Z'],
    ['when they end it is the next day', '2026-11-23T16:30:00Z', '2026-11-24T08:00:00Z'],
    ['a second before it is still now', '2026-11-23T16:29:59Z', '2026-11-23T16:29:59Z'],
    ['on Friday evening it is Monday', '2026-11-27T20:00:00Z', '2026-11-30T08:00:00Z'],
    ['over the end of summer time, by the new clock', '2026-10-23T20:00:00Z', '2026-10-26T08:00:00Z'],
    ['over its beginning as well', '2026-03-27T20:00:00Z', '2026-03-30T07:00:00Z'],
  ];
  for (const [what, at, expected] of cases) {
    it(what, () => {
      assert.equal(
        nextWorking(new Date(at), hours, 'Europe/Berlin').toISOString(),
        new Date(expected).toISOString(),
      );
    });
  }

  it('that begin at an hour which is skipped begin as much later', () => {
    const night = workingHoursOf('sun 02:30-05:00')!;
    const at = nextWorking(new Date('2026-03-28T12:00:00Z'), night, 'Europe/Berlin');
    assert.equal(at.toISOString(), '2026-03-29T01:30:00.000Z');
  });
});
