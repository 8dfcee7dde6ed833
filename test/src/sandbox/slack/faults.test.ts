import assert from 'node:assert/strict';
import { client, dana, openOffice, refreshes, refusal } from './office.ts';
import { untilHolds } from '../../../until.ts';

const text = 'a';

/** A clock that tests move. */
function clock() {
  let at = Date.UTC(2026, 10, 23);
  return { now: () => at, pass: (ms: number) => void (at += ms) };
}

describe('limits and fault switches of the Slack stand-in', () => {
  const { start, connect } = openOffice();
  const listen = (seen: string[]) => (made: Parameters<Parameters<typeof connect>[1]>[0]) =>
    made.command('/refresh', async ({ ack, command }) => {
      seen.push(command.text);
      await ack();
    });

  it('limits messages for each channel and edits for the workspace, and says how long to wait', async () => {
    const time = clock();
    const slack = await start({ now: time.now });
    const { chat } = client(slack);
    for (let i = 0; i < 20; i++) await chat.postMessage({ channel: refreshes, text });
    await assert.rejects(chat.postMessage({ channel: refreshes, text }), { retryAfter: 1 });
    const sent = await chat.postMessage({ channel: dana, text });
    assert.ok(sent.ok, 'another channel has its own limit');
    time.pass(1000);
    assert.ok((await chat.postMessage({ channel: refreshes, text })).ok);
    const ts = sent.ts ?? '';
    const channel = sent.channel ?? '';
    for (let i = 0; i < 50; i++) await chat.update({ channel, ts, text });
    await assert.rejects(chat.update({ channel, ts, text }), { retryAfter: 2 });
    assert.equal(slack.calls().at(-1)?.error, 'ratelimited');
  });

  it('limits nothing where the options say so', async () => {
    const slack = await start({ rateLimits: false });
    for (let i = 0; i < 25; i++) await client(slack).chat.postMessage({ channel: refreshes, text });
    assert.equal(slack.messages(refreshes).length, 25);
  });

  it('answers 429 with Retry-After, and the real client comes back after it', async () => {
    const slack = await start();
    const fault = slack.faults.onCall('chat.postMessage', {
      kind: 'ratelimit',
      retryAfterSeconds: 1,
      times: 1,
    });
    const from = Date.now();
    const patient = client(slack, undefined, {
      rejectRateLimitedCalls: false,
      retryConfig: { retries: 1, minTimeout: 1 },
    });
    assert.ok((await patient.chat.postMessage({ channel: refreshes, text })).ok);
    assert.ok(Date.now() - from >= 1000);
    assert.equal(fault.used, 1);
    assert.equal(slack.messages(refreshes).length, 1);
  });

  it('answers 500, a refusal of choice, or late; by name, pattern, number and order', async () => {
    const slack = await start();
    const { chat, auth } = client(slack);
    slack.faults.onCall(/^chat\./, { kind: 'status', status: 500, times: 1 });
    await assert.rejects(chat.postMessage({ channel: refreshes, text }), { statusCode: 500 });
    slack.faults.onCall('chat.postMessage', { kind: 'error', error: 'internal_error', skip: 1, times: 1 });
    assert.ok((await chat.postMessage({ channel: refreshes, text })).ok);
    const { error } = await refusal(chat.postMessage({ channel: refreshes, text }));
    assert.equal(error, 'internal_error');
    const slow = slack.faults.onCall('*', { kind: 'slow', delayMs: 80 });
    const from = Date.now();
    await auth.test();
    assert.ok(Date.now() - from >= 75);
    slow.remove();
    assert.equal(slack.messages(refreshes).length, 1);
  });

  it('loses a call before it has an effect, or the answer after it', async () => {
    const slack = await start();
    const { chat } = client(slack);
    slack.faults.onCall('chat.postMessage', { kind: 'lost-before', times: 1 });
    await assert.rejects(chat.postMessage({ channel: refreshes, text }), /fetch failed/);
    assert.equal(slack.messages(refreshes).length, 0);
    slack.faults.onCall('chat.postMessage', { kind: 'lost-after', times: 1 });
    await assert.rejects(chat.postMessage({ channel: refreshes, text }), /fetch failed/);
    assert.equal(slack.messages(refreshes).length, 1);
  });

  it('delivers one envelope many times', async () => {
    const slack = await start();
    const seen: string[] = [];
    await connect(slack, listen(seen));
    slack.faults.onDelivery('slash_commands', { kind: 'repeat', copies: 3, times: 1 });
    const delivery = await slack.command(dana, refreshes, 'one', { command: '/refresh' });
    assert.equal(delivery.sent, 3);
    await untilHolds(() => seen.length === 3);
    assert.deepEqual(seen, ['one', 'one', 'one']);
  });

  it('delivers newest first, late, or never', async () => {
    const slack = await start({ ackMs: 150 });
    const seen: string[] = [];
    await connect(slack, listen(seen));
    slack.faults.onDelivery('*', { kind: 'reverse', count: 3, times: 3 });
    const words = ['one', 'two', 'three'];
    await Promise.all(words.map((word) => slack.command(dana, refreshes, word, { command: '/refresh' })));
    assert.deepEqual(seen, ['three', 'two', 'one']);
    slack.faults.onDelivery('slash_commands', { kind: 'slow', delayMs: 60, times: 1 });
    const late = await slack.command(dana, refreshes, 'late', { command: '/refresh' });
    assert.ok((late.tookMs ?? 0) >= 55);
    slack.faults.onDelivery('slash_commands', { kind: 'lost', times: 1 });
    const lost = await slack.command(dana, refreshes, 'lost', { command: '/refresh' });
    assert.equal(lost.error, 'operation_timeout');
    assert.ok(!seen.includes('lost'));
  });

  it('goes back to its first state', async () => {
    const slack = await start();
    await client(slack).chat.postMessage({ channel: refreshes, text });
    slack.faults.onCall('*', { kind: 'lost-before' });
    slack.leave(refreshes, dana);
    slack.reset();
    assert.deepEqual(slack.messages(refreshes), []);
    assert.ok(slack.channel(refreshes).members.includes(dana));
    assert.ok((await client(slack).chat.postMessage({ channel: refreshes, text })).ok);
  });
});
