import assert from 'node:assert/strict';
import { WebAPIRateLimitedError } from '@slack/web-api';
import { until } from '../../../../until.ts';
import { channel, openStages, operators, type Stage } from '../stage.ts';

describe("Slack's Retry-After", function () {
  this.timeout(60_000);
  const open = openStages();

  const asked = (stage: Stage, name: string) =>
    stage.slack.calls().filter(({ method }) => method === name).length;
  const say = (stage: Stage, where: string, kind: 'cards' | 'alerts' | 'replies' = 'cards') =>
    stage.keeper().front.clients[kind].chat.postMessage({ channel: where, text: 'Hello' });

  it('stops all calls of the method, of whatever client, and no other', async () => {
    const stage = await open({ idle: true });
    const { clients } = stage.keeper().front;
    stage.slack.faults.onCall('conversations.history', { kind: 'ratelimit', retryAfterSeconds: 2, times: 1 });
    const look = (kind: 'cards' | 'alerts') => clients[kind].conversations.history({ channel });
    const limited = (error: unknown) => error instanceof WebAPIRateLimitedError && error.retryAfter === 2;
    await assert.rejects(look('cards'), limited);
    await assert.rejects(look('alerts'), (error: unknown) => error instanceof WebAPIRateLimitedError);
    assert.equal(asked(stage, 'conversations.history'), 1, 'Slack was not asked again');
    await clients.cards.auth.test();
    await until(
      'it is asked again',
      () =>
        look('alerts').then(
          () => true,
          () => false,
        ),
      10,
    );
    const [first, second] = stage.slack.calls().filter(({ method }) => method === 'conversations.history');
    assert.ok(second!.at.getTime() - first!.at.getTime() >= 1_950, 'not before its time');
  });

  it('to a message counts for its channel alone', async () => {
    const stage = await open({ idle: true });
    const { clients } = stage.keeper().front;
    const post = (where: string) => clients.cards.chat.postMessage({ channel: where, text: 'Hello' });
    stage.slack.faults.onCall('chat.postMessage', { kind: 'ratelimit', retryAfterSeconds: 60, times: 1 });
    await assert.rejects(post(channel), WebAPIRateLimitedError);
    await assert.rejects(post(channel), WebAPIRateLimitedError);
    await post(operators);
    assert.equal(asked(stage, 'chat.postMessage'), 2);
  });

  it('one process does not wait for what another was told', async () => {
    const stage = await open({ idle: true });
    stage.slack.faults.onCall('chat.postMessage', { kind: 'ratelimit', retryAfterSeconds: 60, times: 1 });
    await assert.rejects(say(stage, channel), WebAPIRateLimitedError);
    await say(stage, channel);
  });
});
