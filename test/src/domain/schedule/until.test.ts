import assert from 'node:assert/strict';
import { untilFrom } from '../../../../src/domain/schedule/until.ts';

const context = {
  now: new Date('2026-11-26T12:00:00Z'),
  timeZone: 'Europe/Amsterdam',
  mostSeconds: 90 * 86_400,
};

describe('until when a standing approval lasts', () => {
  for (const [text, until] of [
    ['', '2026-12-26T12:00:00.000Z'],
    ['30d', '2026-12-26T12:00:00.000Z'],
    ['2w', '2026-12-10T12:00:00.000Z'],
    ['31 dec', '2026-12-31T23:00:00.000Z'],
    ['31 December 2026', '2026-12-31T23:00:00.000Z'],
    ['2026-11-26', '2026-11-26T23:00:00.000Z'],
    ['5 jan', '2027-01-05T23:00:00.000Z'],
  ] as const)
    it(`"${text}"`, () => assert.equal(untilFrom(text, context).toISOString(), until));

  for (const [text, code] of [
    ['christmas', 'until-unclear'],
    ['31 feb', 'until-unclear'],
    ['0d', 'until-unclear'],
    ['2026-11-25', 'until-past'],
    ['25 nov', 'until-too-far'],
    ['91d 2', 'until-unclear'],
    ['2027-03-31', 'until-too-far'],
  ] as const)
    it(`is not "${text}"`, () => assert.throws(() => untilFrom(text, context), { code }));

  it('is no longer than is allowed where nobody says', () => {
    const short = { ...context, mostSeconds: 86_400 };
    assert.equal(untilFrom('', short).toISOString(), '2026-11-27T12:00:00.000Z');
  });
});
