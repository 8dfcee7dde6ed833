import assert from 'node:assert/strict';
import { freezeFrom, type FreezeWindow } from '../../../../src/domain/calendar/freeze.ts';
import { startWindowFrom } from '../../../../src/domain/calendar/start-window.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { localTimeAt } from '../../../../src/domain/zone.ts';
import type { Placed } from '../../../../src/service/approvals/holds.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('a run that is on its way', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper();
    // A clock that is never changed: an hour later is an hour later on it.
    paper.site.environments['uat']!.timeZone = 'UTC';
    await paper.backup();
  });
  afterEach(() => paper.close());

  const wish = { environment: 'uat', databases: [{ database: 'orders' }], reason: '' };

  /** Dana has asked and Rosa approved; `meanwhile` happens when the act begins. */
  async function running(act?: string, meanwhile?: () => Promise<void>): Promise<RequestId> {
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), wish);
    await paper.service.decide(paper.actor('rosa'), { request: id, decision: 'approved' });
    if (meanwhile !== undefined)
      paper.engine.before = (performed) => (performed === act ? meanwhile() : Promise.resolve());
    await paper.drain();
    delete paper.engine.before;
    assert.equal((await paper.store.requests.get(id))!.state, 'succeeded');
    return id;
  }

  function hold(person = 'quinn'): Promise<Placed> {
    const until = new Date(paper.deps.now().getTime() + 5 * 3_600_000);
    return paper.service.placeHold(paper.actor(person), { environment: 'uat', until, reason: 'regression' });
  }

  /** `14:05`, so many minutes from now, as the environment's clock shows it. */
  function clock(minutes: number): string {
    const at = new Date(paper.deps.now().getTime() + minutes * 60_000);
    const { hour, minute } = localTimeAt(at, paper.site.environments['uat']!.timeZone);
    return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  }

  /** Of each day, from so many minutes behind now on, for two hours. */
  function frozen(minutes: number): FreezeWindow {
    return freezeFrom(`daily ${clock(minutes)}-${clock(minutes + 120)}`, 'testing hours')!;
  }

  async function passed(id: RequestId): Promise<string[]> {
    const told = await paper.store.events.ofRequest(id, ['swap-not-waiting']);
    return told.flatMap((event) => (event.type === 'swap-not-waiting' ? event.passed : []));
  }

  it('is told to whoever holds its environment meanwhile, and swaps loudly', async () => {
    let placed: Placed | undefined;
    const id = await running('load orders', async () => {
      placed ??= await hold();
    });
    assert.deepEqual([placed?.running, placed?.swapping], [[id], []]);
    const [met] = await paper.store.events.ofRequest(id, ['run-met-hold']);
    assert.ok(met?.type === 'run-met-hold');
    assert.deepEqual([met.hold, met.holder, met.reason], ['HLD-1', 'quinn', 'regression']);
    const [why, ...others] = await passed(id);
    assert.match(why ?? '', /^uat is held by Quinn until .*: regression$/);
    assert.deepEqual(others, []);
  });

  it('can not be stopped by who holds it once it swaps, which the answer says', async () => {
    let placed: Placed | undefined;
    const id = await running('swap orders', async () => {
      placed ??= await hold();
    });
    assert.deepEqual([placed?.running, placed?.swapping], [[], [id]]);
    assert.deepEqual(await paper.store.events.ofRequest(id, ['run-met-hold']), []);
    assert.deepEqual(await passed(id), []);
  });

  it('says that it swaps within a window that has begun meanwhile', async () => {
    const id = await running('load orders', () => {
      paper.site.environments['uat']!.freezes = [frozen(-1)];
      return Promise.resolve();
    });
    assert.match((await passed(id)).join(), /^uat is frozen until .*: testing hours$/);
  });

  it('says nothing where only the times to start within are over by its swap', async () => {
    paper.site.environments['uat']!.startWithin = startWindowFrom(`${clock(-60)}-${clock(20)}`)!;
    const id = await running('load orders', async () => {
      await Promise.resolve();
      paper.pass(1800);
    });
    assert.deepEqual(await passed(id), []);
  });

  it('is warned of beforehand, by how long earlier ones took to their swap', async () => {
    const uat = paper.site.environments['uat']!;
    uat.freezes = [frozen(60)];
    const plan = () => paper.service.previewRefresh(paper.actor('dana'), wish);
    assert.equal((await plan()).foreseen, undefined, 'nothing is known yet');
    const meanwhile = (seconds: number) => async () => {
      await Promise.resolve();
      paper.pass(seconds);
    };
    uat.freezes = [];
    await running('load orders', meanwhile(1800));
    uat.freezes = [frozen(10)];
    const { foreseen, waits } = await plan();
    assert.deepEqual(waits, []);
    assert.ok(foreseen !== undefined && Math.abs(foreseen.seconds - 1800) < 60);
    assert.match(foreseen.why, /^uat is frozen until .*: testing hours$/);
    const prospect = await paper.service.prospect(paper.actor('dana'), wish);
    assert.equal(prospect.foreseen?.why, foreseen.why);
    uat.freezes = [frozen(90)];
    assert.equal((await plan()).foreseen, undefined, 'it is done by then');
    const startAt = new Date(paper.deps.now().getTime() + 75 * 60_000);
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), { ...wish, startAt });
    assert.match((await paper.service.view(id)).foreseen?.why ?? '', /frozen/);
  });
});
