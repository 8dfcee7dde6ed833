import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { draw } from './draw.ts';

const words = ['check', 'fetch', 'load', 'verify', 'swap', 'tidy'];

describe('what is drawn for the short form', () => {
  it('is as many as were wanted, each once and in order, and the same for the same seed', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.nat(8), (seed, count) => {
        const drawn = draw(words, count, seed);
        assert.equal(drawn.length, Math.min(count, words.length));
        assert.deepEqual(
          drawn,
          words.filter((word) => drawn.includes(word)),
        );
        assert.deepEqual(draw(words, count, seed), drawn);
      }),
    );
  });

  it('is each of them about as often, so that all are met in time', () => {
    const met = new Map(words.map((word) => [word, 0]));
    for (let seed = 0; seed < 600; seed += 1) {
      for (const word of draw(words, 2, seed)) met.set(word, met.get(word)! + 1);
    }
    for (const [word, times] of met) assert.ok(times > 150 && times < 250, `${word}: ${times} of 200`);
  });
});
