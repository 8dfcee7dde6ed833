import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isFreshetError } from '../../../src/domain/errors.ts';
import { startFrom, startText } from '../../../src/domain/start.ts';
import { localTimeAt } from '../../../src/domain/zone.ts';

const berlin = 'Europe/Berlin';
/** Monday, 16:30 in Berlin. */
const monday = new Date('2026-11-23T15:30:00Z');

function read(text: string, now = monday, timeZone = berlin): string {
  return startFrom(text, { now, timeZone }).toISOString();
}

function refused(text: string, code: string, now = monday): void {
  assert.throws(
    () => startFrom(text, { now, timeZone: berlin }),
    (error) => {
      assert(isFreshetError(error, 'Input'), String(error));
      assert.equal(error.code, code, text);
      assert.equal(error.about['field'], 'at');
      return true;
    },
  );
}

describe('a moment to start at', () => {
  it('is read in the zone of the environment', () => {
    assert.equal(read('22:00'), '2026-11-23T21:00:00.000Z');
    assert.equal(read('22:00', monday, 'America/New_York'), '2026-11-24T03:00:00.000Z');
    assert.equal(read('22:00', monday, 'UTC'), '2026-11-23T22:00:00.000Z');
    assert.equal(read('tomorrow 03:00'), '2026-11-24T02:00:00.000Z');
    assert.equal(read('03:00 tomorrow'), '2026-11-24T02:00:00.000Z');
    assert.equal(read('Friday at 17:00'), '2026-11-27T16:00:00.000Z');
    assert.equal(read('on fri, 17:00'), '2026-11-27T16:00:00.000Z');
    assert.equal(read('2026-11-24 22:00'), '2026-11-24T21:00:00.000Z');
    assert.equal(read('2026-11-24T22:00:30'), '2026-11-24T21:00:30.000Z');
    assert.equal(read('2026-12-01 00:00'), '2026-11-30T23:00:00.000Z');
  });

  it('is the next one where no date is said', () => {
    assert.equal(read('9:15'), '2026-11-24T08:15:00.000Z', 'past today');
    assert.equal(read('16:30'), '2026-11-24T15:30:00.000Z', 'this very moment is not ahead');
    assert.equal(read('monday 17:00'), '2026-11-23T16:00:00.000Z', 'later today');
    assert.equal(read('monday 16:00'), '2026-11-30T15:00:00.000Z', 'past today');
  });

  it('may carry a zone of its own', () => {
    assert.equal(read('2026-11-24T22:00Z'), '2026-11-24T22:00:00.000Z');
    assert.equal(read('2026-11-24T22:00:00.000+05:30'), '2026-11-24T16:30:00.000Z');
    assert.equal(read('2026-11-24 22:00 -0800'), '2026-11-25T06:00:00.000Z');
  });

  it('is as much later as the clock is put forward by, where it skips it', () => {
    const march = new Date('2026-03-28T12:00:00Z');
    assert.equal(read('tomorrow 02:30', march), '2026-03-29T01:30:00.000Z');
    assert.equal(
      startText(new Date(read('tomorrow 02:30', march)), berlin),
      '29 Mar 2026, 03:30 (Europe/Berlin)',
    );
    const before = new Date('2026-04-04T00:00:00Z');
    // Half an hour only: Lord Howe.
    const spring = new Date('2026-10-03T00:00:00Z');
    assert.equal(read('2026-10-04 02:15', spring, 'Australia/Lord_Howe'), '2026-10-03T15:45:00.000Z');
    assert.equal(read('2026-04-05 01:45', before, 'Australia/Lord_Howe'), '2026-04-04T14:45:00.000Z');
  });

  it('is the first of both where the clock shows it twice, unless that is past; and is shown with its offset', () => {
    const first = new Date('2026-10-25T00:30:00Z');
    const second = new Date('2026-10-25T01:30:00Z');
    assert.equal(read('02:30', new Date('2026-10-24T22:00:00Z')), first.toISOString());
    assert.equal(read('02:30', new Date('2026-10-25T00:45:00Z')), second.toISOString());
    assert.equal(read('today 02:30', first), second.toISOString());
    assert.equal(startText(first, berlin), '25 Oct 2026, 02:30 (Europe/Berlin, UTC+2)');
    assert.equal(startText(second, berlin), '25 Oct 2026, 02:30 (Europe/Berlin, UTC+1)');
    const havana = new Date('2026-11-01T04:30:00Z');
    assert.equal(startText(havana, 'America/Havana'), '1 Nov 2026, 00:30 (America/Havana, UTC-4)');
  });

  it('is refused where it is past, too far ahead or unreadable', () => {
    for (const text of ['today 08:00', '2026-11-23 16:30', '2020-01-01T00:00Z', '2026-11-22 22:00'])
      refused(text, 'start-past');
    for (const text of ['2026-12-23 16:31', '2027-11-24 22:00', '9999-12-31T23:59Z'])
      refused(text, 'start-too-far');
    assert.equal(read('2026-12-23 16:30'), '2026-12-23T15:30:00.000Z', 'thirty days to the second');
    for (const text of [
      '',
      'now',
      'tomorrow',
      '10pm',
      '24:00',
      '22:60',
      '22',
      '2026-02-31 10:00',
      '2026-11-24',
      '2026-13-01T10:00Z',
      '2026-11-24T22:00+99:00',
      'friday saturday 10:00',
      '10:00 11:00',
      'frid 10:00',
      '24.11.2026 22:00',
      'x'.repeat(100_000),
    ])
      refused(text, 'start-unclear');
  });

  const zones = fc.constantFrom(
    'UTC',
    berlin,
    'America/Havana',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Pacific/Apia',
  );
  const moments = fc.date({ min: new Date('2000-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });

  it('always lies ahead, at most thirty days, whatever the moment and the zone', () => {
    const days = fc.constantFrom('', 'tomorrow ', 'monday ', 'sat ');
    const clock = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
    fc.assert(
      fc.property(zones, moments, days, clock, (timeZone, now, day, [hour, minute]) => {
        const time = `${hour}:${String(minute).padStart(2, '0')}`;
        const at = startFrom(`${day}${time}`, { now, timeZone });
        const ahead = (at.getTime() - now.getTime()) / 3_600_000;
        // A weekday is at most a week ahead, and clocks are put back by an hour at most.
        assert(ahead > 0 && ahead <= (day === '' ? 25 : 7 * 24 + 25), `${ahead} hours`);
        const shown = localTimeAt(at, timeZone);
        if (shown.hour * 60 + shown.minute === hour * 60 + minute) return;
        // Only what the clock skips is another time: a while before it the clock shows less than what was asked for.
        const before = localTimeAt(new Date(at.getTime() - 3_600_000), timeZone);
        const passed = (shown.hour - before.hour) * 60 + shown.minute - before.minute;
        assert.notEqual((passed + 1440) % 1440, 60, 'no clock was put forward here');
      }),
      { numRuns: 300 },
    );
  });

  it('is read back from what a program writes', () => {
    fc.assert(
      fc.property(zones, moments, fc.integer({ min: 1, max: 30 * 86_400 }), (timeZone, now, seconds) => {
        const whole = new Date(Math.floor(now.getTime() / 1000) * 1000);
        const at = new Date(whole.getTime() + seconds * 1000);
        assert.equal(startFrom(at.toISOString(), { now: whole, timeZone }).getTime(), at.getTime());
      }),
      { numRuns: 200 },
    );
  });

  it('is never anything but a moment or a refusal', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[0-9:TZ+ -]{0,25}$/),
      fc.stringMatching(/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(Z|[+-]\d{4})?$/),
    );
    fc.assert(
      fc.property(anything, zones, (text, timeZone) => {
        try {
          assert(!Number.isNaN(startFrom(text, { now: monday, timeZone }).getTime()));
        } catch (error) {
          assert(isFreshetError(error, 'Input'), String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});
