import assert from 'node:assert/strict';
import { nextOpening, startWindowFrom } from '../../../../src/domain/calendar/start-window.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Request } from '../../../../src/domain/request.ts';
import { startSaid } from '../../../../src/domain/start.ts';
import { localTimeAt } from '../../../../src/domain/zone.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

const hour = 3600;

describe('a request with times to start within', () => {
  let paper: Paper;
  beforeEach(async function () {
    paper = await openPaper();
    // A clock that is never changed: in any week an hour later is an hour later on it.
    uat().timeZone = 'UTC';
    await paper.backup();
  });
  afterEach(() => paper.close());

  const uat = () => paper.site.environments['uat']!;
  const held = (id: RequestId) => paper.store.events.ofRequest(id, ['request-held']);
  /** The wall clock of uat, so many hours from now. */
  const clock = (hours: number) => {
    const { hour: at, minute } = localTimeAt(
      new Date(paper.deps.now().getTime() + hours * hour * 1000),
      uat().timeZone,
    );
    return [at, minute].map((part) => String(part).padStart(2, '0')).join(':');
  };

  async function approved(wish: { startAt?: Date; startWithin?: string }): Promise<Request> {
    const asked = { environment: 'uat', databases: [{ database: 'orders' }], reason: '', ...wish };
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), asked);
    return paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved' });
  }

  it('waits visibly for the next of them, and starts then', async () => {
    const startWithin = `${clock(3)}-${clock(5)}`;
    const said = startSaid(startWithin, { now: paper.deps.now(), timeZone: uat().timeZone });
    assert.equal(said.startWithin, startWithin);
    assert.ok(said.startAt! > paper.deps.now());
    // Approved without a moment, as if it were open: the times alone keep it back.
    const request = await approved({ startWithin });
    assert.equal(request.state, 'approved');
    const plain = await paper.service.previewRefresh(paper.actor('dana'), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: '',
    });
    assert.notEqual(plain.bound.digest, request.digest, 'an approval binds it');
    const [event, ...others] = await held(request.id);
    assert.ok(event?.type === 'request-held' && event.window === true);
    assert.match(event.why, /^it starts within \d\d:\d\d-\d\d:\d\d only, next /);
    assert.deepEqual(others, []);
    // It waits for an hour only elsewhere: here its time begins with the night.
    paper.pass(2.5 * hour);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(request.id), 'approved');
    paper.pass(hour);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(request.id), 'running');
  });

  it('that it missed waits for the next night, within its time, and expires after it', async () => {
    uat().startWithin = startWindowFrom(`${clock(1)}-${clock(2)}`)!;
    for (const [approvalSeconds, ends] of [
      [30 * hour, 'running'],
      [5 * hour, 'expired'],
    ] as const) {
      uat().approvalSeconds = approvalSeconds;
      const { id } = await approved({});
      assert.equal((await held(id)).length, 1);
      // Nobody was there within them.
      paper.pass(3 * hour);
      await paper.service.reconcile();
      assert.equal(await paper.stateOf(id), 'approved');
      assert.equal((await held(id)).length, 2, 'once for each night');
      paper.pass(22.5 * hour);
      await paper.service.reconcile();
      assert.equal(await paper.stateOf(id), ends);
      await paper.drain();
      paper.pass(22.5 * hour);
    }
  });

  it('are told before somebody asks', async () => {
    const [theirs, own] = [`${clock(3)}-${clock(5)}`, `${clock(4)}-${clock(6)}`];
    uat().startWithin = startWindowFrom(theirs)!;
    const waits = async (more: { startWithin?: string }) => {
      const wish = { environment: 'uat', databases: [{ database: 'orders' }], reason: '', ...more };
      const { waits: met } = await paper.service.previewRefresh(paper.actor('dana'), wish);
      return met.map(({ why }) => why.split(', next ')[0]);
    };
    assert.deepEqual(await waits({}), [`it starts within ${theirs} only`]);
    assert.deepEqual(await waits({ startWithin: own }), [`it starts within ${theirs} and ${own} only`]);
  });

  it('that have none in common with those of the environment is refused', async () => {
    uat().startWithin = startWindowFrom('22:00-05:00')!;
    await assert.rejects(approved({ startWithin: '10:00-12:00' }), { code: 'start-never' });
    assert.equal((await approved({ startWithin: '04:00-10:00' })).startWithin, '04:00-10:00');
  });
});

describe('a moment with an end', () => {
  const context = { now: new Date('2026-11-26T12:00:00Z'), timeZone: 'Europe/Berlin' };
  const said = (text: string) => {
    const { startAt, startWithin } = startSaid(text, context);
    return `${startAt?.toISOString() ?? 'now'} ${startWithin ?? ''}`.trim();
  };

  it('is the next time between the two, now where it is between them', () => {
    assert.equal(said('22:00-05:00'), '2026-11-26T21:00:00.000Z 22:00-05:00');
    assert.equal(said('12:30 - 14:00'), 'now 12:30-14:00');
    assert.equal(said('friday 22:00-05:00'), '2026-11-27T21:00:00.000Z 22:00-05:00');
    assert.equal(said('2026-11-28 22:00 - 05:00'), '2026-11-28T21:00:00.000Z 22:00-05:00');
    assert.equal(said('2026-11-28 22:00-05:00'), '2026-11-29T03:00:00.000Z', 'a zone of its own');
    assert.equal(said('22:00'), '2026-11-26T21:00:00.000Z');
    assert.throws(() => said('25:00-05:00'), { code: 'start-unclear' });
  });

  it('opens on the days that are named, also when the clock is put forward', () => {
    const window = startWindowFrom('mon-fri 22:00-05:00')!;
    const next = (at: string) => nextOpening([window], new Date(at), 'Europe/Berlin')?.toISOString();
    assert.equal(next('2026-11-28T12:00:00Z'), '2026-11-30T21:00:00.000Z');
    assert.equal(next('2026-11-28T02:00:00Z'), '2026-11-28T02:00:00.000Z', 'of the night of friday');
    const skipped = startWindowFrom('02:30-04:00')!;
    const spring = nextOpening([skipped], new Date('2027-03-27T23:00:00Z'), 'Europe/Berlin');
    assert.equal(spring?.toISOString(), '2027-03-28T01:30:00.000Z');
    assert.equal(startWindowFrom('2026-12-20 .. 2027-01-02'), undefined);
  });
});
