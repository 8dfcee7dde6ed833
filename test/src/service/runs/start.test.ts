import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Request } from '../../../../src/domain/request.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { until } from '../../../until.ts';

/** The environments of the paper site wait an hour for an approval. */
const hour = 3600;

describe('a request with a moment to start at', () => {
  let paper: Paper;
  beforeEach(async function () {
    paper = await openPaper();
  });
  afterEach(() => paper.close());

  const inSeconds = (seconds: number) => new Date(paper.deps.now().getTime() + seconds * 1000);

  function ask(startAt: Date, environment = 'uat', person = 'dana'): Promise<Request> {
    const wish = { environment, databases: [{ database: 'orders' }], reason: '', startAt };
    return paper.service.requestRefresh(paper.actor(person), wish);
  }

  function approve(id: RequestId, person = 'quinn'): Promise<Request> {
    return paper.service.decide(paper.actor(person), { request: id, decision: 'approved' });
  }

  it('waits for it once approved, and starts then', async () => {
    await paper.backup();
    const { id, startAt, digest } = await ask(inSeconds(2 * hour));
    assert.deepEqual((await paper.store.requests.get(id))?.startAt, startAt);
    const plain = { environment: 'uat', databases: [{ database: 'orders' }], reason: '' };
    const preview = await paper.service.previewRefresh(paper.actor('dana'), plain);
    assert.notEqual(digest, preview.bound.digest, 'an approval binds it');
    assert.equal((await approve(id)).state, 'approved');
    await paper.service.dispatch(id);
    paper.pass(2 * hour - 60);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'approved');
    assert.deepEqual(paper.jobs, []);
    paper.pass(61);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'running');
    await paper.drain();
    assert.equal(await paper.stateOf(id), 'succeeded');
  });

  it('waits for it where nobody has to approve', async () => {
    await paper.backup();
    const { id, state } = await ask(inSeconds(2 * hour), 'ci');
    assert.equal(state, 'approved');
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'approved');
    paper.pass(2 * hour + 1);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'running');
  });

  it('starts at its moment and not only with the next round of the upkeep', async function () {
    this.timeout(60_000);
    await paper.backup();
    const { id, startAt } = await ask(inSeconds(1.2), 'ci');
    const stopping = new AbortController();
    const working = paper.service.reconcileForEver(stopping.signal);
    try {
      await until('it starts', async () => (await paper.stateOf(id)) === 'running');
      const started = (await paper.store.runs.ofRequest(id))!.startedAt;
      assert(started >= startAt!, 'it started too early');
      const late = (started.getTime() - startAt!.getTime()) / 1000;
      assert(late < paper.deps.pace.reconcileSeconds / 2, `it started ${late} s late`);
    } finally {
      stopping.abort();
      await working;
    }
  });

  it('starts at once when its approval comes later', async () => {
    await paper.backup();
    const { id } = await ask(inSeconds(60));
    paper.pass(120);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'pending', 'its moment alone starts nothing');
    assert.equal((await approve(id)).state, 'running');
  });

  it('expires like any other when nobody decides', async () => {
    await paper.backup();
    const { id } = await ask(inSeconds(5 * hour));
    paper.pass(hour + 1);
    await assert.rejects(() => approve(id), { code: 'request-expired' });
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'expired');
  });

  it('does not expire while it waits, and then has its time to get a turn', async () => {
    await paper.backup();
    const { id, environment } = await ask(inSeconds(48 * hour));
    const byRule = await ask(inSeconds(48 * hour), 'ci');
    await approve(id);
    paper.pass(47 * hour);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'approved');
    assert.equal(await paper.stateOf(byRule.id), 'approved');
    // Another request takes both targets, and is not done when the moment comes.
    const holders = [await ask(inSeconds(1), environment), await ask(inSeconds(1), 'ci')];
    paper.pass(2);
    await approve(holders[0]!.id);
    await paper.service.reconcile();
    for (const holder of holders)
      assert.equal(await paper.stateOf(holder.id), 'running', 'others may run before');
    paper.pass(hour);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'approved');
    const waits = await paper.store.events.ofRequest(id, ['request-waiting']);
    assert.deepEqual(
      waits.map((event) => event.type === 'request-waiting' && event.behind),
      [holders[0]!.id],
    );
    paper.pass(hour);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'expired');
    assert.equal(await paper.stateOf(byRule.id), 'expired');
  });

  it('can be cancelled while it waits', async () => {
    await paper.backup();
    const { id } = await ask(inSeconds(2 * hour));
    await approve(id);
    await paper.service.cancel(paper.actor('dana'), id);
    paper.pass(3 * hour);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'cancelled');
    assert.deepEqual(paper.jobs, []);
  });

  type Change = [string, RegExp, (request: Request) => Promise<unknown>];
  const changed: Change[] = [
    [
      'its backup has gone',
      /BKP-1/,
      async ({ items }) => {
        const backup = (await paper.store.backups.get(items[0]!.backup!.id))!;
        await paper.backup({ ...backup, state: 'missing' });
      },
    ],
    [
      'its backup is another one by now',
      /changed since/,
      async ({ items }) => {
        const backup = (await paper.store.backups.get(items[0]!.backup!.id))!;
        await paper.backup({ ...backup, checksum: 'f'.repeat(64) });
      },
    ],
    [
      'a script of it is another one by now',
      /changed since/,
      async () => {
        const placement = paper.site.environments['uat']!.databases['orders']!;
        placement.scripts = [{ path: 'mask.sql', sha256: 'f'.repeat(64), text: 'select 1' }];
        await Promise.resolve();
      },
    ],
    [
      'its database lives somewhere else by now',
      /lives somewhere else|changed since/,
      async () => {
        paper.site.environments['uat']!.databases['orders']!.databaseName = 'orders_elsewhere';
        await Promise.resolve();
      },
    ],
    [
      'the rules are other ones by now',
      /The rules have changed since/,
      async () => {
        paper.site.environments['uat']!.approval = {
          stages: [{ name: 'QA', roles: ['operator'], quorum: 1 }],
        };
        await Promise.resolve();
      },
    ],
    [
      'who asked has left',
      /not in the site file/,
      async () => {
        delete (paper.site.people as Record<string, unknown>)['dana'];
      },
    ],
  ];
  for (const [what, why, change] of changed) {
    it(`is void at once, and visibly, when ${what}`, async () => {
      await paper.backup();
      const request = await ask(inSeconds(2 * hour));
      await approve(request.id);
      await paper.service.reconcile();
      assert.equal(await paper.stateOf(request.id), 'approved');
      await change(request);
      await paper.service.reconcile();
      assert.equal(await paper.stateOf(request.id), 'pending');
      const [voided, ...others] = await paper.store.events.ofRequest(request.id, ['approval-voided']);
      assert(voided?.type === 'approval-voided');
      assert.match(voided.why, why);
      assert.deepEqual(others, []);
      paper.pass(2 * hour + 1);
      await paper.service.reconcile();
      assert.deepEqual(paper.jobs, []);
    });
  }

  const passing: Change[] = [
    [
      'who approved may not any more',
      /may approve any more/,
      async () => {
        paper.site.people['quinn']!.roles = ['developer'];
      },
    ],
  ];
  for (const [what, why, change] of passing) {
    it(`is looked at again at its moment, and does not start when ${what}`, async () => {
      await paper.backup();
      const request = await ask(inSeconds(2 * hour));
      await approve(request.id);
      await change(request);
      await paper.service.reconcile();
      assert.equal(await paper.stateOf(request.id), 'approved', 'it may be otherwise by its moment');
      paper.pass(2 * hour + 1);
      await paper.service.reconcile();
      assert.equal(await paper.stateOf(request.id), 'pending');
      assert.deepEqual(paper.jobs, []);
      const [voided] = await paper.store.events.ofRequest(request.id, ['approval-voided']);
      assert(voided?.type === 'approval-voided');
      assert.match(voided.why, why);
    });
  }

  it('counts, while it waits for its approval, for what it means now: a yes to what it was is refused', async () => {
    await paper.backup();
    const request = await ask(inSeconds(2 * hour));
    const placement = paper.site.environments['uat']!.databases['orders']!;
    placement.scripts = [{ path: 'mask.sql', sha256: 'f'.repeat(64), text: 'select 1' }];
    await assert.rejects(() => approve(request.id), { code: 'approval-outdated' });
    const [revised] = await paper.store.events.ofRequest(request.id, ['request-revised']);
    assert(revised?.type === 'request-revised');
    assert.match(revised.why, /changed since/);
    const now = (await paper.store.requests.get(request.id))!;
    assert.notEqual(now.digest, request.digest);
    assert.equal((await approve(request.id)).state, 'approved', 'what is shown now');
    // Of two yeses the first is void, by the upkeep alone.
    const uat = paper.site.environments['uat']!;
    uat.approval = { stages: [{ name: 'QA', roles: ['qa-manager'], quorum: 2 }] };
    const second = await ask(inSeconds(3 * hour));
    await approve(second.id, 'rosa');
    placement.scripts = [];
    await paper.service.reconcile();
    const standing = await paper.store.approvals.of(second.id);
    assert.ok(standing.every(({ voidedAt }) => voidedAt !== undefined));
    assert.equal((await paper.store.events.ofRequest(second.id, ['approval-voided'])).length, 1);
  });

  it('is a wish of its own beside the same at another moment; the same twice is a slip', async () => {
    await paper.backup();
    const tonight = inSeconds(2 * hour);
    await ask(tonight);
    await ask(inSeconds(26 * hour));
    await assert.rejects(() => ask(tonight), { code: 'request-duplicate' });
  });

  it('is known as the same however many others wait', async function () {
    await paper.backup();
    const tonight = inSeconds(2 * hour);
    await ask(tonight);
    await Promise.all(Array.from({ length: 210 }, (_, at) => ask(inSeconds(3 * hour + at))));
    await assert.rejects(() => ask(tonight), { code: 'request-duplicate' });
  });

  it('is refused for a moment that is past or too far ahead', async () => {
    await paper.backup();
    await assert.rejects(() => ask(inSeconds(-1)), { code: 'start-past' });
    await assert.rejects(() => ask(inSeconds(31 * 24 * hour)), { code: 'start-too-far' });
  });
});
