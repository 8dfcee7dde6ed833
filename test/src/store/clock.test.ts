import assert from 'node:assert/strict';
import { createClock } from '../../../src/store/clock.ts';

describe("the database's clock", () => {
  /** A server whose answers take `ms`, and whose clock is that much ahead of the test's. */
  function world() {
    let passed = 0;
    const one = { ahead: Date.UTC(2026, 10, 23), ms: 10, passed: (ms: number) => void (passed += ms) };
    const clock = createClock(() => passed);
    const client = {
      query: () => {
        passed += one.ms / 2;
        const rows = [{ ms: String(one.ahead + passed) }];
        passed += one.ms / 2;
        return Promise.resolve({ rows });
      },
    };
    return { one, clock, measure: () => clock.measure(client as never), there: () => one.ahead + passed };
  }

  it("is the process's own before it was measured", () => {
    const { clock } = world();
    assert.ok(Math.abs(clock.now().getTime() - Date.now()) < 1000);
    assert.equal(clock.isStale(), true);
  });

  it('goes on by the monotonic clock between measures', async () => {
    const { one, clock, measure, there } = world();
    await measure();
    assert.equal(clock.isStale(), false);
    one.passed(9000);
    assert.equal(clock.now().getTime(), there());
    one.passed(2000);
    assert.equal(clock.isStale(), true);
  });

  it('follows a clock that was set, and does not tremble with the length of the way', async () => {
    const { one, clock, measure, there } = world();
    await measure();
    one.ahead += 3;
    await measure();
    assert.equal(clock.now().getTime(), there() - 3, 'within the doubt of the measure');
    one.ahead += 600_000;
    await measure();
    assert.equal(clock.now().getTime(), there());
  });

  it('keeps the last measure when the server does not answer', async () => {
    const { clock, measure, there } = world();
    await measure();
    await clock.measure({ query: () => Promise.reject(new Error('gone')) } as never);
    assert.equal(clock.now().getTime(), there());
  });
});
