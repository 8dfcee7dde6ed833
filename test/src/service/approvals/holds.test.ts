import assert from 'node:assert/strict';
import type { EventType } from '../../../../src/domain/event.ts';
import { freezeFrom } from '../../../../src/domain/calendar/freeze.ts';
import type { OnHold } from '../../../../src/domain/calendar/hold.ts';
import type { HoldId, RequestId } from '../../../../src/domain/ids.ts';
import type { Request } from '../../../../src/domain/request.ts';
import { localTimeAt } from '../../../../src/domain/zone.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

/** The environments of the paper site wait an hour for an approval. */
const hour = 3600;

describe('a held environment', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper();
    await paper.backup();
  });
  afterEach(() => paper.close());

  const inHours = (count: number) => new Date(paper.deps.now().getTime() + count * hour * 1000);
  const policy = (onHold: OnHold) => {
    paper.site.environments['uat']!.onHold = onHold;
  };
  const events = async (id: RequestId, ...types: EventType[]) => paper.store.events.ofRequest(id, types);

  async function hold(person = 'quinn', hours = 5, environment = 'uat'): Promise<HoldId> {
    const wish = { environment, until: inHours(hours), reason: 'regression of release 12' };
    return (await paper.service.placeHold(paper.actor(person), wish)).hold.id;
  }

  function ask(person = 'dana', environment = 'uat', startAt?: Date): Promise<Request> {
    const wish = { environment, databases: [{ database: 'orders' }], reason: '' };
    return paper.service.requestRefresh(
      paper.actor(person),
      startAt === undefined ? wish : { ...wish, startAt },
    );
  }

  const decide = (person: string, id: RequestId, decision: 'approved' | 'rejected', reason?: string) =>
    paper.service.decide(paper.actor(person), {
      request: id,
      decision,
      ...(reason === undefined ? {} : { reason }),
    });

  it('asks its holder once before anything is overwritten, and goes on with their yes', async () => {
    const held = await hold();
    const { id, expiresAt } = await ask();
    assert.equal((await decide('rosa', id, 'approved')).state, 'approved', 'an approver who does not hold');
    await paper.service.reconcile();
    await paper.service.reconcile();
    assert.deepEqual(paper.jobs, []);
    const told = await events(id, 'request-held');
    assert.equal(told.length, 1);
    const [event] = told;
    assert.ok(event?.type === 'request-held');
    assert.deepEqual([event.hold, event.holder, event.asks], [held, 'quinn', true]);
    assert.match(event.why, /^uat is held by Quinn until .*: regression of release 12$/);
    const { waits, request } = await paper.service.view(id);
    assert.equal(waits[0]?.why, event.why);
    assert.ok(request.expiresAt > expiresAt, 'its time stands still');
    assert.equal((await decide('quinn', id, 'approved')).state, 'running');
    assert.equal((await events(id, 'hold-allowed')).length, 1);
    await paper.drain();
    assert.equal(await paper.stateOf(id), 'succeeded');
    assert.deepEqual(await events(id, 'approval-voided'), []);
  });

  it('takes the yes of a holder who approves for both, if it was held by then', async () => {
    await hold();
    const { id } = await ask();
    assert.equal((await decide('quinn', id, 'approved')).state, 'running');
    const [allowed, ...more] = await events(id, 'hold-allowed');
    assert.deepEqual([allowed?.actor, more], ['quinn', []], 'which is said');
    await paper.drain();
    const second = await ask();
    const startAt = inHours(1);
    const third = await ask('dana', 'uat', startAt);
    await paper.service.cancel(paper.actor('dana'), second.id);
    await decide('quinn', third.id, 'approved');
    assert.deepEqual(await events(third.id, 'request-held'), []);
    // Placed after the approval: she is asked about it.
    await hold('quinn', 8);
    assert.equal((await events(third.id, 'request-held')).length, 1);
    paper.pass(hour + 1);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(third.id), 'approved');
  });

  it('ends with a no of its holder, for whose reason the requester is told', async () => {
    await hold('otto');
    const { id } = await ask();
    await decide('rosa', id, 'approved');
    const answered = await decide('otto', id, 'rejected', 'the run of the night is not through');
    assert.equal(answered.state, 'rejected');
    const [event] = await events(id, 'request-rejected');
    assert.ok(event?.type === 'request-rejected');
    assert.deepEqual(
      [event.actor, event.hold, event.reason],
      ['otto', 'HLD-1', 'the run of the night is not through'],
    );
    await paper.service.reconcile();
    assert.deepEqual(paper.jobs, []);
  });

  it('lets nobody else answer, and no holder to whom nothing is put any more', async () => {
    const held = await hold('otto');
    const { id } = await ask();
    await decide('rosa', id, 'approved');
    for (const person of ['quinn', 'dana']) {
      await assert.rejects(decide(person, id, 'approved'), { code: 'hold-not-yours', kind: 'Forbidden' });
      await assert.rejects(decide(person, id, 'rejected'), { code: 'hold-not-yours' });
    }
    const refused = await events(id, 'decision-refused');
    assert.deepEqual(
      refused.map((event) => event.type === 'decision-refused' && event.who),
      ['Quinn', 'Dana'],
    );
    // What was shown to them is not what it is now.
    const stale = { request: id, decision: 'approved' as const, digest: 'f'.repeat(64) };
    await assert.rejects(paper.service.decide(paper.actor('otto'), stale), { code: 'approval-outdated' });
    // A right that went away a moment before.
    paper.site.operators = [];
    await assert.rejects(decide('otto', id, 'approved'), { code: 'hold-not-allowed' });
    paper.site.operators = ['operator'];
    assert.equal(await paper.stateOf(id), 'approved');
    await paper.service.releaseHold(paper.actor('otto'), { hold: held });
    assert.equal(await paper.stateOf(id), 'running');
    await assert.rejects(decide('otto', id, 'rejected'), { code: 'hold-not-asked', kind: 'Conflict' });
  });

  it('asks each of several holders, and whoever asked for it not about an own hold', async () => {
    await hold('otto');
    await hold('quinn');
    const { id } = await ask('quinn');
    await decide('rosa', id, 'approved');
    const told = await events(id, 'request-held');
    assert.deepEqual(
      told.map((event) => event.type === 'request-held' && event.holder),
      ['otto'],
    );
    await hold('rosa');
    assert.equal((await events(id, 'request-held')).length, 2);
    assert.equal((await decide('otto', id, 'approved')).state, 'approved', 'rosa is still asked');
    assert.equal((await decide('rosa', id, 'approved')).state, 'running');
  });

  it('goes on in order when holds are released or over', async () => {
    await hold('quinn', 5);
    const first = await ask('dana', 'ci');
    const held = await hold('otto', 30, 'ci');
    await paper.drain();
    const second = await ask('dana', 'ci');
    const wish = { environment: 'ci', databases: [{ database: 'orders' }], reason: 'again' };
    const third = await paper.service.requestRefresh(paper.actor('rosa'), wish);
    assert.deepEqual(await Promise.all([first, second, third].map(({ id }) => paper.stateOf(id))), [
      'succeeded',
      'approved',
      'approved',
    ]);
    await paper.service.releaseHold(paper.actor('quinn'), { hold: held });
    assert.deepEqual(await Promise.all([second, third].map(({ id }) => paper.stateOf(id))), [
      'running',
      'approved',
    ]);
    await paper.drain();
    // The other one is over by time.
    const { id } = await ask();
    await decide('rosa', id, 'approved');
    paper.pass(5 * hour - 60);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'approved', 'and it has not expired meanwhile');
    paper.pass(61);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'running');
  });

  it('keeps back what was approved for a later moment, and asks ahead of it', async () => {
    const { id } = await ask('dana', 'uat', inHours(3));
    await decide('rosa', id, 'approved');
    await hold('otto', 2);
    assert.deepEqual(await events(id, 'request-held'), [], 'it is over by then');
    await hold('otto', 4);
    assert.equal((await events(id, 'request-held')).length, 1, 'while the holder is awake');
    const extra = await hold('quinn', 4);
    await paper.service.releaseHold(paper.actor('quinn'), { hold: extra });
    const freed = await events(id, 'request-freed');
    assert.deepEqual(
      freed.map((event) => event.type === 'request-freed' && event.hold),
      [extra],
      'its card is drawn anew',
    );
    paper.pass(3 * hour + 1);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'approved');
    paper.pass(hour);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'running');
  });

  it('refuses or waits where the site file says so, whoever holds it', async () => {
    policy('refuse');
    const { id } = await ask();
    await hold('dana', 5).then(
      () => assert.fail('dana may not hold'),
      (error: unknown) => assert.equal((error as { code?: string }).code, 'hold-not-allowed'),
    );
    await hold('quinn', 5);
    await assert.rejects(ask('rosa'), (error: { code: string; message: string; hint: string }) => {
      assert.equal(error.code, 'environment-held');
      assert.match(
        error.message,
        /held by Quinn until .*: regression of release 12; nothing may be asked for/,
      );
      assert.match(error.hint, /--at|release uat/);
      return true;
    });
    const wish = { environment: 'uat', databases: [{ database: 'orders' }], reason: '' };
    const faults = await paper.service.faultsOf(paper.actor('rosa'), wish);
    assert.deepEqual(
      faults.map(({ error }) => error.code),
      ['environment-held'],
    );
    assert.equal(
      (await ask('rosa', 'uat', inHours(6))).state,
      'pending',
      'what begins after it may be asked',
    );
    // What was asked before is not thrown away, and not even its holder opens it but by its end.
    assert.equal((await decide('quinn', id, 'approved')).state, 'approved');
    assert.deepEqual(await events(id, 'hold-allowed'), []);
    policy('wait');
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'approved');
    await assert.rejects(decide('quinn', id, 'approved'), { code: 'request-state' });
    const told = await events(id, 'request-held');
    assert.deepEqual(
      told.map((event) => event.type === 'request-held' && event.asks),
      [undefined],
    );
    await paper.service.releaseHold(paper.actor('quinn'), { environment: 'uat' });
    assert.equal(await paper.stateOf(id), 'running');
  });

  it('keeps an undo back by the same rule', async () => {
    const { id } = await ask();
    await decide('quinn', id, 'approved');
    await paper.drain();
    await hold('rosa');
    const undo = await paper.service.requestUndo(paper.actor('quinn'), { request: id }, '');
    assert.equal(await paper.stateOf(undo.id), 'approved');
    assert.equal((await decide('rosa', undo.id, 'approved')).state, 'running');
  });

  it('goes on with what had begun, and says so', async () => {
    const { id } = await ask('dana', 'ci');
    const wish = { environment: 'ci', until: inHours(1), reason: 'x' };
    assert.deepEqual((await paper.service.placeHold(paper.actor('otto'), wish)).running, [id]);
    await paper.drain();
    assert.equal(await paper.stateOf(id), 'succeeded');
  });

  it('is released by its holder, and by others only by its number', async () => {
    const held = await hold('otto');
    const release = (person: string, what: { hold: HoldId } | { environment: string }) =>
      paper.service.releaseHold(paper.actor(person), what);
    await assert.rejects(release('quinn', { environment: 'uat' }), { code: 'hold-of-another' });
    await assert.rejects(release('dana', { hold: held }), { code: 'hold-not-allowed' });
    await assert.rejects(release('quinn', { environment: 'ci' }), { code: 'hold-none' });
    await assert.rejects(release('quinn', { hold: 'HLD-99' }), { code: 'hold-unknown' });
    const [released] = await release('quinn', { hold: held });
    assert.equal(released?.releasedBy, 'quinn');
    await assert.rejects(release('otto', { hold: held }), { code: 'hold-over' });
    const [uat] = await paper.service.calendar('uat');
    assert.deepEqual(uat?.holds, []);
    // Who placed one may take it back whatever became of the right.
    await hold('otto');
    paper.site.operators = [];
    assert.equal((await release('otto', { environment: 'uat' })).length, 1);
  });

  it('is not held without a reason, in production, or without end', async () => {
    const place = (more: object) =>
      paper.service.placeHold(paper.actor('quinn'), {
        environment: 'uat',
        until: inHours(1),
        reason: 'x',
        ...more,
      });
    await assert.rejects(place({ reason: '  ' }), { code: 'hold-reason-missing' });
    await assert.rejects(place({ environment: 'production' }), { code: 'environment-production' });
    await assert.rejects(place({ until: inHours(-1) }), { code: 'hold-until-past' });
    await assert.rejects(place({ until: inHours(24 * 91) }), { code: 'hold-until-too-far' });
    for (let count = 0; count < 50; count++) await place({});
    await assert.rejects(place({}), { code: 'hold-too-many' });
  });

  it('that is frozen keeps back what is approved, or refuses, until its window ends', async () => {
    const uat = paper.site.environments['uat']!;
    // From this hour of the clock on, for two of them, whatever the day: on a clock that is never changed.
    uat.timeZone = 'UTC';
    const { hour: from } = localTimeAt(paper.deps.now(), uat.timeZone);
    const clock = (at: number) => `${String(at % 24).padStart(2, '0')}:00`;
    uat.freezes = [freezeFrom(`daily ${clock(from)}-${clock(from + 2)}`, 'testing hours')!];
    const { id } = await ask();
    await decide('quinn', id, 'approved');
    assert.equal(await paper.stateOf(id), 'approved');
    const [event] = await events(id, 'request-held');
    assert.ok(event?.type === 'request-held' && /^uat is frozen until .*: testing hours$/.test(event.why));
    uat.onFreeze = 'refuse';
    await assert.rejects(ask('rosa'), { code: 'environment-frozen', kind: 'Conflict' });
    await paper.service.reconcile();
    assert.equal((await events(id, 'request-held')).length, 1);
    paper.pass(2 * hour);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'running');
  });
});
