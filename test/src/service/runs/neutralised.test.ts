import assert from 'node:assert/strict';
import { commentOn } from '../../../../src/fronts/jira/comments.ts';
import { descriptionOf } from '../../../../src/fronts/jira/description.ts';
import { card } from '../../../../src/fronts/slack/messages/card.ts';
import { threadMessage } from '../../../../src/fronts/slack/messages/thread.ts';
import type { Neutralising } from '../../../../src/domain/neutralising.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

const queue: Neutralising = {
  kind: 'pack',
  name: 'mail-queue',
  script: { path: 'packs/mail-queue/postgres.sql', sha256: 'c'.repeat(64), text: '' },
  parameters: { tables: ['mail_queue'] },
};

describe('what is neutralised', function () {
  this.timeout(60_000);
  let paper: Paper;

  beforeEach(async () => {
    paper = await openPaper((site) => {
      const uat = site.environments['uat']!;
      const orders = { ...uat.databases['orders']!, neutralise: [queue] };
      const changed = { ...uat, databases: { ...uat.databases, orders } };
      return { ...site, environments: { ...site.environments, uat: changed } };
    });
    await paper.backup();
  });

  afterEach(() => paper.close());

  async function asked(): Promise<RequestId> {
    const wish = { environment: 'uat', databases: [{ database: 'orders' }], reason: '' };
    return (await paper.service.requestRefresh(paper.actor('dana'), wish)).id;
  }

  const text = (blocks: unknown) => JSON.stringify(blocks);

  it('is shown before anybody says yes, and a yes counts for exactly that', async () => {
    const id = await asked();
    const view = await paper.service.view(id);
    assert.match(
      text(card(view, { people: paper.site.people }).blocks),
      /Neutralised before the swap: orders: mail-queue/,
    );
    assert.match(
      text(descriptionOf(view, undefined)),
      /Neutralised before the swap, and proven to be so: orders: mail-queue\./,
    );
    const { orders } = paper.site.environments['uat']!.databases;
    (orders as { neutralise: unknown }).neutralise = [{ ...queue, parameters: { tables: ['another'] } }];
    const yes = () => paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved' });
    await assert.rejects(yes, { message: /has changed since you saw it/ });
    assert.equal((await paper.store.requests.get(id))?.state, 'pending');
    assert.notEqual((await paper.store.requests.get(id))?.digest, view.request.digest);
  });

  it('is told with what was done once it is proven: card, thread, issue and log', async () => {
    const id = await asked();
    const held = [{ name: 'mail-queue', rows: 12 }];
    paper.engine.answers.set('verify orders', { neutralised: held });
    await paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved' });
    await paper.drain();
    const view = await paper.service.view(id);
    assert.equal(view.request.state, 'succeeded');
    const [event] = await paper.store.events.ofRequest(id, ['item-neutralised']);
    assert.deepEqual(event?.type === 'item-neutralised' && [event.database, event.held], ['orders', held]);
    const said = /orders: mail-queue \(12 rows\)/;
    assert.match(text(card(view, { people: paper.site.people }).blocks), said);
    assert.match(
      text(threadMessage(view, event!, { people: paper.site.people })),
      /can't act on the world any more.*mail-queue \(12 rows\)/,
    );
    const ready = view.events.find(({ type }) => type === 'item-ready')!;
    assert.match(
      text(commentOn(view, ready, paper.site.people)),
      /proven in the copy.*mail-queue \(12 rows\)/,
    );
  });
});
