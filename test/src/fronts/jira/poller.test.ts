import assert from 'node:assert/strict';
import { JiraFault } from '../../../../src/fronts/jira/api.ts';
import type { Context } from '../../../../src/fronts/jira/deps.ts';
import { openMirror } from '../../../../src/fronts/jira/mirror.ts';
import { createRound } from '../../../../src/fronts/jira/poller.ts';
import { createService } from '../../../../src/service/service.ts';
import { dana, eventually, openStage, quinn, stranger, type Stage } from './stage.ts';

describe('Jira: the poller', function () {
  this.timeout(60_000);
  let stage: Stage;
  afterEach(() => stage.close());

  /** Until the poller has begun so many rounds. */
  async function rounds(count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      const before = JSON.stringify(await stage.paper.service.note('jira poller'));
      await eventually(
        async () => JSON.stringify(await stage.paper.service.note('jira poller')) !== before,
        'the cursor goes on',
      );
    }
  }

  it('alone suffices: approved, refused and ended without any webhook', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.2 });
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    stage.jira.moveIssue(dana, key, 'Approved');
    await eventually(
      async () => (await stage.events(request.id, 'decision-refused')).length === 1,
      'a refusal',
    );
    await stage.shows(key, 'Waiting for approval');
    stage.jira.moveIssue(quinn, key, 'Approved');
    await stage.reaches(request.id, 'running');
    await stage.paper.drain();
    await stage.shows(key, 'Done');
    assert.equal((await stage.events(request.id, 'decision-refused')).length, 1);
  });

  it('finds what was decided while every webhook was lost', async () => {
    stage = await openStage({ pollEvery: 0.2 });
    stage.jira.faults.webhooks({ kind: 'lose', times: Infinity });
    const request = await stage.ask();
    stage.jira.moveIssue(quinn, await stage.issueOf(request.id), 'Approved');
    await stage.reaches(request.id, 'running');
    assert.ok(stage.jira.deliveries.every(({ state }) => state === 'lost'));
  });

  it('finds what was decided while the bot was away', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.2 });
    const request = await stage.ask();
    const key = await stage.issueOf(request.id);
    await stage.told();
    await stage.front.stop();
    stage.jira.moveIssue(quinn, key, 'Approved');
    // Moments later than the note it left: more than its overlap.
    await stage.paper.service.setNote('jira poller', { at: new Date(Date.now() - 3_600_000).toISOString() });
    await stage.another().start();
    await stage.reaches(request.id, 'running');
  });

  it('reads an open request’s issue now and then, even when search does not know it', async () => {
    stage = await openStage({
      deaf: true,
      pollEvery: 0.1,
      indexDelayMs: 1_000_000,
      deps: { pace: { unseenSeconds: 0.3, cardSeconds: 0 } },
    });
    const request = await stage.ask();
    stage.jira.moveIssue(quinn, await stage.issueOf(request.id), 'Approved');
    await stage.reaches(request.id, 'running');
  });

  it('is one among all processes, and reads nothing that did not change', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.1 });
    await stage.another().start();
    await stage.another().start();
    const request = await stage.ask();
    await stage.issueOf(request.id);
    await stage.told();
    const count = (pattern: RegExp) => stage.jira.calls.filter(({ path }) => pattern.test(path)).length;
    const rounds = async (more: number) => {
      const enough = count(/search/) + more;
      await eventually(() => Promise.resolve(count(/search/) >= enough), `${more} rounds`);
    };
    // What has just been told may still be looked at.
    await rounds(4);
    const before = { at: Date.now(), reads: count(/issue\/\d+$/) };
    await rounds(8);
    const ms = Date.now() - before.at;
    assert.ok(ms > 500, `eight rounds in ${ms} ms: not by one alone`);
    assert.equal(count(/issue\/\d+$/) - before.reads, 0);
  });

  it('an issue that can’t be read does not hold up the others, and is read in the next round', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.2 });
    const first = await stage.ask();
    const firstKey = await stage.issueOf(first.id);
    const second = await stage.ask();
    const secondKey = await stage.issueOf(second.id);
    await stage.told();
    const id = stage.jira.issue(firstKey).id;
    const broken = stage.jira.faults.api({
      kind: 'error',
      method: 'GET',
      path: `/issue/${id}`,
      times: Infinity,
    });
    stage.jira.moveIssue(stranger, firstKey, 'Approved');
    stage.jira.moveIssue(quinn, secondKey, 'Rejected');
    await stage.reaches(second.id, 'rejected');
    await eventually(() => Promise.resolve(broken.hits > 0), 'it was tried');
    broken.off();
    await stage.shows(firstKey, 'Waiting for approval');
  });

  it('an issue that was deleted counts as seen, and the search goes on from this round', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.1 });
    const { id } = await stage.ask();
    const key = await stage.issueOf(id);
    await stage.told();
    const gone = stage.jira.faults.api({
      kind: 'error',
      status: 404,
      method: 'GET',
      path: `/issue/${stage.jira.issue(key).id}`,
      times: Infinity,
    });
    stage.jira.moveIssue(quinn, key, 'Approved');
    await eventually(() => Promise.resolve(gone.hits > 0), 'it was read');
    await rounds(6);
    // The search may have known of an older change first.
    assert.ok(gone.hits <= 2, `read ${gone.hits} times`);
    assert.match(stage.logged(), /the issue of a request is not there any more/);
    assert.doesNotMatch(stage.logged(), /an issue could not be looked at/);
  });

  it('one that Jira fails to show is left alone for a while; the search does not wait for it', async () => {
    // A change that the search knows later than the one before is one more reason to read it: there is none here.
    stage = await openStage({ deaf: true, pollEvery: 0.05, indexDelayMs: 0 });
    const { id } = await stage.ask();
    const key = await stage.issueOf(id);
    await stage.told();
    await rounds(2);
    const path = `/issue/${stage.jira.issue(key).id}`;
    const broken = stage.jira.faults.api({
      kind: 'error',
      status: 500,
      method: 'GET',
      path,
      times: Infinity,
    });
    stage.jira.moveIssue(quinn, key, 'Approved');
    await eventually(() => Promise.resolve(broken.hits > 0), 'it was read');
    await eventually(() => Promise.resolve(broken.hits > 2), 'it is read again');
    broken.off();
    const arrivals = (pattern: RegExp) =>
      stage.jira.calls.flatMap((call) => (pattern.test(call.path) ? [call.arrivedAt] : []));
    const reads = stage.jira.calls.flatMap(({ status, arrivedAt }) => (status === 500 ? [arrivedAt] : []));
    const [first, second, third] = reads as [number, number, number];
    assert.ok(second - first >= 1000 && third - second >= 2000, `read at ${reads.join(', ')}`);
    assert.ok(
      arrivals(/search/).some((at) => first < at && at < second),
      'it is searched meanwhile',
    );
    await stage.reaches(id, 'running');
  });

  it('comes to all open requests in time, however many there are, and to no more than a page in a round', async () => {
    stage = await openStage({ deaf: true, idle: true });
    const { service } = stage.paper;
    const mirror = openMirror(service);
    const asked = [];
    for (let at = 0; at < 5; at += 1) {
      const { id, digest } = await stage.ask();
      const ref = { id, key: `DBR-${at}`, url: '', applied: 0, shown: [{ digest, after: 0 }] };
      await mirror.add(id, ref);
      asked.push(id);
    }
    const read: string[] = [];
    const api = {
      changedSince: () => Promise.resolve([]),
      read(id: string) {
        read.push(id);
        return Promise.reject(new JiraFault('gone', 404, false));
      },
    };
    const context = { service, mirror, api, log: stage.paper.deps.log, pace: { unseenSeconds: 0 } };
    const round = createRound(context as unknown as Context, 2);
    const { signal } = new AbortController();
    for (let at = 0; at < 3; at += 1) await round(signal);
    assert.deepEqual(read, [], 'they are new to this process');
    for (let at = 0; at < 3; at += 1) {
      const before = read.length;
      await round(signal);
      assert.ok(read.length - before <= 2, `${read.length - before} in a round`);
    }
    assert.deepEqual([read.length, new Set(read)], [5, new Set(asked)]);
  });

  it('is left to the next process as soon as this one stops', async () => {
    stage = await openStage({ deaf: true, pollEvery: 0.1 });
    const next = createService({ ...stage.paper.deps, worker: 'next' });
    await eventually(async () => !(await next.lease('jira poller', 0.001)), 'it is led');
    await stage.front.stop();
    assert.equal(await next.lease('jira poller', 1), true);
  });
});
