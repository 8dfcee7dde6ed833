import assert from 'node:assert/strict';
import { explain, inputError, nearest, oneOf } from '../../../src/domain/errors.ts';

describe('errors that help', () => {
  it('find what was meant', () => {
    assert.equal(nearest('uta', ['uat', 'ci', 'dev']), 'uat');
    assert.equal(nearest('ordres', ['orders', 'billing']), 'orders');
    assert.equal(nearest('UAT', ['uat']), 'uat');
    assert.equal(nearest('production', ['uat', 'ci']), undefined);
  });

  it('list what is allowed', () => {
    assert.equal(oneOf(['ci']), '"ci"');
    assert.equal(oneOf(['ci', 'uat']), '"ci" or "uat"');
    assert.equal(oneOf(['ci', 'dev', 'uat']), '"ci", "dev" or "uat"');
    assert.equal(oneOf([]), '');
  });

  it('end with the next action', () => {
    assert.equal(explain(inputError('a', 'It was refused.', 'do that.')), 'It was refused. Hint: do that.');
    assert.equal(explain(inputError('a', 'It was refused.', '')), 'It was refused.');
    assert.equal(
      explain(inputError('a', 'Refused:\n  this\n', 'do that.')),
      'Refused:\n  this\nHint: do that.',
    );
  });
});
