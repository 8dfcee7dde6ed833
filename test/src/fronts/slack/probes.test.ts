import assert from 'node:assert/strict';
import { channel, openStages, type Stage } from './stage.ts';

describe('what check sees in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  async function findings(stage: Stage): Promise<Record<string, string>> {
    const all: Record<string, string> = {};
    for (const probe of stage.front.probes) {
      const { ok, says, remedy } = await probe.run();
      all[probe.name] = `${ok ? 'ok' : 'not ok'}: ${says}${remedy === undefined ? '' : ` - ${remedy}`}`;
    }
    return all;
  }

  it('is well when all is well', async () => {
    const stage = await open({ idle: true });
    const all = await findings(stage);
    assert.deepEqual(
      Object.values(all).filter((one) => !one.startsWith('ok')),
      [],
    );
    assert.match(all['slack channel for cards']!, /the bot is in #db-refreshes/);
    assert.deepEqual(
      stage.slack.calls().filter((call) => call.method.startsWith('chat.')),
      [],
    );
  });

  it('names each fault with its remedy', async () => {
    const stage = await open({
      idle: true,
      app: { botScopes: ['chat:write', 'channels:read'], appScopes: [] },
    });
    stage.slack.leave(channel, 'U0BOT');
    const all = await findings(stage);
    assert.match(all['slack scopes']!, /^not ok: lacks commands \(hear/);
    assert.match(all['slack app token']!, /^not ok: Slack misses the scope "connections:write"/);
    assert.match(all['slack channel for cards']!, /^not ok: the bot is not in #db-refreshes - Type \/invite/);
    assert.match(all['slack channel for operators']!, /not judged/);
  });
});
