import assert from 'node:assert/strict';
import { freezeAt, freezeFrom, type FreezeWindow } from '../../../../src/domain/calendar/freeze.ts';

const berlin = 'Europe/Berlin';

function windows(...texts: string[]): FreezeWindow[] {
  return texts.map((text) => {
    const window = freezeFrom(text, 'because');
    assert.ok(window !== undefined, text);
    return window;
  });
}

/** Until when it is frozen at a moment, in UTC; undefined where it is not. */
function until(texts: string | readonly string[], at: string, zone = berlin): string | undefined {
  return freezeAt(windows(...[texts].flat()), new Date(at), zone)
    ?.until.toISOString()
    .slice(0, 16);
}

describe('freeze windows', () => {
  it('of every week stand on their days, from their beginning up to their end', () => {
    // The 24th of November 2026 is a Tuesday; Berlin is an hour ahead of UTC.
    const weekly = 'mon-fri 09:00-17:00';
    assert.equal(until(weekly, '2026-11-24T07:59:59Z'), undefined);
    assert.equal(until(weekly, '2026-11-24T08:00:00Z'), '2026-11-24T16:00');
    assert.equal(until(weekly, '2026-11-24T15:59:59Z'), '2026-11-24T16:00');
    assert.equal(until(weekly, '2026-11-24T16:00:00Z'), undefined);
    assert.equal(until(weekly, '2026-11-28T10:00:00Z'), undefined, 'a Saturday');
    assert.equal(until('sat,sun 09:00-17:00', '2026-11-29T10:00:00Z'), '2026-11-29T16:00');
    assert.equal(until('fri-mon 09:00-17:00', '2026-11-25T10:00:00Z'), undefined, 'a Wednesday');
    assert.equal(until('daily 09:00-17:00', '2026-11-25T10:00:00Z'), '2026-11-25T16:00');
  });

  it('go over midnight, and belong to the day they begin on', () => {
    const night = 'fri 22:00-06:00';
    assert.equal(until(night, '2026-11-27T20:59:00Z'), undefined);
    assert.equal(until(night, '2026-11-27T21:00:00Z'), '2026-11-28T05:00');
    assert.equal(until(night, '2026-11-28T04:59:00Z'), '2026-11-28T05:00');
    assert.equal(until(night, '2026-11-27T02:00:00Z'), undefined, 'the night before it');
  });

  it('of dates hold their last day to its end, or end at a time', () => {
    const holidays = '2026-12-20 .. 2027-01-02';
    assert.equal(until(holidays, '2026-12-19T22:59:59Z'), undefined);
    assert.equal(until(holidays, '2026-12-19T23:00:00Z'), '2027-01-02T23:00');
    assert.equal(until(holidays, '2027-01-02T22:59:59Z'), '2027-01-02T23:00');
    assert.equal(until(holidays, '2027-01-02T23:00:00Z'), undefined);
    assert.equal(until('2026-12-20 18:00 .. 2026-12-21 08:00', '2026-12-20T17:00:00Z'), '2026-12-21T07:00');
  });

  it('that follow one another count as one', () => {
    const all = ['sat,sun 00:00-24:00', '2026-11-30 .. 2026-11-30', 'tue 00:00-06:30'];
    assert.equal(until(all, '2026-11-28T10:00:00Z'), '2026-12-01T05:30');
    // One that never ends has an end all the same, far ahead.
    assert.match(until('daily 00:00-24:00', '2026-11-28T10:00:00Z') ?? '', /^202[78]-/);
  });

  it('follow the clock of their zone when it is changed', () => {
    // On 25 October 2026 Berlin shows 02:00 to 03:00 twice; on 28 March 2027 it leaves that hour out.
    const early = 'sun 02:00-03:00';
    assert.equal(until(early, '2026-10-25T00:00:00Z'), '2026-10-25T02:00', 'it stands both times');
    assert.equal(until(early, '2026-10-25T01:30:00Z'), '2026-10-25T02:00');
    assert.equal(until(early, '2026-10-25T02:00:00Z'), undefined);
    assert.equal(until('sun 01:00-02:30', '2026-10-25T00:45:00Z'), '2026-10-25T01:30', 'to the second 02:30');
    assert.equal(until(early, '2027-03-28T00:59:00Z'), undefined);
    assert.equal(until('sun 01:30-02:30', '2027-03-28T00:30:00Z'), '2027-03-28T01:30');
    // The same times of the clock before and after the change.
    assert.equal(until('daily 09:00-17:00', '2026-10-24T14:59:00Z'), '2026-10-24T15:00');
    assert.equal(until('daily 09:00-17:00', '2026-10-25T15:59:00Z'), '2026-10-25T16:00');
    assert.equal(until('mon-fri 09:00-17:00', '2026-11-24T16:30:00Z', 'Europe/London'), '2026-11-24T17:00');
  });

  it('that mean nothing are none', () => {
    for (const text of [
      '',
      'mon-fri',
      '09:00-17:00',
      'mon-fry 09:00-17:00',
      'mon-tue-wed 09:00-17:00',
      'mon-fri 09:00-25:00',
      'mon-fri 24:00-08:00',
      'mon-fri 9-17',
      '2026-12-20 - 2027-01-02',
      '2027-01-02 .. 2026-12-20',
      '2026-02-30 .. 2026-03-02',
      '2026-12-20 18:00 .. 2026-12-20 18:00',
      '2026-12-20 ..',
    ]) {
      assert.equal(freezeFrom(text, 'because'), undefined, text);
    }
  });
});
