import assert from 'node:assert/strict';
import { forbidden, isFreshetError } from '../../../src/domain/errors.ts';
import { backoffSeconds, GivenUp, RetryAfter } from '../../../src/service/feed.ts';
import { openPaper, type Paper } from '../../house-of-paper.ts';
import { until, untilHolds } from '../../until.ts';

describe('telling the outside world', () => {
  let paper: Paper;
  const stopping: AbortController[] = [];
  beforeEach(async function () {
    paper = await openPaper();
    await paper.backup();
  });
  afterEach(async () => {
    for (const one of stopping.splice(0)) one.abort();
    await paper.close();
  });

  async function ask(environment: string) {
    return paper.service.requestRefresh(paper.actor('dana'), {
      environment,
      databases: [{ database: 'orders' }],
      reason: '',
    });
  }

  /** Runs a feed until `enough` says so. */
  async function feedUntil(
    front: string,
    deliver: (what: string) => Promise<void> | void,
    enough: () => boolean,
  ) {
    const stop = new AbortController();
    stopping.push(stop);
    const done = paper.service.feed(
      front,
      async (effect, event) => deliver(`${effect.request} ${event.type}`),
      stop.signal,
    );
    await untilHolds(enough);
    stop.abort();
    await done;
  }

  it('goes in the order of events for each request', async () => {
    const request = await ask('ci');
    await paper.drain();
    const told: string[] = [];
    await feedUntil(
      'jira',
      (what) => void told.push(what),
      () => told.at(-1) === `${request.id} run-succeeded`,
    );
    assert.deepEqual(
      told,
      [
        'request-created',
        'request-approved',
        'impact-seen',
        'run-started',
        'item-ready',
        'item-swapped',
        'run-succeeded',
      ].map((type) => `${request.id} ${type}`),
    );
  });

  it('comes again after a failure, and holds back only what belongs to the same request', async () => {
    const first = await ask('ci');
    const second = await ask('dev');
    const told: string[] = [];
    let refusals = 0;
    await feedUntil(
      'jira',
      (what) => {
        // Until the other one is through, however long that takes.
        const alone = !told.includes(`${second.id} run-started`);
        if (what === `${first.id} request-created` && (refusals < 2 || alone)) {
          refusals++;
          throw refusals === 1 ? new RetryAfter(0.1, 'slow down') : new Error('away');
        }
        told.push(what);
      },
      () => told.includes(`${first.id} run-started`),
    );
    const own = told.filter((what) => what.startsWith(first.id));
    assert.deepEqual(
      own,
      ['request-created', 'request-approved', 'impact-seen', 'run-started'].map(
        (type) => `${first.id} ${type}`,
      ),
    );
  });

  it('one that hangs holds up no other request, however many there are', async () => {
    const slow = await ask('ci');
    const told: string[] = [];
    let go: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => (go = resolve));
    const stop = new AbortController();
    stopping.push(stop);
    const done = paper.service.feed(
      'jira',
      async ({ request }, event) => {
        if (request === slow.id) await hanging;
        told.push(`${request} ${event.type}`);
      },
      stop.signal,
    );
    // More than one full set of them, one after another, while the first hangs.
    for (const environment of ['dev', 'uat'] as const) {
      const { id } = await ask(environment);
      await until(`${id} is told of`, () => told.includes(`${id} request-created`));
    }
    assert.ok(!told.some((what) => what.startsWith(`${slow.id} `)));
    go();
    await until('the slow one is told of', () => told.includes(`${slow.id} run-started`));
    stop.abort();
    await done;
  });

  it('gives up what no repetition can mend, goes on, and the operators learn of it once', async () => {
    const request = await ask('ci');
    const told: string[] = [];
    await feedUntil(
      'jira',
      (what) => {
        if (what.endsWith('request-created') || what.endsWith('request-approved'))
          throw new GivenUp(forbidden('jira-permission', 'No.', 'Give it the right.'));
        told.push(what);
      },
      () => told.includes(`${request.id} run-started`) && told.includes(`${request.id} front-alert`),
    );
    assert.ok(!told.some((what) => what.endsWith('request-created')));
    const alerts = await paper.store.events.ofRequest(request.id, ['front-alert']);
    assert.deepEqual(
      alerts.map((event) => event.type === 'front-alert' && [event.front, event.code, event.cause]),
      [['jira', 'jira-permission', 'No.']],
    );
    assert.equal((await paper.store.outbox.lag('jira')).waiting, 0);
    await feedUntil(
      'slack-alerts',
      (what) => void told.push(`operators: ${what}`),
      () => told.includes(`operators: ${request.id} front-alert`),
    );
  });

  it('gives nothing up because of our own site file: what was to be told is told when that is mended', async () => {
    const { id } = await ask('ci');
    const environments = paper.site.environments as Record<string, unknown>;
    const { ci } = environments;
    delete environments['ci'];
    const told: string[] = [];
    let refusals = 0;
    await feedUntil(
      'jira',
      async (what) => {
        try {
          await paper.service.view(id);
        } catch (error) {
          assert.ok(isFreshetError(error, 'NotFound'));
          refusals += 1;
          environments['ci'] = ci;
          throw error;
        }
        told.push(what);
      },
      () => told.includes(`${id} run-started`),
    );
    assert.equal(refusals, 1);
    assert.equal(told[0], `${id} request-created`);
    assert.deepEqual(await paper.store.events.ofRequest(id, ['front-alert']), []);
  });

  it('of an alert that can not be told nobody is alerted: it would go on for ever', async () => {
    const request = await ask('ci');
    await paper.service.alertFront(request.id, 'slack', { code: 'x', cause: 'X.', hint: '' });
    let given = 0;
    await feedUntil(
      'slack-alerts',
      () => {
        given += 1;
        throw new GivenUp(forbidden('no-channel', 'No.', ''));
      },
      () => given === 1,
    );
    assert.equal((await paper.store.events.ofRequest(request.id, ['front-alert'])).length, 1);
  });

  it('doubles its pauses up to five minutes, and never comes back with all others', () => {
    assert.deepEqual(
      [1, 2, 3, 9, 50].map((attempts) => [backoffSeconds(attempts, 0), backoffSeconds(attempts, 1)]),
      [
        [1, 2],
        [2, 4],
        [4, 8],
        [150, 300],
        [150, 300],
      ],
    );
    assert.equal(backoffSeconds(9, 1, 40), 40, 'as long as it was waited for');
    assert.equal(backoffSeconds(1, 1, 40), 2);
    assert.equal(backoffSeconds(9, 1, -5), 2, 'a clock that was set back');
  });

  it('waiting because one was asked to is no attempt that failed, and yet not the first', async () => {
    const request = await ask('ci');
    const attempts: number[] = [];
    const stop = new AbortController();
    stopping.push(stop);
    const done = paper.service.feed(
      'jira',
      (effect, event) => {
        if (event.type !== 'request-created' || attempts.length === 5) return Promise.resolve();
        attempts.push(effect.attempts);
        return Promise.reject(attempts.length === 3 ? new Error('away') : new RetryAfter(0.05, 'slow down'));
      },
      stop.signal,
    );
    await until(`${request.id} is tried five times`, () => attempts.length === 5);
    stop.abort();
    await done;
    assert.deepEqual(attempts, [1, 2, 2, 3, 3]);
  });

  it('is forgotten a week after it was done, as deliveries are; what waits is not', async () => {
    const request = await ask('ci');
    const [told] = await paper.store.outbox.take('jira', 1, 60);
    await paper.store.outbox.done(told!.id);
    await paper.store.inbox.accept('jira', 'late', {});
    await paper.store.inbox.accept('slack', 'early', {});
    const [early] = await paper.store.inbox.take('slack', 1, 60);
    await paper.store.inbox.done(early!.id);
    paper.pass(6 * 86_400);
    await paper.service.reconcile();
    assert.equal(await paper.store.inbox.knows('slack', 'early'), true, 'within the week');
    paper.pass(2 * 86_400);
    await paper.service.reconcile();
    assert.equal(await paper.store.inbox.knows('slack', 'early'), false);
    assert.equal(await paper.store.outbox.forget(paper.deps.now()), 0, 'nothing is left to forget');
    const { waiting } = await paper.store.outbox.lag('jira');
    assert.ok(waiting > 0, `what else there is to tell of ${request.id} waits`);
    assert.equal(
      await paper.store.inbox.accept('jira', 'late', {}),
      false,
      'a delivery that is not done stays known',
    );
  });
});
