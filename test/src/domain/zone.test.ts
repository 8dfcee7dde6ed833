import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { instantOf, isZone, localTimeAt, offsetMinutes } from '../../../src/domain/zone.ts';

const at = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0) => ({
  year,
  month,
  day,
  hour,
  minute,
  second,
});

describe('zones', () => {
  it('are offsets and IANA names', () => {
    for (const zone of [
      'Z',
      'UTC',
      '+01:00',
      '-0330',
      '+14',
      'Europe/Berlin',
      'America/Argentina/Buenos_Aires',
    ])
      assert(isZone(zone), zone);
    for (const zone of ['', 'Europe/Berln', '+15:00', '+1', '01:00', '+01:60', '../etc', 'Europe/'])
      assert(!isZone(zone), zone);
    assert.equal(offsetMinutes('-0330'), -210);
  });

  it('give the moment of a wall clock', () => {
    assert.equal(instantOf(at(2026, 7, 1, 12), 'Europe/Berlin')?.toISOString(), '2026-07-01T10:00:00.000Z');
    assert.equal(instantOf(at(2026, 1, 1, 12), 'Europe/Berlin')?.toISOString(), '2026-01-01T11:00:00.000Z');
    assert.equal(instantOf(at(2026, 1, 1, 12), '-0330')?.toISOString(), '2026-01-01T15:30:00.000Z');
  });

  it('give none for a time that is shown twice, never, or is no time', () => {
    assert.equal(instantOf(at(2026, 10, 25, 2, 30), 'Europe/Berlin'), undefined, 'twice');
    assert.equal(instantOf(at(2026, 3, 29, 2, 30), 'Europe/Berlin'), undefined, 'never');
    for (const none of [
      at(2026, 2, 29),
      at(2026, 13, 1),
      at(2026, 1, 1, 24),
      at(2026, 1, 1, 0, 60),
      at(2026, 0, 1),
    ]) {
      assert.equal(instantOf(none, 'Z'), undefined);
    }
  });

  it('give back every moment but those that are shown twice', () => {
    const zones = fc.constantFrom(
      'Z',
      '+05:30',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
    );
    const moments = fc.date({
      min: new Date('1990-01-01'),
      max: new Date('2040-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(zones, moments, (zone, moment) => {
        const second = new Date(Math.floor(moment.getTime() / 1000) * 1000);
        const back = instantOf(localTimeAt(second, zone), zone);
        if (back !== undefined) assert.equal(back.getTime(), second.getTime());
        else assert(offsetMinutes(zone) === undefined, 'a fixed offset shows nothing twice');
      }),
      { numRuns: 500 },
    );
  });
});
