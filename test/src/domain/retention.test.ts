import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { newestFirst, type Backup } from '../../../src/domain/backup.ts';
import { judged, retentionText, type Retention } from '../../../src/domain/retention.ts';
import type { BackupId } from '../../../src/domain/ids.ts';

const now = new Date('2026-11-27T12:00:00Z');
const hour = 3_600_000;
const day = 24 * hour;

function taken(number: number, hoursAgo: number, more: Partial<Backup> = {}): Backup {
  const at = new Date(now.getTime() - hoursAgo * hour);
  return {
    id: `BKP-${number}`,
    database: 'orders',
    environment: 'dev',
    repository: 'taken',
    path: `p-${number}`,
    engine: 'postgres',
    format: 'pg-directory',
    dataAt: at,
    dataAtOrigin: 'manifest',
    takenAt: at,
    bytes: 1,
    checksum: 'c',
    anonymisation: 'raw',
    scope: 'full',
    state: 'present',
    foundAt: at,
    takenBy: 'REQ-1',
    ...more,
  };
}

const nobody: ReadonlySet<BackupId> = new Set();

function staying(backups: readonly Backup[], rule: Retention, needed = nobody): BackupId[] {
  return judged(backups, rule, { now, needed })
    .filter(({ stays }) => stays)
    .map(({ backup }) => backup.id);
}

const count = fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined });
const rules: fc.Arbitrary<Retention> = fc
  .record({
    last: count,
    daily: count,
    weekly: count,
    monthly: count,
    maxAgeSeconds: fc.option(fc.integer({ min: 3600, max: 90 * 86_400 }), { nil: undefined }),
  })
  .map((rule) => Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)));
const catalogues = fc
  .array(
    fc.record({
      hoursAgo: fc.integer({ min: 0, max: 24 * 120 }),
      own: fc.boolean(),
      proof: fc.constantFrom('proven', 'failed', 'none', 'none'),
      present: fc.constantFrom(true, true, true, false),
    }),
    { maxLength: 30 },
  )
  .map((all) =>
    all.map(({ hoursAgo, own, proof, present }, at) => {
      const backup = taken(at + 1, hoursAgo);
      if (!own) delete backup.takenBy;
      if (!present) backup.state = 'missing';
      if (proof === 'proven') backup.verifiedAt = now;
      if (proof === 'failed') backup.unprovenAt = now;
      return backup;
    }),
  );

