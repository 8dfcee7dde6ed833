import assert from 'node:assert/strict';
import { speaksAgainst } from '../../../src/domain/proving.ts';

describe('a proof that fails', () => {
  it('speaks against its backup where that is read, loaded or verified, and by what only it can be at fault for', () => {
    assert.ok(speaksAgainst('fetch', 'digest-differs'));
    assert.ok(speaksAgainst('load', 'command-failed'));
    assert.ok(speaksAgainst('verify', 'rows-missing'));
    for (const code of ['no-space', 'permission-denied', 'host-unreachable', 'sessions-remain'])
      assert.ok(!speaksAgainst('load', code), code);
    // The same tools are run for what is not the backup's: rights, and what is dropped.
    for (const stage of ['check', 'publish', 'tidy'])
      assert.ok(!speaksAgainst(stage, 'command-failed'), stage);
  });
});
