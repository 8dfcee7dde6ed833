import assert from 'node:assert/strict';
import { announceHead } from '../../../../src/service/audit/announce-head.ts';
import { channel as cards, openStages, operators } from './stage.ts';

describe('Slack: the head of the log of events', function () {
  this.timeout(60_000);
  const open = openStages();

  for (const channel of [operators, cards]) {
    it(`is posted to ${channel}, with what it takes to check it`, async () => {
      const audit = { post: 'slack' as const, channel, atMinute: 0, timeZone: 'UTC' };
      const stage = await open({ site: (site) => ({ ...site, audit }) });
      const { slack, paper } = stage;
      await paper.store.write((tx) => tx.events.append({ type: 'backup-found', backup: 'BKP-1' }));
      await paper.service.seal();
      await paper.store.setNote('audit-head', '2026-01-01');
      await announceHead(paper.deps);
      const { hash } = (await paper.store.seals.latest())!;
      const posted = await slack.waitFor(() =>
        slack.messages(channel).find((message) => stage.read(message).includes(hash)),
      );
      assert.match(stage.read(posted), /seal \*?1\*?/);
      assert.match(stage.read(posted), new RegExp(`npx freshet audit verify --head ${hash}`));
    });
  }
});
