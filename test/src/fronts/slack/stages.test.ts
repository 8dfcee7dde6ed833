import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { ownedSite } from '../../../staged-site.ts';
import { homeReads } from './home/stage.ts';
import { channel, dana, openStages, otto, quinn, rosa, type Stage } from './stage.ts';
import { untilHolds } from '../../../until.ts';

const first: RequestId = 'REQ-1';

describe('an approval in stages, in Slack', function () {
  this.timeout(120_000);
  const open = openStages();

  async function asked(): Promise<Stage> {
    const stage = await open({ site: ownedSite });
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders --reason "release 12"');
    return stage;
  }

  const approve = async (stage: Stage, who: string) =>
    stage.slack.click(who, await stage.card(first), 'approve', { confirm: true });

  const state = async (stage: Stage) => (await stage.paper.store.requests.get(first))?.state;

  it('card, thread, Home and messages say who has said yes and who is still needed, until the last yes starts it', async () => {
    const stage = await asked();
    stage.slack.openHome(quinn);
    stage.slack.openHome(otto);
    await stage.told(dana, /It waits for an approval by[^]*All in all: QA: 0 of 2; then Data owner/);
    await stage.cardReads(
      first,
      /Approval: QA: 0 of 2; then Data owner[^]*Can be approved by @Quinn, @Rosa until/,
    );
    await homeReads(
      stage,
      quinn,
      /protected, needs a yes of QA \(2 of qa-manager\), then Data owner \(operator\)/,
    );
    await homeReads(stage, quinn, /REQ-1 · refresh orders on uat[^]*Approval: QA: 0 of 2; then Data owner/);
    await homeReads(stage, otto, /Nothing waits for you/);

    await approve(stage, otto);
    await stage.told(otto, /REQ-1 waits for "QA" now; Otto decides in "Data owner"/);
    await approve(stage, quinn);
    await stage.cardReads(
      first,
      /Approval: QA: 1 of 2, by Quinn; then Data owner[^]*Can be approved by @Rosa until/,
    );
    const direct = await stage.slack.waitFor(() => stage.slack.directMessages(dana)[0]);
    assert.match(
      stage.read(direct),
      /has the yes of Quinn, for "QA"[^]*QA: 1 of 2, by Quinn; then Data owner/,
    );
    await homeReads(stage, quinn, /Nothing waits for you/);
    await approve(stage, quinn);
    await stage.told(quinn, /The yes of Quinn to REQ-1 counts already[^]*QA: 1 of 2, by Quinn/);

    await stage.refresh(rosa, `approve ${first}`);
    await stage.told(rosa, /Your yes to REQ-1 counts[^]*QA: 2 of 2, by Quinn and Rosa; Data owner/);
    assert.equal(await state(stage), 'pending');
    await homeReads(
      stage,
      otto,
      /REQ-1 · refresh orders on uat[^]*Approval: QA: 2 of 2, by Quinn and Rosa; Data owner/,
    );
    await approve(stage, otto);
    await untilHolds(async () => (await state(stage)) === 'running');
    await stage.work();
    await stage.cardReads(first, /Yes by @Quinn \(QA\), @Rosa \(QA\), @Otto \(Data owner\)[^]*\[ Undo \]/);
    const card = await stage.card(first);
    const thread = stage.slack
      .messages(channel)
      .filter((one) => one.threadTs === card.ts)
      .map((one) => stage.read(one))
      .join('\n');
    assert.match(thread, /A yes by @Quinn in Slack, for "QA"[^]*last one needed/);
  });
});
