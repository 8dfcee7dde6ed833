import assert from 'node:assert/strict';
import { codeFrom, hashOf, linkPhrase, readPhrase } from '../../../src/domain/link.ts';

describe('the words that link an account', () => {
  it('are read back from what somebody wrote', () => {
    const code = codeFrom(new Uint8Array([0, 1, 2, 3, 4, 250, 251, 252, 253, 254]));
    assert.match(code, /^[A-HJ-NP-Z2-9]{5}-[A-HJ-NP-Z2-9]{5}$/);
    const phrase = linkPhrase('dana', code);
    assert.deepEqual(readPhrase(phrase), { person: 'dana', code });
    assert.deepEqual(readPhrase(`  ${phrase.toLowerCase()} .`), { person: 'dana', code });
  });

  it('are nothing else: no quote of them, no words around them, no code alone', () => {
    for (const text of [
      'please write freshet link dana ABCDE-FGHJK',
      'freshet link dana ABCDE-FGHJK thanks',
      'freshet link ABCDE-FGHJK',
      'freshet link dana ABCDEFGHJK',
      'ABCDE-FGHJK',
      '',
    ])
      assert.equal(readPhrase(text), undefined, text);
  });

  it('are kept as a hash that does not tell the code', () => {
    assert.match(hashOf('ABCDE-FGHJK'), /^[0-9a-f]{64}$/);
    assert.notEqual(hashOf('ABCDE-FGHJK'), hashOf('ABCDE-FGHJL'));
  });
});
