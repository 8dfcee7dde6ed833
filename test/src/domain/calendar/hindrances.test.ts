import assert from 'node:assert/strict';
import { freezeFrom, onFreezeChoices } from '../../../../src/domain/calendar/freeze.ts';
import { endOfAll, hindrancesOf, isAsking, type Passed } from '../../../../src/domain/calendar/hindrances.ts';
import { onHoldChoices, type Hold } from '../../../../src/domain/calendar/hold.ts';
import type { HoldId } from '../../../../src/domain/ids.ts';
import { paperSite } from '../../../paper-site.ts';

const site = paperSite();
const at = new Date('2026-11-24T10:00:00Z');
const hours = (count: number) => new Date(at.getTime() + count * 3_600_000);

function holdOf(id: HoldId, more: Partial<Hold> = {}): Hold {
  return {
    id,
    environment: 'uat',
    by: 'quinn',
    front: 'slack',
    from: hours(-1),
    until: hours(2),
    reason: 'regression of release 12',
    ...more,
  };
}

const freeze = freezeFrom('tue 11:00-12:00', 'testing hours')!;

/** What stands in the way, in short: `ask HLD-1`, `wait freeze`. */
function met(
  environment: { onHold: (typeof onHoldChoices)[number]; onFreeze: (typeof onFreezeChoices)[number] },
  what: {
    by?: string;
    passes?: Passed;
    frozen?: boolean;
    holds?: Hold[];
    allowed?: HoldId[];
    at?: Date;
  },
): string[] {
  const uat = { ...site.environments['uat']!, ...environment, freezes: what.frozen === true ? [freeze] : [] };
  const asked = {
    requestedBy: what.by ?? 'dana',
    at: what.at ?? at,
    ...(what.passes === undefined ? {} : { passes: what.passes }),
  };
  return hindrancesOf(site, uat, asked, what.holds ?? [], new Set(what.allowed)).map((one) =>
    one.kind === 'hold' ? `${one.meets} ${one.hold.id}` : `${one.meets} freeze`,
  );
}

/** Whether the glass was broken, and what stood in the way then; `others`: nothing of what does now. */
const glasses = ['whole', 'others', 'the hold', 'the freeze', 'both'] as const;
const passing: Record<(typeof glasses)[number], Passed | undefined> = {
  whole: undefined,
  others: { holds: new Set(['HLD-9']), frozenUntil: at },
  'the hold': { holds: new Set(['HLD-1']) },
  'the freeze': { holds: new Set(), frozenUntil: hours(1) },
  both: { holds: new Set(['HLD-1']), frozenUntil: hours(1) },
};

describe('what of the calendar stands in the way', () => {
  it('follows from hold, freeze, policy, requester, the holder’s word and break-glass, and nothing else', () => {
    let cases = 0;
    for (const onHold of onHoldChoices)
      for (const onFreeze of onFreezeChoices)
        for (const held of [false, true])
          for (const frozen of [false, true])
            for (const by of ['dana', 'quinn'])
              for (const allowed of [false, true])
                for (const glass of glasses) {
                  const passesHold = onHold === 'ask' && (by === 'quinn' || allowed);
                  const expected = [
                    ...(held && glass !== 'both' && glass !== 'the hold' && !passesHold
                      ? [`${onHold} HLD-1`]
                      : []),
                    ...(frozen && glass !== 'both' && glass !== 'the freeze' ? [`${onFreeze} freeze`] : []),
                  ];
                  const holds = held ? [holdOf('HLD-1')] : [];
                  const answers: HoldId[] = allowed ? ['HLD-1'] : [];
                  const passes = passing[glass];
                  const what = { by, frozen, holds, allowed: answers, ...(passes && { passes }) };
                  const name = JSON.stringify({ onHold, onFreeze, held, frozen, by, allowed, glass });
                  assert.deepEqual(met({ onHold, onFreeze }, what), expected, name);
                  cases++;
                }
    assert.equal(cases, 96 * 5);
  });

  it('is every hold of the environment by itself, until each one ends', () => {
    const policy = { onHold: 'ask', onFreeze: 'wait' } as const;
    const holds = [
      holdOf('HLD-1'),
      holdOf('HLD-2', { by: 'rosa', until: hours(1) }),
      holdOf('HLD-3', { environment: 'ci' }),
      holdOf('HLD-4', { until: at }),
      holdOf('HLD-5', { releasedAt: hours(-1), releasedBy: 'rosa' }),
    ];
    assert.deepEqual(met(policy, { holds }), ['ask HLD-1', 'ask HLD-2']);
    assert.deepEqual(met(policy, { holds, allowed: ['HLD-1'] }), ['ask HLD-2']);
    assert.deepEqual(met(policy, { holds, by: 'rosa' }), ['ask HLD-1'], 'one’s own asks nobody');
    assert.deepEqual(met(policy, { holds, at: hours(1.5) }), ['ask HLD-1'], 'as it will be at its moment');
    assert.deepEqual(met(policy, { holds, at: hours(3) }), []);
  });

  it('is told with who, until when in the zone of the environment, and why', () => {
    const uat = { ...site.environments['uat']!, freezes: [freeze] };
    const asked = { requestedBy: 'dana', at };
    const all = hindrancesOf(site, uat, asked, [holdOf('HLD-1'), holdOf('HLD-2', { by: 'gone' })]);
    assert.deepEqual(
      all.map(({ why }) => why),
      [
        'uat is held by Quinn until 24 Nov 2026, 13:00 (Europe/Berlin): regression of release 12',
        'uat is held by gone until 24 Nov 2026, 13:00 (Europe/Berlin): regression of release 12',
        'uat is frozen until 24 Nov 2026, 12:00 (Europe/Berlin) (tue 11:00-12:00): testing hours',
      ],
    );
    assert.deepEqual(all.map(isAsking), [true, true, false]);
    assert.deepEqual(endOfAll(all), hours(2));
    assert.equal(endOfAll([]), undefined);
  });
});
