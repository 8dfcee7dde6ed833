import assert from 'node:assert/strict';
import type { Request } from '../../../../src/domain/request.ts';
import { eventually, openStage, rosa, type Stage, type StageOptions } from './stage.ts';
import { held } from '../../../until.ts';

const patient = { settleSeconds: 0.6, callSeconds: 0.5, staleSeconds: 0.05, cardSeconds: 0 };

describe('Jira: one issue for each request', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  async function open(options: StageOptions = {}) {
    stage = await openStage({ indexDelayMs: 300, deps: { pace: patient }, ...options });
  }

  /** Requests that differ, all at once. */
  async function ask(count: number): Promise<Request[]> {
    const requests = [];
    for (let i = 0; i < count; i++) {
      requests.push(await stage.ask());
    }
    return requests;
  }

  async function eachHasOne(requests: readonly Request[]) {
    const keys = [];
    for (const request of requests) keys.push(await stage.issueOf(request.id));
    await stage.told();
    const labels = stage.jira.issues().map((issue) => issue.labels.find((label) => label !== 'freshet'));
    assert.equal(labels.length, requests.length);
    assert.deepEqual(new Set(labels), new Set(requests.map(({ id }) => `freshet-${id}`)));
    assert.equal(new Set(keys).size, requests.length);
  }

  const faults = [
    { kind: 'lost-after' as const, count: 20 },
    { kind: 'lost-before' as const, count: 5 },
    { kind: 'slow' as const, delayMs: 1200, count: 8 },
    { kind: 'error' as const, status: 503, count: 5 },
    { kind: 'rate-limit' as const, retryAfterSeconds: 1, times: 1, count: 5 },
  ];
  for (const { count, ...fault } of faults) {
    it(`${count} creates that meet "${fault.kind}"`, async function () {
      await open();
      const armed = stage.jira.faults.api({ times: count, ...fault, method: 'POST', path: '/issue' });
      await eachHasOne(await ask(count));
      assert.ok(armed.hits > 0);
    });
  }

  it('also when every first answer and every first search is lost', async function () {
    await open();
    stage.jira.faults.api({ kind: 'lost-after', method: 'POST', path: '/issue', times: 5 });
    stage.jira.faults.api({ kind: 'error', method: 'POST', path: '/search/jql', times: 5 });
    await eachHasOne(await ask(5));
  });

  it('a process that died in the middle of a create leaves its issue to the next', async () => {
    await open({ deaf: true });
    stage.jira.faults.api({ kind: 'slow', until: held().until, method: 'POST', path: '/issue' });
    const [request] = await ask(1);
    await eventually(() => Promise.resolve(stage.jira.issues().length === 1), 'the issue is made');
    // Its answer never comes: the process goes away.
    await stage.front.stop();
    assert.equal(await stage.paper.service.mirrors.get(request!.id, 'jira'), undefined);
    await stage.another({ pace: patient }).start();
    await eachHasOne([request!]);
  });

  it('two processes at once make one each for nobody', async () => {
    await open();
    await stage.another({ pace: patient }).start();
    await stage.another({ pace: patient }).start();
    await eachHasOne(await ask(12));
  });

  it('made twice by a process that was frozen: the later one is closed and says where it goes on', async () => {
    await open({ deaf: true });
    const { paper, jira } = stage;
    const { until, letGo } = held();
    jira.faults.api({ kind: 'slow', until, method: 'POST', path: '/issue' });
    const [request] = await ask(1);
    await eventually(() => Promise.resolve(jira.issues().length === 1), 'the issue is made');
    const other = jira.createIssue(rosa, { summary: 'Made by the other process' });
    await paper.service.mirrors.set(request!.id, 'jira', other.key, {
      id: other.id,
      key: other.key,
      url: `${jira.url}/browse/${other.key}`,
      applied: 0,
      shown: [{ digest: request!.digest, after: 0 }],
    });
    letGo();
    await stage.told();
    const [mine] = jira.issues();
    assert.equal(mine?.status, 'Cancelled');
    assert.match(stage.comments(mine.key)[0]!, new RegExp(`goes on in ${other.key}`));
    assert.equal(await stage.issueOf(request!.id), other.key);
  });

  it('a clone with our label is not taken for ours', async () => {
    await open();
    const { jira } = stage;
    jira.createIssue(rosa, { summary: 'A clone', labels: ['freshet', 'freshet-REQ-1'] });
    await new Promise((resolve) => setTimeout(resolve, 350));
    jira.faults.api({ kind: 'lost-before', method: 'POST', path: '/issue' });
    const [request] = await ask(1);
    const key = await stage.issueOf(request!.id);
    assert.equal(request!.id, 'REQ-1');
    assert.equal(jira.issue(key).summary, `Refresh orders on uat from ${request!.items[0]!.backup!.id}`);
    assert.equal(jira.issues().length, 2);
  });

  it('carries its request as property and label from the create call on, within a readable issue', async () => {
    await open();
    const [request] = await ask(1);
    const key = await stage.issueOf(request!.id);
    await stage.told();
    const creates = stage.jira.calls.filter((call) => call.method === 'POST' && call.path.endsWith('/issue'));
    const edits = stage.jira.calls.filter((call) => call.method === 'PUT');
    assert.deepEqual([creates.length, edits.length], [1, 0]);
    const issue = stage.jira.issue(key);
    assert.deepEqual(issue.labels, ['freshet', 'freshet-REQ-1']);
    assert.deepEqual(issue.properties.freshet, {
      site: 'Paper',
      request: 'REQ-1',
      createdAt: request!.createdAt.toISOString(),
      digest: request!.digest,
    });
    for (const part of [
      /Quinn and Rosa can approve it/,
      /orders_uat on server test-pg \| BKP-1 of production/,
      /Dana asked/,
      /“release 12”/,
    ]) {
      assert.match(issue.description, part);
    }
  });

  it('while no card comes only the first waits for one', async () => {
    const waits = new Map<string, number>();
    await open({
      deps: {
        pace: { ...patient, cardSeconds: 1 },
        cardUrl(request) {
          waits.set(request, (waits.get(request) ?? 0) + 1);
          return Promise.resolve(undefined);
        },
      },
    });
    const [first] = await ask(1);
    await eachHasOne([first!]);
    const [second] = await ask(1);
    await eachHasOne([first!, second!]);
    assert.ok(waits.get(first!.id)! >= 10, `${waits.get(first!.id)} looks for the first`);
    assert.ok(waits.get(second!.id)! < 5, `${waits.get(second!.id)} looks for the second`);
  }).timeout(60_000);

  it('a refusal is tried again, and the operators are told once', async () => {
    await open();
    const { jira } = stage;
    jira.faults.api({ kind: 'error', status: 400, method: 'POST', path: '/issue', times: 3 });
    const [request] = await ask(1);
    await eventually(
      async () => (await stage.events(request!.id, 'front-alert')).length > 0,
      'an alert',
      undefined,
      25,
    );
    const key = await stage.issueOf(request!.id);
    await stage.told();
    assert.equal((await stage.events(request!.id, 'front-alert')).length, 1);
    assert.match(stage.comments(key)[0]!, /Jira answered 400/);
  }).timeout(60_000);
});
