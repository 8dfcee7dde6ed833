import assert from 'node:assert/strict';
import {
  requestUrlFinding,
  signingSecretFinding,
} from '../../../../src/fronts/slack/connection/http-probes.ts';
import { freePort } from '../../../../src/sandbox/hosts/process.ts';
import { httpStages } from './http-stage.ts';
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

  describe('in HTTP mode', () => {
    const secret = '8a1f0c2e4b6d8a1f0c2e4b6d8a1f0c2e';
    const stages = httpStages(open);
    afterEach(stages.close);
    const from = (url: string) => ({ address: '127.0.0.1', port: Number(new URL(url).port) });

    it('needs no app token, and sees the form of the signing secret', async () => {
      const stage = await stages.open(1);
      const names = stage.fronts[0]!.probes.map(({ name }) => name);
      assert.ok(names.includes('slack signing secret') && names.includes('slack request URL'));
      assert.ok(!names.includes('slack app token'));
      assert.equal(signingSecretFinding(secret).ok, true);
      for (const wrong of ['', 'xapp-1-A0123', secret.slice(1), `${secret}0`, secret.toUpperCase()]) {
        const finding = signingSecretFinding(wrong);
        assert.equal(finding.ok, false, wrong);
        assert.match(finding.remedy!, /"Signing Secret" under Basic Information/);
        if (wrong !== '') assert.ok(!JSON.stringify(finding).includes(wrong), 'it is not shown');
      }
    });

    it('judges nothing before anything serves, and says so', async () => {
      const stage = await stages.open(1);
      const gone = { address: '127.0.0.1', port: await freePort() };
      const silent = await requestUrlFinding(gone, secret);
      assert.equal(silent.ok, true);
      assert.match(silent.says, /nothing serves on port \d+ yet, not judged; http\.publicUrl is not set/);
      const named = await requestUrlFinding({ ...gone, publicUrl: `http://127.0.0.1:${gone.port}` }, secret);
      assert.equal(named.ok, true);
      assert.match(named.says, /ECONNREFUSED.*not judged: check again once npx freshet serve runs/);
      // Not started: 503, as a proxy says it of what is behind it.
      const idle = new URL(stage.urls[0]!);
      const early = await requestUrlFinding({ ...from(idle.href), publicUrl: idle.origin }, secret);
      assert.match(early.says, /answers with status 503.*not judged/);
    });

    it('sees the address answer, another secret there, and a proxy that leads elsewhere', async () => {
      const stage = await stages.open(1);
      await stage.fronts[0]!.start();
      const { origin } = new URL(stage.urls[0]!);
      const http = from(origin);
      assert.deepEqual(await requestUrlFinding({ ...http, publicUrl: origin }, secret), {
        ok: true,
        says: `${origin}/slack/events answers as Slack expects`,
      });
      assert.match((await requestUrlFinding(http, secret)).says, /answers; http\.publicUrl is not set/);
      const other = await requestUrlFinding({ ...http, publicUrl: origin }, 'f'.repeat(32));
      assert.equal(other.ok, false);
      assert.match(other.says, /status 401: what serves there has another signing secret/);
      const elsewhere = new URL(stage.slack.apiUrl).origin;
      const lost = await requestUrlFinding({ ...http, publicUrl: elsewhere }, secret);
      assert.equal(lost.ok, false);
      assert.match(lost.says, /answers with status 404/);
      assert.match(lost.remedy!, /A proxy with TLS must pass \/slack\/events on to 127\.0\.0\.1:/);
      const shut = await requestUrlFinding({ ...http, publicUrl: 'http://127.0.0.1:1' }, secret);
      assert.equal(shut.ok, false, 'it serves here and is not reached from outside');
    });
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
