import assert from 'node:assert/strict';
import type { Event } from '../../../../src/domain/event.ts';
import { unavailable } from '../../../../src/domain/errors.ts';
import type { Request } from '../../../../src/domain/request.ts';
import type { Schedule } from '../../../../src/domain/schedule/schedule.ts';
import { theSite, type Site } from '../../../../src/domain/site.ts';
import { runSchedules } from '../../../../src/service/schedules/round.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { nightly, setClock } from './nightly.ts';

describe('schedules', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper();
    at('2027-01-10T12:00:00Z');
    await paper.backup();
  });
  afterEach(() => paper.close());

  const at = (iso: string) => setClock(paper, iso);
  const schedules = () => paper.site as { schedules: Record<string, Schedule> };
  const round = () => runSchedules(paper.deps);
  const add = (change: Partial<Parameters<Paper['service']['addSchedule']>[1]> = {}, person = 'dana') =>
    paper.service.addSchedule(paper.actor(person), {
      name: 'nightly-ci',
      cron: '0 3 * * *',
      environment: 'ci',
      databases: ['orders'],
      reason: 'every night anew',
      ...change,
    });

  async function requests(): Promise<Request[]> {
    return (await paper.store.requests.list({}, { limit: 50, offset: 0 })).requests.toReversed();
  }

  async function told(): Promise<Event[]> {
    const { events } = await paper.store.events.after(undefined, 500);
    return events.filter(({ type }) => type.startsWith('schedule-'));
  }

  const kept = async (name = 'nightly-ci') => (await paper.store.schedules.get(name))!;
  const slots = async (name = 'nightly-ci') =>
    (await paper.store.schedules.slots(name, 50)).map(
      ({ at: slot, outcome }) => `${slot.toISOString().slice(0, 16)} ${outcome}`,
    );

  it('leave alone what a form begins with: what their owner asked for in person, however often they ran since', async () => {
    await paper.service.requestRefresh(paper.actor('dana'), {
      environment: 'dev',
      databases: [{ database: 'orders' }],
      reason: 'by hand',
    });
    await paper.drain();
    await add();
    await round();
    for (let day = 11; day <= 31; day++) {
      at(`2027-01-${day}T02:00:05Z`);
      await round();
      await paper.drain();
    }
    assert.equal((await requests()).length, 22);
    const { service } = paper;
    const wish = { environment: 'dev', databases: ['orders'] };
    assert.deepEqual(await service.lastWish(paper.actor('dana')), wish);
    assert.equal(await service.lastWish(paper.actor('dana'), 'ci'), undefined);
    const own = await service.listRequests({ requestedBy: 'dana', inPerson: true }, { limit: 8, offset: 0 });
    assert.deepEqual([own.total, own.requests[0]?.environment], [1, 'dev']);
  });

  describe('run', () => {
    it('once for each slot, whoever looks how often; the request says which schedule asked', async () => {
      await add();
      await round();
      assert.deepEqual(await requests(), []);
      at('2027-01-11T02:00:05Z');
      await Promise.all([round(), round(), round()]);
      await round();
      const [request, ...more] = await requests();
      assert.equal(more.length, 0);
      assert.equal(request?.state, 'running');
      assert.equal(request.schedule?.name, 'nightly-ci');
      assert.deepEqual(
        [request.requestedBy, request.front, request.reason],
        ['dana', 'rule', 'every night anew'],
      );
      const [created] = await paper.store.events.ofRequest(request.id, ['request-created']);
      assert.ok(created?.type === 'request-created' && created.schedule === 'nightly-ci');
      const view = await paper.service.showSchedule('nightly-ci');
      assert.deepEqual(view.last, {
        at: new Date('2027-01-11T02:00:00Z'),
        outcome: 'asked',
        request: request.id,
      });
      assert.deepEqual(view.next[0], new Date('2027-01-12T02:00:00Z'));
    });

    it('not at all, and once later, where the process dies while it asks', async () => {
      await add();
      at('2027-01-11T02:00:05Z');
      const { deps } = paper;
      // All is written, and nothing is kept: the process died before the transaction was over.
      const dying: typeof deps = {
        ...deps,
        store: {
          ...deps.store,
          write: (work) =>
            deps.store.write(async (tx) => {
              await work(tx);
              throw new Error('killed');
            }),
        },
      };
      await runSchedules(dying);
      assert.deepEqual(await requests(), []);
      assert.deepEqual(await slots(), []);
      await round();
      assert.equal((await requests()).length, 1);
      assert.deepEqual(await slots(), ['2027-01-11T02:00 asked']);
    });

    it('for what the site file declares, for the site itself or a person; what it drops is forgotten', async () => {
      schedules().schedules = {
        'nightly-ci': nightly({ owner: theSite }),
        resting: nightly({ name: 'resting', enabled: false }),
      };
      await round();
      at('2027-01-11T02:00:05Z');
      await round();
      const [request, ...more] = await requests();
      assert.deepEqual([request?.requestedBy, request?.state, more.length], [theSite, 'running', 0]);
      await assert.rejects(paper.service.removeSchedule(paper.actor('dana'), 'nightly-ci'), {
        code: 'schedule-declared',
      });
      await assert.rejects(add(), { code: 'schedule-name-taken' });
      schedules().schedules = {};
      await round();
      assert.deepEqual(await paper.service.listSchedules(), []);
      assert.equal((await told()).at(-1)?.type, 'schedule-removed');
    });

    it('now, as a request of whoever says so', async () => {
      await add();
      const request = await paper.service.runSchedule(paper.actor('rosa'), 'nightly-ci');
      assert.deepEqual(
        [request.requestedBy, request.front, request.schedule?.name],
        ['rosa', 'slack', 'nightly-ci'],
      );
      assert.deepEqual(await slots(), []);
    });
  });

  describe('that were missed', () => {
    it('are caught up with once, for the newest; the older ones are written down', async () => {
      await add();
      at('2027-01-14T05:00:00Z');
      await round();
      await round();
      assert.equal((await requests()).length, 1);
      assert.deepEqual(await slots(), [
        '2027-01-14T02:00 asked',
        '2027-01-13T02:00 missed',
        '2027-01-12T02:00 missed',
        '2027-01-11T02:00 missed',
      ]);
      const passed = (await told()).find(({ type }) => type === 'schedule-passed');
      assert.ok(passed?.type === 'schedule-passed');
      assert.deepEqual(
        [passed.outcome, passed.slots, passed.slot],
        ['missed', 3, '2027-01-13T02:00:00.000Z'],
      );
    });

    it('are not run where it is too late for them', async () => {
      await add();
      at('2027-01-11T09:00:00Z');
      await round();
      assert.deepEqual(await requests(), []);
      assert.deepEqual(await slots(), ['2027-01-11T02:00 missed']);
      at('2027-01-12T02:00:01Z');
      await round();
      assert.equal((await requests()).length, 1);
    });

    it('wait while a host is away, until it is too late', async () => {
      await add();
      at('2027-01-11T02:00:05Z');
      const away = {
        ...paper.deps,
        engine: () => {
          throw unavailable('host-unreachable', 'test-db does not answer.', '');
        },
      };
      await runSchedules(away);
      assert.deepEqual(await slots(), []);
      await round();
      assert.deepEqual(await slots(), ['2027-01-11T02:00 asked']);
    });

    it('while it was paused are none', async () => {
      await add();
      await paper.service.pauseSchedule(paper.actor('dana'), 'nightly-ci');
      await assert.rejects(paper.service.pauseSchedule(paper.actor('dana'), 'nightly-ci'), {
        code: 'schedule-state',
      });
      assert.deepEqual((await paper.service.showSchedule('nightly-ci')).next, []);
      at('2027-01-13T03:00:00Z');
      await round();
      await paper.service.resumeSchedule(paper.actor('dana'), 'nightly-ci');
      await round();
      assert.deepEqual(await requests(), []);
      at('2027-01-14T02:00:01Z');
      await round();
      assert.deepEqual(await slots(), ['2027-01-14T02:00 asked']);
    });
  });

  it('leave out one slot where somebody asked for it, and only that one', async () => {
    await add();
    await paper.service.skipSchedule(paper.actor('dana'), 'nightly-ci');
    const view = await paper.service.showSchedule('nightly-ci');
    assert.deepEqual(
      [view.skips, view.next[0]],
      [new Date('2027-01-11T02:00:00Z'), new Date('2027-01-12T02:00:00Z')],
    );
    at('2027-01-11T02:00:05Z');
    await round();
    assert.deepEqual(await requests(), []);
    at('2027-01-12T02:00:05Z');
    await round();
    assert.deepEqual(await slots(), ['2027-01-12T02:00 asked', '2027-01-11T02:00 skipped']);
  });

  it('leave out a slot while the run before still waits or runs, and say so', async () => {
    await add();
    at('2027-01-11T02:00:05Z');
    await round();
    at('2027-01-12T02:00:05Z');
    await round();
    assert.deepEqual(await slots(), ['2027-01-12T02:00 skipped', '2027-01-11T02:00 asked']);
    const passed = (await told()).at(-1);
    assert.ok(passed?.type === 'schedule-passed');
    assert.match(passed.why, /REQ-1, which it asked for before, is still running/);
    await paper.drain();
    at('2027-01-13T02:00:05Z');
    await round();
    assert.equal((await requests()).length, 2);
  });

  it('are refused when the owner may not ask any more, and paused after three times; the operators know', async () => {
    await add();
    const { people } = paper.site as { people: Record<string, Site['people'][string]> };
    delete people['dana'];
    for (const day of ['11', '12', '13']) {
      at(`2027-01-${day}T02:00:05Z`);
      await round();
    }
    assert.deepEqual(await requests(), []);
    const events = await told();
    const refused = events.filter(({ type }) => type === 'schedule-refused');
    assert.equal(refused.length, 3);
    assert.ok(refused[0]?.type === 'schedule-refused' && refused[0].code === 'schedule-owner-unknown');
    assert.equal(events.at(-1)?.type, 'schedule-paused');
    assert.ok((await kept()).record.paused !== undefined);
  });

  it('are for whoever the rules let: who may make them, and the owner', async () => {
    (paper.site as { rules?: unknown }).rules = [
      { may: ['request'], roles: 'everybody', environments: 'all', allow: true },
      { may: ['schedule'], roles: ['developer'], environments: ['ci'], allow: true },
      { may: 'everything', roles: 'everybody', environments: 'all', allow: false },
    ];
    await assert.rejects(add({}, 'rosa'), { code: 'schedule-not-allowed' });
    await assert.rejects(add({ environment: 'uat' }), { code: 'schedule-not-allowed' });
    await add();
    for (const doing of ['pauseSchedule', 'skipSchedule', 'removeSchedule', 'runSchedule'] as const)
      await assert.rejects(paper.service[doing](paper.actor('rosa'), 'nightly-ci'), {
        code: 'schedule-not-allowed',
      });
    await paper.service.removeSchedule(paper.actor('dana'), 'nightly-ci');
    assert.deepEqual(await paper.service.listSchedules(), []);
  });

  const wrong: [string, Parameters<typeof add>[0], string][] = [
    ['no name', { name: 'Nightly CI' }, 'schedule-name'],
    ['a word of the command', { name: 'pause' }, 'schedule-name'],
    ['no cron expression', { cron: 'nightly' }, 'cron-invalid'],
    ['one that runs too often', { cron: '* * * * *' }, 'cron-invalid'],
    ['no zone', { timeZone: '+01:00' }, 'zone-unknown'],
    ['another database', { databases: ['ordres'] }, 'database-unknown'],
    ['production', { environment: 'production' }, 'environment-production'],
    ['a name that is taken', { name: 'taken' }, 'schedule-name-taken'],
  ];
  for (const [what, change, code] of wrong) {
    it(`are refused with ${what}`, async () => {
      await add({ name: 'taken' });
      await assert.rejects(add(change), { code });
    });
  }
});
