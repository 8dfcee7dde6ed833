import assert from 'node:assert/strict';
import type { Site } from '../../../../src/domain/site.ts';
import { dana, openStages, quinn, rosa } from './stage.ts';

function reminding(site: Site): Site {
  const uat = { ...site.environments['uat']!, reminding: { afterSeconds: [600] } };
  return { ...site, environments: { ...site.environments, uat } };
}

describe('reminders in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  it('go into the thread and to each who may decide, and the last one to the requester; none when it is decided', async () => {
    const stage = await open({ site: reminding });
    const { slack, paper } = stage;
    await paper.backup();
    await stage.refresh(dana, 'uat orders --reason "release 12"');
    const card = await stage.card('REQ-1');
    paper.pass(3300);
    await paper.service.reconcile();
    const direct = (who: string) => slack.directMessages(who).map((one) => stage.read(one));
    await slack.waitFor(
      () => direct(quinn).length === 1 && direct(rosa).length === 1 && direct(dana).length === 1,
    );
    assert.match(
      direct(quinn)[0]!,
      /REQ-1 \(refresh orders on uat\), asked for by Dana, waits for your yes or no[^]*It expires[^]*the reason: release 12/,
    );
    assert.match(direct(dana)[0]!, /expires[^]*not approved yet[^]*Quinn or Rosa can say it/);
    const thread = await slack.waitFor(() =>
      slack
        .thread(card)
        .map((one) => stage.read(one))
        .find((text) => /Still needed/.test(text)),
    );
    assert.match(thread, /It can be given by @Quinn, @Rosa until/);
    await stage.refresh(quinn, 'reject REQ-1');
    await stage.cardReads('REQ-1', /Rejected/);
    await paper.service.reconcile();
    assert.equal(direct(rosa).length, 1);
  });
});
