import assert from 'node:assert/strict';
import { createCaller } from '../../../../src/fronts/jira/call.ts';
import { RetryAfter } from '../../../../src/service/feed.ts';

/** As the client throws it. */
function limited(headers: Record<string, string>): Error {
  return Object.assign(new Error('429'), { cause: { response: { status: 429, headers } } });
}

async function isLimited(calling: Promise<unknown>): Promise<RetryAfter> {
  const error: unknown = await calling.then(
    () => assert.fail('it was not refused'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof RetryAfter);
  return error;
}

describe('Jira: when it said to wait', () => {
  it('nothing is asked before the time is over, and what is on its way is heard out', async () => {
    let now = Date.UTC(2026, 10, 23);
    const call = createCaller(() => now);
    let arrive: (text: string) => void = () => undefined;
    const underWay = call('read', '2', () => new Promise<string>((resolve) => (arrive = resolve)));
    const first = await isLimited(call('read', '1', () => Promise.reject(limited({ 'retry-after': '1' }))));
    assert.equal(first.seconds, 1);
    let asked = 0;
    const ask = () => Promise.resolve(++asked);
    for (const issue of ['1', '2', undefined]) {
      const { seconds } = await isLimited(call('search', issue, ask));
      assert.ok(seconds > 0 && seconds <= 2, `${seconds} s`);
    }
    assert.equal(asked, 0);
    arrive('heard');
    assert.equal(await underWay, 'heard');
    now += 999;
    await isLimited(call('search', undefined, ask));
    now += 1;
    assert.equal(await call('search', undefined, ask), 1);
  });

  it('where only one issue was written to too often, the others go on', async () => {
    const call = createCaller();
    const headers = { 'retry-after': '30', 'ratelimit-reason': 'jira-per-issue-on-write' };
    await isLimited(call('comment', '1', () => Promise.reject(limited(headers))));
    await isLimited(call('read', '1', () => Promise.resolve('never')));
    assert.equal(await call('read', '2', () => Promise.resolve('fine')), 'fine');
    assert.equal(await call('search', undefined, () => Promise.resolve('fine')), 'fine');
  });

  for (const [says, seconds] of [
    ['86400', 300],
    ['soon', 5],
    ['0', 5],
    ['0.2', 1],
  ] as const) {
    it(`"Retry-After: ${says}" is ${seconds} s`, async () => {
      const error = await isLimited(
        createCaller()('read', '1', () => Promise.reject(limited({ 'retry-after': says }))),
      );
      assert.equal(error.seconds, seconds);
    });
  }
});
