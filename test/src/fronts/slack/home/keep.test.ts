import assert from 'node:assert/strict';
import { homeFront, homeKeeper, type Homes } from '../../../../../src/fronts/slack/home/keep.ts';
import type { RequestId } from '../../../../../src/domain/ids.ts';
import { dana, guest, openStages, quinn, rosa, team, type Stage } from '../stage.ts';
import { homeOf, homeReads, published } from './stage.ts';
import { held, untilHolds } from '../../../../until.ts';

const first: RequestId = 'REQ-1';

describe('Homes are kept', function () {
  this.timeout(60_000);
  const open = openStages();

  /** What keeps Homes in a process of its own, without the rest of it. */
  function homesOf(stage: Stage): Homes {
    const { front, cards } = stage.keeper();
    return homeKeeper(front, cards);
  }

  async function ask(stage: Stage): Promise<void> {
    await stage.paper.service.requestRefresh(stage.paper.actor('dana'), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: '',
    });
  }

  /** Keeps Homes as a process of its own would, while `work` is done. */
  async function keeping(homes: Homes, work: () => Promise<void>): Promise<void> {
    const stopping = new AbortController();
    const kept = homes.keep(stopping.signal);
    try {
      await work();
    } finally {
      stopping.abort();
      await kept;
    }
  }

  const shownOf = async (stage: Stage, who: string) =>
    ((await stage.paper.store.viewers.get(homeFront, who))?.shown ?? {}) as {
      digest?: string;
      hash?: string;
    };

  it('without a word to Slack while nothing changes', async () => {
    const stage = await open();
    stage.slack.openHome(quinn);
    await homeReads(stage, quinn, /Nothing waits/);
    await untilHolds(async () => (await shownOf(stage, quinn)).digest !== undefined);
    // Who opened it and who keeps it may both have begun to draw it.
    let before: number;
    do {
      before = published(stage, quinn);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    } while (published(stage, quinn) !== before);
    stage.slack.openHome(quinn);
    // Something happens that this Home does not show.
    await stage.paper.store.write((tx) =>
      tx.events.append({ type: 'host-alert', host: 'x', code: 'x', cause: 'x', hint: 'x' }),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(published(stage, quinn), before);
  });

  for (const [decision, shown, conflicts] of [
    ['approved', /REQ-1 refresh orders on uat: (?:approved|running)/, 1],
    // To the page it is as if nothing had been: the one that is late finds that out by itself.
    ['rejected', /uat · .*\n\[ Refresh \]\n {2}Not refreshed/, 0],
  ] as const) {
    it(`with two processes, and a drawing from before a request was ${decision} does not stay`, async () => {
      const stage = await open({ idle: true });
      await stage.paper.backup();
      const [ours, theirs] = [homesOf(stage), homesOf(stage)];
      await ours.visited({ user: quinn, teams: [team] });
      await ask(stage);
      const { until, letGo } = held();
      const slow = stage.slack.faults.onCall('views.publish', { kind: 'held', until, times: 1 });
      // Ours is drawn with the request waiting, and is long on its way.
      const late = ours.show(quinn);
      await untilHolds(() => slow.used === 1);
      await stage.paper.service.decide(stage.paper.actor('rosa'), { request: first, decision });
      await theirs.show(quinn);
      assert.match(homeOf(stage, quinn), shown);
      letGo();
      await late;
      assert.match(homeOf(stage, quinn), shown);
      assert.doesNotMatch(homeOf(stage, quinn), /Approve/);
      const refused = stage.slack.calls().filter(({ error }) => error === 'hash_conflict');
      assert.equal(refused.length, conflicts);
    });
  }

  it('by whoever comes next when the process that kept them is gone', async () => {
    const stage = await open();
    await stage.paper.backup();
    stage.slack.openHome(quinn);
    await homeReads(stage, quinn, /Nothing waits/);
    await stage.front.stop();
    await ask(stage);
    assert.match(homeOf(stage, quinn), /Nothing waits/);
    await stage.another();
    await homeReads(stage, quinn, /REQ-1 · refresh orders on uat/);
  });

  it('also after an answer of Slack got lost', async () => {
    const stage = await open({ idle: true });
    await stage.paper.backup();
    const homes = homesOf(stage);
    await homes.visited({ user: quinn, teams: [team] });
    await ask(stage);
    stage.slack.faults.onCall('views.publish', { kind: 'lost-after', times: 1 });
    await assert.rejects(homes.show(quinn));
    await stage.paper.service.decide(stage.paper.actor('rosa'), { request: first, decision: 'rejected' });
    await homes.show(quinn);
    assert.match(homeOf(stage, quinn), /Nothing waits/);
  });

  it('when Slack asks to wait: they come later, and no card waits with them', async () => {
    const stage = await open();
    await stage.paper.backup();
    for (const who of [quinn, rosa]) stage.slack.openHome(who);
    for (const who of [quinn, rosa]) await homeReads(stage, who, /Nothing waits/);
    const limit = stage.slack.faults.onCall('views.publish', { kind: 'ratelimit', retryAfterSeconds: 1 });
    await stage.refresh(dana, 'uat orders');
    await stage.card(first);
    await untilHolds(() => limit.used > 0);
    await stage.slack.click(rosa, await stage.card(first), 'reject', { confirm: true });
    await stage.cardReads(first, /Rejected by @Rosa/);
    limit.remove();
    stage.slack.openHome(dana);
    await homeReads(stage, dana, /REQ-1 refresh orders on uat · rejected/);
    await untilHolds(async () => (await shownOf(stage, quinn)).digest !== undefined);
    assert.match(homeOf(stage, quinn), /Nothing waits/);
  });

  it('drawn anew where Slack shows nothing any more', async () => {
    const stage = await open({ idle: true });
    const homes = homesOf(stage);
    await homes.visited({ user: quinn, teams: [team] });
    await homes.show(quinn);
    const { hash } = await shownOf(stage, quinn);
    assert.ok(hash !== undefined);
    await homes.visited({ user: quinn, teams: [team], hash });
    assert.equal(published(stage, quinn), 1);
    await homes.visited({ user: quinn, teams: [team] });
    assert.equal(published(stage, quinn), 2);
  });

  it('for those alone who still come, of our own workspace', async () => {
    const stage = await open({ idle: true });
    await stage.paper.backup();
    const homes = homesOf(stage);
    await homes.visited({ user: guest, teams: ['T0PARTNER'] });
    assert.equal(stage.slack.home(guest), undefined);
    await homes.visited({ user: quinn, teams: [team] });
    stage.paper.pass(27 * 86_400);
    await homes.visited({ user: rosa, teams: [team] });
    stage.paper.pass(2 * 86_400);
    await ask(stage);
    await keeping(homes, async () => {
      await homeReads(stage, rosa, /REQ-1 · refresh orders on uat/);
    });
    assert.doesNotMatch(homeOf(stage, quinn), /REQ-1/);
    assert.deepEqual(
      (await stage.paper.store.viewers.list(homeFront)).map(({ who }) => who),
      [rosa],
    );
  });

  it('though one is refused: the others are drawn all the same', async () => {
    const stage = await open({ idle: true });
    await stage.paper.backup();
    const homes = homesOf(stage);
    // Not a member any more; was the last to come, and so is drawn first.
    await stage.paper.store.viewers.seen(homeFront, 'U0GONE', new Date());
    await homes.visited({ user: quinn, teams: [team] });
    await stage.paper.store.viewers.seen(homeFront, 'U0GONE', new Date(Date.now() + 1000));
    await ask(stage);
    await keeping(homes, async () => {
      await homeReads(stage, quinn, /REQ-1 · refresh orders on uat/);
    });
    const refused = stage.slack.calls().filter(({ method, ok }) => method === 'views.publish' && !ok);
    assert.equal(refused.length, 1);
  });
});
