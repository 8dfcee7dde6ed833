import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { identifier, literal, qualified } from '../../../runners/postgres/quote.ts';

/** Text that a name can really be: any characters but NUL and halves of surrogate pairs. */
const text = fc.string({ unit: 'binary' }).filter((value) => isWhole(value) && !value.includes('\0'));
const nasty = fc.oneof(
  text,
  fc
    .array(fc.constantFrom('"', "'", '\\', '$$', ';', '--', '/*', '\n', 'E', 'U&', 'é', '𝄞', ' '))
    .map((parts) => parts.join('')),
);

describe('quote (postgres)', function () {
  it('an identifier ends where it should, whatever is in it', function () {
    fc.assert(
      fc.property(nasty, (name) => {
        fc.pre(name !== '' && Buffer.byteLength(name) <= 63);
        const quoted = identifier(name);
        assert.equal(unquoted(quoted, '"'), name);
      }),
    );
  });

  it('a literal ends where it should, under either setting of standard_conforming_strings', function () {
    fc.assert(
      fc.property(nasty, (value) => {
        const quoted = literal(value).trimStart();
        const escaped = quoted.startsWith('E');
        const inner = unquoted(escaped ? quoted.slice(1) : quoted, "'");
        assert.equal(escaped, value.includes('\\'), 'backslashes always take the E form');
        assert.equal(escaped ? inner.replaceAll('\\\\', '\\') : inner, value);
      }),
    );
  });

  it('reads well', function () {
    assert.equal(identifier('Or"ders'), '"Or""ders"');
    assert.equal(qualified('shop', 'orders'), '"shop"."orders"');
    assert.equal(literal("it's"), "'it''s'");
    assert.equal(literal('a\\b'), " E'a\\\\b'");
  });

  it('refuses what the server would cut, change or misread', function () {
    for (const name of ['', 'a\0b', 'x'.repeat(64), 'ü'.repeat(32), '\ud800']) {
      assert.throws(() => identifier(name), { kind: 'Input' });
    }
    assert.doesNotThrow(() => identifier('x'.repeat(63)));
    assert.throws(() => literal('a\0'), { code: 'text-malformed' });
  });
});

function isWhole(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}

/** Reads a quoted token as a server does: to the first quote that is not doubled, which must be the last character. */
function unquoted(token: string, quote: string): string {
  assert.equal(token[0], quote);
  let inner = '';
  for (let i = 1; i < token.length; i += 1) {
    if (token[i] !== quote) {
      inner += token[i];
    } else if (token[i + 1] === quote) {
      inner += quote;
      i += 1;
    } else {
      assert.equal(i, token.length - 1, 'the token ends early');
      return inner;
    }
  }
  throw new Error('the token does not end');
}
