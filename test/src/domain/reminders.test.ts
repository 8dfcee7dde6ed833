import assert from 'node:assert/strict';
import { dueReminders } from '../../../src/domain/reminders.ts';
import { workingHoursOf } from '../../../src/domain/working-hours.ts';

/** Waits since Monday, 23 November 2026, 15:00 UTC (16:00 in Berlin), for three days. */
const since = Date.parse('2026-11-23T15:00:00Z');
const environment = {
  approvalSeconds: 3 * 86_400,
  timeZone: 'Europe/Berlin',
  reminding: { afterSeconds: [3600, 4 * 3600, 86_400], hours: workingHoursOf('mon-fri 09:00-17:30')! },
};
const request = { expiresAt: new Date(since + 3 * 86_400_000) };

describe('reminders of a request that waits', () => {
  const cases: [string, string, (number | 'last')[]][] = [
    ['at first there is none', '2026-11-23T15:59:00Z', []],
    ['the first is due after its time', '2026-11-23T16:00:00Z', [1]],
    ['what is late is not sent in the evening', '2026-11-23T17:00:00Z', []],
    ['the second would be at night: it waits for the morning', '2026-11-24T07:59:00Z', []],
    ['and is due then', '2026-11-24T08:00:00Z', [2]],
    ['of several that were missed only the newest', '2026-11-25T10:00:00Z', [3]],
    ['the requester is told before it expires, at whatever hour', '2026-11-26T07:48:00Z', ['last']],
    ['both where both are due', '2026-11-26T09:00:00Z', [3, 'last']],
    ["what has expired is nobody's to be reminded of", '2026-11-26T15:00:00Z', []],
  ];
  for (const [what, now, expected] of cases) {
    it(what, () => assert.deepEqual(dueReminders(request, environment, new Date(now)), expected));
  }

  it('are none where the environment has none', () => {
    const { reminding: _, ...quiet } = environment;
    assert.deepEqual(dueReminders(request, quiet, new Date('2026-11-26T09:00:00Z')), []);
  });

  it('come at any hour where it says so', () => {
    const always = { ...environment, reminding: { afterSeconds: [3600] } };
    assert.deepEqual(dueReminders(request, always, new Date('2026-11-23T23:00:00Z')), [1]);
  });

  describe('of the fallback', () => {
    const fallback = { roles: ['operator'], afterSeconds: 2 * 3600 };
    const two = { ...environment, approval: { stages: [], fallback } };
    const fallbackCases: [string, string, (number | 'fallback')[]][] = [
      ['comes not before its time', '2026-11-23T16:10:00Z', [1]],
      ['waits for the morning where its time comes in the evening', '2026-11-23T17:00:00Z', []],
      ['is not sent at night', '2026-11-23T23:30:00Z', []],
      ['nor before work begins', '2026-11-24T07:59:59Z', []],
      ['comes then', '2026-11-24T08:00:00Z', [2, 'fallback']],
    ];
    for (const [what, now, expected] of fallbackCases) {
      it(what, () => assert.deepEqual(dueReminders(request, two, new Date(now)), expected));
    }

    it('keeps to the hours where nobody else is reminded, and comes at any hour where there are none', () => {
      const only = { ...two, reminding: { ...two.reminding, afterSeconds: [] } };
      assert.deepEqual(dueReminders(request, only, new Date('2026-11-23T23:30:00Z')), []);
      assert.deepEqual(dueReminders(request, only, new Date('2026-11-26T09:00:00Z')), ['fallback']);
      const always = { ...two, reminding: { afterSeconds: [] } };
      assert.deepEqual(dueReminders(request, always, new Date('2026-11-23T23:30:00Z')), ['fallback']);
    });
  });
});
