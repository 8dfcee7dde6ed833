import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { cutToBytes, integer, refuseUnnameable } from '../../runners/quote.ts';

/** Text that a name can really be: any characters but NUL and halves of surrogate pairs. */
const text = fc.string({ unit: 'binary' }).filter((value) => isWhole(value) && !value.includes('\0'));

describe('quote', function () {
  it('takes whole numbers only', function () {
    for (const value of ['', '1;', '1e3', ' 1', '0x1', '007', 1.5, Number.NaN]) {
      assert.throws(() => integer(value), { code: 'integer-malformed' });
    }
    assert.equal(integer(4294967295), '4294967295');
  });

  it('counts what a name takes of the limit as the server does', function () {
    const bytes = { most: 4, unit: 'bytes' } as const;
    assert.doesNotThrow(() => refuseUnnameable('üü', bytes));
    assert.throws(() => refuseUnnameable('üüx', bytes), { code: 'identifier-long' });
    const characters = { most: 4, unit: 'characters' } as const;
    assert.doesNotThrow(() => refuseUnnameable('ü𝄞üx', characters));
    assert.throws(() => refuseUnnameable('xxxxx', characters), { code: 'identifier-long' });
  });

  it('cuts between characters', function () {
    assert.equal(cutToBytes('aüb', 2), 'a');
    assert.equal(cutToBytes('aüb', 3), 'aü');
    fc.assert(
      fc.property(text, fc.nat(80), (name, bytes) => {
        const cut = cutToBytes(name, bytes);
        assert.ok(Buffer.byteLength(cut) <= bytes && name.startsWith(cut) && isWhole(cut));
      }),
    );
  });
});

function isWhole(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}
