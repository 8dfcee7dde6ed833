import assert from 'node:assert/strict';
import {
  alignmentOf,
  alignmentText,
  passingOver,
  tellsStill,
  unknownText,
  type Alignment,
} from '../../../src/domain/alignment.ts';

const tolerance = { toleranceSeconds: 6 * 3600, clockOffsetSeconds: 600 };

/** Billing stays; a moment is said in hours. */
function apart(orders: number | undefined, billing: number | undefined, more = tolerance): Alignment {
  const at = (hours: number | undefined) =>
    hours === undefined ? {} : { at: new Date(Date.UTC(2026, 10, 20) + hours * 3_600_000) };
  return alignmentOf(
    [
      { database: 'orders', ...at(orders) },
      { database: 'billing', stays: true, ...at(billing) },
    ],
    more,
  );
}

describe('what stays and of whose moment nothing is known', () => {
  it('is said where nothing else says it', () => {
    assert.match(
      unknownText(apart(1, undefined)) ?? '',
      /^billing stays as it is; of what moment its data is/,
    );
    const three = alignmentOf(
      [
        ...['orders', 'catalog'].map((database) => ({ database, at: new Date(0) })),
        { database: 'billing', stays: true as const },
      ],
      tolerance,
    );
    assert.match(alignmentText(three) ?? '', /billing stays as it is: the moment of its data is not known/);
    assert.equal(unknownText(three), undefined);
  });
});

describe('what is newer and was passed over', () => {
  const passedOver = (alignment: Alignment) =>
    alignmentText(passingOver(alignment, new Map([['orders', 'BKP-9']])));

  it('is named, with what stays and keeps it back', () => {
    assert.equal(
      passedOver(apart(0, 1)),
      '1 h 10 min apart: orders is 1 h older; billing stays as it is: the newest. Newer, but further from the others: BKP-9 of orders. What stays counts: refreshing billing as well may move all of them on.',
    );
  });

  it('is kept back by nothing that stays where nothing does', () => {
    const { members, ...rest } = apart(0, 1);
    const both = { ...rest, members: members.map(({ stays: _stays, ...member }) => member) };
    assert.match(passedOver(both)!, /Newer, but further from the others: BKP-9 of orders\.$/);
  });
});

describe('figures of an alignment that somebody was shown', () => {
  const cases: [string, Alignment | undefined, Alignment | undefined, boolean][] = [
    ['as it is now', apart(0, 48), apart(0, 48), true],
    ['another distance, and both are fine', apart(0, 1), apart(0, 5), true],
    ['too far, and by now it is fine', apart(0, 48), apart(0, 1), true],
    ['fine, and by now it is too far', apart(0, 5), apart(0, 6), false],
    [
      'fine, where less is tolerated by now',
      apart(0, 5),
      apart(0, 5, { ...tolerance, toleranceSeconds: 60 }),
      false,
    ],
    ['too far, and now a little more', apart(0, 48), apart(0, 54), true],
    ['too far, and now by more than what is tolerated', apart(0, 48), apart(0, 54.01), false],
    ['too far, and now as far the other way round', apart(0, 48), apart(48, 0), false],
    ['nothing to compare, and now it is too far', apart(0, undefined), apart(0, 48), false],
    ['nothing to compare still', apart(0, undefined), apart(9, undefined), true],
    ['none, as one database lived there', undefined, apart(0, 48), false],
    ['some, and one database lives there now', apart(0, 48), undefined, true],
  ];
  for (const [what, shown, now, still] of cases)
    it(`${still ? 'tell enough' : 'tell it no more'}: ${what}`, () => {
      assert.equal(tellsStill(shown, now), still);
    });
});
