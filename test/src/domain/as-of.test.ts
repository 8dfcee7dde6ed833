import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { asOfFrom } from '../../../src/domain/as-of.ts';

/** A Wednesday. */
const now = new Date('2026-11-25T10:00:00Z');
const timeZone = 'Europe/Berlin';

describe('a moment to go back to', function () {
  const read = (text: string, at = now) => asOfFrom(text, { now: at, timeZone }).toISOString();

  it('is the last one that it can be, in the zone of the environment', () => {
    assert.equal(read('03:00'), '2026-11-25T02:00:00.000Z');
    assert.equal(read('22:00'), '2026-11-24T21:00:00.000Z', 'yesterday, as today it is still to come');
    assert.equal(read('yesterday 22:00'), '2026-11-24T21:00:00.000Z');
    assert.equal(read('monday 03:00'), '2026-11-23T02:00:00.000Z');
    assert.equal(read('on wed at 03:00'), '2026-11-25T02:00:00.000Z', 'this very day');
    assert.equal(read('wednesday 22:00'), '2026-11-18T21:00:00.000Z', 'a week ago');
    assert.equal(read('2026-10-02 03:00'), '2026-10-02T01:00:00.000Z');
    assert.equal(read('2026-11-24T22:00Z'), '2026-11-24T22:00:00.000Z');
  });

  it('is the later one where the clock showed it twice, and as much later where it skipped it', () => {
    const [autumn, spring] = [new Date('2026-10-25T12:00:00Z'), new Date('2026-03-29T12:00:00Z')];
    assert.equal(read('02:30', autumn), '2026-10-25T01:30:00.000Z');
    assert.equal(read('02:30', new Date('2026-10-25T01:00:00Z')), '2026-10-25T00:30:00.000Z');
    assert.equal(read('02:30', spring), '2026-03-29T01:30:00.000Z');
  });

  it('is refused where it is none, or still to come', () => {
    for (const text of ['', 'monday', 'tomorrow 03:00', 'soon', '25:00', '03:00 04:00'])
      assert.throws(() => read(text), { code: 'as-of-unclear' }, text);
    for (const text of ['today 22:00', '2026-11-26 03:00', '2026-11-25T10:00:01Z'])
      assert.throws(() => read(text), { code: 'as-of-ahead' }, text);
  });

  it('is never ahead, and no further back than a day or a week', () => {
    const minutes = fc.integer({ min: 0, max: 1439 });
    const moments = fc.date({
      min: new Date('2026-01-01'),
      max: new Date('2027-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, minutes, fc.constantFrom('', 'mon ', 'sunday '), (at, minute, day) => {
        const clock = [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0'));
        const back = at.getTime() - asOfFrom(`${day}${clock.join(':')}`, { now: at, timeZone }).getTime();
        assert.ok(back >= 0);
        assert.ok(back <= ((day === '' ? 1 : 7) * 24 + 1) * 3_600_000);
      }),
    );
  });
});
