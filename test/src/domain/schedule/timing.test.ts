import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { cronFault, plainCron, slotsAfter, slotsBetween } from '../../../../src/domain/schedule/timing.ts';

function next(cron: string, timeZone: string, after: string, count: number): string[] {
  return slotsAfter({ cron, timeZone }, new Date(after), count).map((at) =>
    at.toISOString().replace(':00.000Z', 'Z'),
  );
}

describe('slots of a cron expression', () => {
  it('go by the wall clock of the zone', () => {
    assert.deepEqual(next('0 3 * * mon-fri', 'Europe/Amsterdam', '2026-11-26T12:00:00Z', 3), [
      '2026-11-27T02:00Z',
      '2026-11-30T02:00Z',
      '2026-12-01T02:00Z',
    ]);
    assert.deepEqual(next('0 3 * * *', 'UTC', '2026-11-26T03:00:00Z', 1), ['2026-11-27T03:00Z']);
    // A day of the month or a weekday, as cron has always had it.
    assert.deepEqual(next('0 3 1 * mon', 'UTC', '2026-11-26T00:00:00Z', 2), [
      '2026-11-30T03:00Z',
      '2026-12-01T03:00Z',
    ]);
  });

  it('that the clock skips in spring come once, when it goes on (Europe/Amsterdam, 28 March 2027)', () => {
    assert.deepEqual(next('30 2 * * *', 'Europe/Amsterdam', '2027-03-26T12:00:00Z', 3), [
      '2027-03-27T01:30Z',
      '2027-03-28T01:00Z',
      '2027-03-29T00:30Z',
    ]);
    // Several that are skipped, and the one that is really there, are one.
    assert.deepEqual(next('0,30 2,3 * * *', 'Europe/Amsterdam', '2027-03-28T00:00:00Z', 3), [
      '2027-03-28T01:00Z',
      '2027-03-28T01:30Z',
      '2027-03-29T00:00Z',
    ]);
  });

  it('that the clock shows twice in autumn come once, the first time (Europe/Amsterdam, 25 October 2026)', () => {
    const nights = ['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z'];
    assert.deepEqual(next('30 2 * * *', 'Europe/Amsterdam', '2026-10-23T12:00:00Z', 3), nights);
    // Asked between the two: the second is none.
    assert.deepEqual(next('30 2 * * *', 'Europe/Amsterdam', '2026-10-25T00:45:00Z', 1), [nights[2]]);
    assert.deepEqual(next('*/30 * * * *', 'Europe/Amsterdam', '2026-10-25T00:00:00Z', 3), [
      '2026-10-25T00:30Z',
      '2026-10-25T02:00Z',
      '2026-10-25T02:30Z',
    ]);
  });

  it('know the south, and clocks that change by half an hour', () => {
    // Sydney skips 02:00 to 03:00 on 4 October 2026 and repeats it on 4 April 2027.
    assert.deepEqual(next('30 2 * * *', 'Australia/Sydney', '2026-10-03T00:00:00Z', 2), [
      '2026-10-03T16:00Z',
      '2026-10-04T15:30Z',
    ]);
    assert.deepEqual(next('30 2 * * *', 'Australia/Sydney', '2027-04-03T00:00:00Z', 2), [
      '2027-04-03T15:30Z',
      '2027-04-04T16:30Z',
    ]);
    // Lord Howe skips 02:00 to 02:30.
    assert.deepEqual(next('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 2), [
      '2026-10-03T15:30Z',
      '2026-10-04T15:15Z',
    ]);
  });

  it('once a day are one in each day of a zone, whatever its clock does', () => {
    const zones = fc.constantFrom(
      'Europe/Amsterdam',
      'Australia/Sydney',
      'America/Santiago',
      'Australia/Lord_Howe',
    );
    const time = fc.record({
      hour: fc.integer({ min: 0, max: 23 }),
      minute: fc.integer({ min: 0, max: 59 }),
    });
    const begin = fc.date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(zones, time, begin, (timeZone, { hour, minute }, from) => {
        const timing = { cron: `${minute} ${hour} * * *`, timeZone };
        const slots = slotsAfter(timing, from, 40);
        for (const [at, slot] of slots.entries()) {
          if (at === 0) continue;
          const hours = (slot.getTime() - slots[at - 1]!.getTime()) / 3_600_000;
          assert.ok(hours >= 22.5 && hours <= 25.5, `${hours} h before ${slot.toISOString()} in ${timeZone}`);
        }
        // Whoever asks in the middle sees the same ones.
        const middle = slots[20]!;
        assert.deepEqual(slotsAfter(timing, middle, 19), slots.slice(21));
        assert.deepEqual(slotsBetween(timing, from, middle), slots.slice(0, 21));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a cron expression', () => {
  it('is kept in one form', () => {
    assert.equal(plainCron('  0 3  * * MON-FRI '), '0 3 * * mon-fri');
  });

  for (const cron of ['0 3 * * mon-fri', '*/15 * * * *', '5 0 1 jan,jul *', '0 3 * * 7', '0 22 29 2 *'])
    it(`may be ${cron}`, () => assert.equal(cronFault(cron), undefined));

  const refused: [string, RegExp][] = [
    ['0 3 * *', /not five fields/],
    ['0 0 3 * * *', /not five fields/],
    ['@daily', /not five fields/],
    ['0 3 l * *', /"l" is no day of the month/],
    ['0 3 * * fri#2', /"fri#2" is no weekday/],
    ['0 3 * * jan', /"jan" is no weekday/],
    ['60 3 * * *', /out of its range/],
    ['0 3 31 2 *', /no such day/],
    ['*/5 * * * *', /less than 10 minutes apart/],
    ['0,59 3,4 * * *', /less than 10 minutes apart/],
  ];
  for (const [cron, why] of refused)
    it(`may not be ${cron}`, () => assert.match(cronFault(cron) ?? 'allowed', why));
});
