import assert from 'node:assert/strict';
import { movementOf } from '../../../runners/walk/transfers.ts';

describe('what is told of a backup that travels', () => {
  it('how much has arrived, how fast since it was asked last, and between whom', () => {
    let now = 0;
    const moved = movementOf(3.4e9, 'prod-db', 'test-db', () => now);
    assert.equal(moved(0), '0 B of 3.4 GB, from prod-db to test-db');
    now = 2000;
    assert.equal(moved(190e6), '190 MB of 3.4 GB at 95 MB/s, from prod-db to test-db');
    now = 4000;
    assert.equal(moved(190e6), '190 MB of 3.4 GB, from prod-db to test-db', 'it stands still');
    assert.equal(moved(200e6), '200 MB of 3.4 GB, from prod-db to test-db', 'no time has passed');
  });
});
