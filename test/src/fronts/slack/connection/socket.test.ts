import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { pino } from 'pino';
import { receiveSocket } from '../../../../../src/fronts/slack/connection/socket.ts';
import { startSlack } from '../../../../../src/sandbox/slack/slack.ts';
import { untilHolds } from '../../../../until.ts';
import { app } from '../stage.ts';

describe('the socket to Slack', function () {
  this.timeout(120_000);

  it('is opened anew whenever it ends, and leaves nothing behind in the process', async () => {
    const slack = await startSlack({
      team: { id: 'T0SHOP', name: 'Webshop', domain: 'webshop' },
      users: [],
      channels: [],
      app,
    });
    const stopping = new AbortController();
    const { signal } = stopping;
    const reception = receiveSocket(app.appToken, slack.apiUrl, pino({ level: 'silent' }));
    try {
      await reception.begin(signal);
      const listening = getEventListeners(signal, 'abort').length;
      for (let times = 0; times < 2; times += 1) {
        slack.cutSockets();
        await untilHolds(() => !reception.isConnected());
        await untilHolds(() => reception.isConnected());
        assert.equal(getEventListeners(signal, 'abort').length, listening);
      }
    } finally {
      stopping.abort();
      await reception.ended();
      await slack.close();
    }
  });
});