describe('retention', () => {
  it('holds the newest, and the newest of each day, week and month that has one', () => {
    const daily = Array.from({ length: 90 }, (_, at) => taken(at + 1, at * 24 + 1));
    assert.deepEqual(staying(daily, { last: 2 }), ['BKP-1', 'BKP-2']);
    assert.deepEqual(staying(daily, { daily: 3 }), ['BKP-1', 'BKP-2', 'BKP-3']);
    // 27 Nov 2026 is a Friday: the newest of the week before is that of Sunday 22 Nov.
    assert.deepEqual(staying(daily, { weekly: 3 }), ['BKP-1', 'BKP-6', 'BKP-13']);
    assert.deepEqual(staying(daily, { monthly: 3 }), ['BKP-1', 'BKP-28', 'BKP-59']);
    assert.deepEqual(staying(daily, { maxAgeSeconds: 2.5 * 86_400 }), ['BKP-1', 'BKP-2', 'BKP-3']);
    assert.deepEqual(staying(daily, { last: 9, maxAgeSeconds: 1.5 * 86_400 }), ['BKP-1', 'BKP-2']);
    const gaps = [taken(1, 1), taken(2, 24 * 40), taken(3, 24 * 80)];
    assert.deepEqual(staying(gaps, { daily: 3 }), ['BKP-1', 'BKP-2', 'BKP-3']);
  });

  it('says why, in words', () => {
    const backups = [taken(1, 1), taken(2, 30, { verifiedAt: now }), taken(3, 60), taken(4, 90)];
    const why = judged(backups, { last: 1 }, { now, needed: new Set(['BKP-3']) });
    assert.deepEqual(
      why.map((one) => `${one.backup.id} ${one.stays ? 'stays' : 'goes'}: ${one.why}`),
      [
        'BKP-1 stays: the newest that is whole',
        'BKP-2 stays: the newest that was proven',
        'BKP-3 stays: a request needs it',
        'BKP-4 goes: neither among the newest nor held for its day, week or month',
      ],
    );
    const rule = { last: 3, daily: 7, weekly: 1, maxAgeSeconds: 30 * 86_400 };
    assert.equal(retentionText(rule), 'the newest 3, 7 days, 1 week, at most 30 days old');
  });

  it('one that failed its proof takes no other’s place, and goes when it would have gone', () => {
    const failed = { unprovenAt: now };
    assert.deepEqual(staying([taken(1, 1, failed), taken(2, 30)], { last: 1 }), ['BKP-1', 'BKP-2']);
    const three = [taken(1, 1), taken(2, 30, failed), taken(3, 60)];
    assert.deepEqual(staying(three, { last: 2 }), ['BKP-1', 'BKP-2', 'BKP-3']);
    assert.deepEqual(staying(three, { last: 1 }), ['BKP-1']);
    assert.deepEqual(staying(three, { last: 2, maxAgeSeconds: 86_400 }), ['BKP-1']);
  });

  it('a proof that fails, be it by a query that was mistyped, lets nothing go that would have stayed', () => {
    fc.assert(
      fc.property(catalogues, rules, (backups, rule) => {
        const unasked = backups.map(({ unprovenAt: _failed, ...backup }) => backup);
        const after = staying(backups, rule);
        for (const id of staying(unasked, rule)) assert.ok(after.includes(id), id);
      }),
    );
  });

  it('never lets go what a request needs, the newest whole and the newest proven one, nor judges what is not its own', () => {
    fc.assert(
      fc.property(catalogues, rules, fc.array(fc.integer({ min: 1, max: 30 })), (backups, rule, numbers) => {
        const needed = new Set(numbers.map((number): BackupId => `BKP-${number}`));
        const verdicts = judged(backups, rule, { now, needed });
        const gone = new Set(verdicts.flatMap(({ backup, stays }) => (stays ? [] : [backup.id])));
        const sound = backups
          .filter(
            (one) => one.takenBy !== undefined && one.state === 'present' && one.unprovenAt === undefined,
          )
          .toSorted(newestFirst);
        const [newest] = sound;
        assert.ok(newest === undefined || !gone.has(newest.id));
        const proven = sound.find(({ verifiedAt }) => verifiedAt !== undefined);
        assert.ok(proven === undefined || !gone.has(proven.id));
        for (const id of needed) assert.ok(!gone.has(id));
        for (const { backup } of verdicts)
          assert.ok(backup.takenBy !== undefined && backup.state === 'present');
      }),
    );
  });

  it('asked again after what went is gone, it lets nothing more go', () => {
    fc.assert(
      fc.property(catalogues, rules, (backups, rule) => {
        const first = staying(backups, rule);
        const left = backups.filter(({ id, takenBy }) => takenBy === undefined || first.includes(id));
        assert.deepEqual(staying(left, rule), first);
      }),
    );
  });

  it('holds no fewer where a count or the age is larger', () => {
    fc.assert(
      fc.property(
        catalogues,
        rules,
        fc.constantFrom('last', 'daily', 'weekly', 'monthly', 'maxAgeSeconds'),
        (backups, rule, key) => {
          if (rule[key] === undefined) return;
          const more = staying(backups, { ...rule, [key]: rule[key] + (key === 'maxAgeSeconds' ? day : 1) });
          for (const id of staying(backups, rule)) assert.ok(more.includes(id), id);
        },
      ),
    );
  });
});
