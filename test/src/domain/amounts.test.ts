import assert from 'node:assert/strict';
import { bytesText, durationText } from '../../../src/domain/amounts.ts';

describe('amounts as people write them', () => {
  it('sizes', () => {
    const sizes = [0, 999, 1000, 1500, 23_400_000, 240_000_000, 999_600_000, 9_960_000_000, 5e15].map(
      bytesText,
    );
    assert.deepEqual(sizes, [
      '0 B',
      '999 B',
      '1 kB',
      '1.5 kB',
      '23.4 MB',
      '240 MB',
      '1 GB',
      '10 GB',
      '5000 TB',
    ]);
  });

  it('durations', () => {
    const texts = [0, 0.0213, 0.15, 9.4, 12, 59.6, 180, 7500, 7200, 90_000, 864_000].map(durationText);
    assert.deepEqual(texts, [
      'less than 0.01 s',
      '0.02 s',
      '0.15 s',
      '9.4 s',
      '12 s',
      '1 min',
      '3 min',
      '2 h 5 min',
      '2 h',
      '25 h',
      '10 days',
    ]);
  });
});
