import assert from 'node:assert/strict';
import type { Event } from '../../../../src/domain/event.ts';
import type { Request } from '../../../../src/domain/request.ts';
import type { Schedule } from '../../../../src/domain/schedule/schedule.ts';
import { theSite, type Site } from '../../../../src/domain/site.ts';
import { runSchedules } from '../../../../src/service/schedules/round.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { stagedSite } from '../../../staged-site.ts';
import { nightly, setClock } from '../schedules/nightly.ts';

const name = 'nightly-uat';

describe('a standing approval', () => {
  let paper: Paper;
  afterEach(() => paper.close());

  async function begin(change?: (site: Site) => Site): Promise<void> {
    paper = await openPaper(change);
    at('2027-01-10T12:00:00Z');
    await paper.backup();
    await paper.service.addSchedule(paper.actor('dana'), {
      name,
      cron: '0 3 * * *',
      environment: 'uat',
      databases: ['orders'],
      reason: 'every night anew',
    });
  }

  const at = (iso: string) => setClock(paper, iso);
  const round = () => runSchedules(paper.deps);
  const approve = (person: string, until = '31 mar', digest?: string) =>
    paper.service.approveSchedule(paper.actor(person), { name, until, ...(digest && { digest }) });
  const approval = async () => (await paper.service.showSchedule(name)).approval!;
  const stands = async () => (await approval()).standing.open === undefined;

  async function newest(): Promise<Request | undefined> {
    return (await paper.store.requests.list({}, { limit: 1, offset: 0 })).requests[0];
  }

  async function ended(): Promise<string[]> {
    const { events } = await paper.store.events.after(undefined, 500);
    return events.flatMap((event) => (event.type === 'schedule-approval-ended' ? [event.why] : []));
  }

  async function typesOf({ id }: Request): Promise<Event['type'][]> {
    return (await paper.store.events.ofRequest(id)).map(({ type }) => type);
  }

  it('is what a run of a protected environment needs; without one each run asks as any request does', async () => {
    await begin();
    at('2027-01-11T02:00:05Z');
    await round();
    assert.equal((await newest())?.state, 'pending');
    await paper.service.cancel(paper.actor('dana'), 'REQ-1');
    await approve('quinn');
    assert.ok(await stands());
    at('2027-01-12T02:00:05Z');
    await round();
    const request = (await newest())!;
    assert.equal(request.state, 'running');
    const [given, ...more] = await paper.store.approvals.of(request.id);
    assert.deepEqual([given?.front, given?.by, more.length], ['rule', undefined, 0]);
    assert.match(
      given?.reason ?? '',
      /standing approval of schedule "nightly-uat" by Quinn, until 1 Apr 2027, 00:00/,
    );
    const [approved] = await paper.store.events.ofRequest(request.id, ['request-approved']);
    assert.ok(approved?.type === 'request-approved' && approved.byRule === true);
    assert.equal(approved.standing, given?.reason);
  });

  it("is never the owner's own, nor anybody's who may not approve there", async () => {
    await begin((site) => ({
      ...site,
      environments: {
        ...site.environments,
        uat: { ...site.environments['uat']!, approvers: ['qa-manager', 'developer'] },
      },
    }));
    await assert.rejects(approve('dana'), { code: 'approval-own-request' });
    await assert.rejects(approve('otto'), { code: 'approval-not-allowed' });
    await approve('rosa');
    assert.ok(await stands());
  });

  it('is taken back by whoever may approve, with a reason, never by the owner; then each run asks again', async () => {
    await begin();
    const reject = (person: string, reason = '') =>
      paper.service.rejectSchedule(paper.actor(person), name, reason);
    await assert.rejects(reject('quinn'), { code: 'schedule-state', message: /has no standing approval/ });
    await approve('quinn');
    await assert.rejects(reject('dana'), { code: 'approval-own-request' });
    await assert.rejects(reject('otto'), { code: 'approval-not-allowed' });
    assert.equal((await paper.attempts())[0]?.includes('taking back the approval of schedule'), true);
    assert.ok(await stands());
    await reject('rosa', 'release 12 is over');
    assert.equal(await stands(), false);
    const { events } = await paper.store.events.after(undefined, 500);
    const ended = events.find((event) => event.type === 'schedule-approval-ended');
    assert.ok(ended?.type === 'schedule-approval-ended' && ended.actor === 'rosa');
    assert.equal(ended.why, 'Rosa took it back: release 12 is over');
    at('2027-01-11T02:00:05Z');
    await round();
    assert.equal((await newest())?.state, 'pending');
  });

  it('is given for so long at most, and to what was seen', async () => {
    await begin();
    await assert.rejects(approve('quinn', '31 dec'), { code: 'until-too-far' });
    await assert.rejects(approve('quinn', '2026-12-31'), { code: 'until-past' });
    await assert.rejects(approve('quinn', 'christmas'), { code: 'until-unclear' });
    await assert.rejects(approve('quinn', '30d', 'f'.repeat(64)), { code: 'approval-outdated' });
    const before = paper.deps.now().getTime();
    await approve('quinn', '', (await approval()).digest);
    const lasts = (await approval()).until!.getTime() - before;
    assert.ok(lasts >= 30 * 86_400_000 && lasts < 31 * 86_400_000, `${lasts} ms`);
  });

  it('is reminded of before its end, and ends; then each run asks again', async () => {
    await begin();
    await approve('quinn', '31 jan');
    at('2027-01-29T12:00:00Z');
    await round();
    await round();
    const { events } = await paper.store.events.after(undefined, 500);
    assert.equal(events.filter(({ type }) => type === 'schedule-approval-ending').length, 1);
    await paper.drain();
    at('2027-02-01T02:00:05Z');
    assert.equal(await stands(), false);
    await round();
    assert.deepEqual(await ended(), ['Its time is over.']);
    assert.equal((await newest())?.state, 'pending');
  });

  const changes: [string, (site: Site) => void, RegExp][] = [
    [
      'a script of the environment',
      ({ environments }) => {
        Object.assign(environments['uat']!.databases['orders']!, {
          scripts: [{ path: 'uat.sql', sha256: 'b'.repeat(64), text: 'select 2' }],
        });
      },
      /It has changed since: where its databases live and how they are treated, or the scripts/,
    ],
    [
      'another machine under the same name',
      ({ hosts }) => {
        Object.assign(hosts['test-db']!, { address: '10.0.0.9' });
      },
      /It has changed since: where its databases live/,
    ],
    [
      'who may approve',
      ({ environments }) => {
        Object.assign(environments['uat']!, { approvers: ['qa-manager', 'operator'] });
      },
      /The rules have changed since: who may approve on "uat"/,
    ],
    [
      'what the environment accepts',
      ({ environments }) => {
        Object.assign(environments['uat']!, { accepts: ['declared'] });
      },
      /"uat" accepts declared backups now/,
    ],
    [
      'the approver is gone',
      (site) => {
        delete (site.people as Record<string, unknown>)['quinn'];
      },
      /quinn may not approve it any more/,
    ],
    [
      'the approver lost the role',
      ({ people }) => {
        Object.assign(people['quinn']!, { roles: ['developer'] });
      },
      /Quinn may not approve it any more/,
    ],
  ];
  for (const [what, change, why] of changes) {
    it(`ends when it changes: ${what}; visibly, and the next run asks`, async () => {
      await begin();
      await approve('quinn');
      change(paper.site);
      at('2027-01-11T02:00:05Z');
      await round();
      const [said, ...more] = await ended();
      assert.match(said ?? '', why);
      assert.equal(more.length, 0);
      assert.equal((await newest())?.state, 'pending');
      await round();
      assert.equal((await ended()).length, 1);
    });
  }

  it('ends when the schedule of the site file changes: its time, its owner, what it asks for', async () => {
    await begin();
    const declared = {
      ...nightly({ name: 'declared', wish: { kind: 'refresh', environment: 'uat', databases: ['orders'] } }),
    };
    const schedules = paper.site as { schedules: Record<string, Schedule> };
    const give = () =>
      paper.service.approveSchedule(paper.actor('quinn'), { name: 'declared', until: '30d' });
    const versions: [Schedule, RegExp][] = [
      [{ ...declared, cron: '0 4 * * *' }, /when it runs/],
      [{ ...declared, owner: theSite }, /who stands behind it/],
      [{ ...declared, wish: { ...declared.wish, databases: ['orders', 'billing'] } }, /what it asks for/],
    ];
    for (const [version, why] of versions) {
      schedules.schedules = { declared };
      await round();
      await give();
      schedules.schedules = { declared: version };
      await round();
      assert.match((await ended()).at(-1) ?? '', why);
    }
  });

  describe('is looked at again when the run would start', () => {
    /** A run that was let through, and waits behind another one. */
    async function waiting(): Promise<Request> {
      await begin();
      await approve('quinn');
      const other = await paper.service.requestRefresh(paper.actor('rosa'), {
        environment: 'uat',
        databases: [{ database: 'orders' }],
        reason: 'first',
      });
      await paper.service.decide(paper.actor('quinn'), { request: other.id, decision: 'approved' });
      // Another backup: the same one again would be a slip.
      await paper.backup();
      at('2027-01-11T02:00:05Z');
      await round();
      const request = (await newest())!;
      assert.deepEqual([request.schedule?.name, request.state], [name, 'approved']);
      return request;
    }

    const later: [string, () => Promise<void>, string][] = [
      ['and starts where all is as it was', async () => undefined, 'running'],
      [
        'and does not start where the approver was removed',
        async () => void delete (paper.site.people as Record<string, unknown>)['quinn'],
        'pending',
      ],
      [
        'and does not start where the schedule was removed',
        () => paper.service.removeSchedule(paper.actor('dana'), name),
        'pending',
      ],
      [
        'and does not start where it has changed, even if what it is now was approved',
        async () => {
          const { record } = (await paper.store.schedules.get(name))!;
          await paper.store.write((tx) =>
            tx.schedules.update({ ...record, schedule: { ...record.schedule!, cron: '0 5 * * *' } }),
          );
          await round();
          await approve('quinn');
        },
        'pending',
      ],
    ];
    for (const [what, change, state] of later) {
      it(what, async () => {
        const request = await waiting();
        await change();
        await paper.drain();
        await paper.service.dispatch(request.id);
        assert.equal((await paper.store.requests.get(request.id))?.state, state);
        assert.equal((await typesOf(request)).includes('approval-voided'), state === 'pending');
      });
    }

    it('and does not start where it has expired meanwhile', async () => {
      const request = await waiting();
      const { approvals } = (await paper.store.schedules.get(name))!;
      await paper.store.write((tx) =>
        tx.schedules.approve(name, { ...approvals[0]!, until: paper.deps.now() }),
      );
      await paper.drain();
      await paper.service.dispatch(request.id);
      assert.equal((await paper.store.requests.get(request.id))?.state, 'pending');
    });
  });

  it('does not end because a source of roles is silent: its run waits for the answer', async () => {
    await begin();
    await approve('quinn');
    const people = paper.site.people;
    const silent = {
      ...paper.site,
      people: { ...people, quinn: { ...people['quinn']!, roles: [] } },
      unasked: [{ role: 'qa-manager', source: 'the Slack group S0QA' }],
    };
    at('2027-01-11T02:00:05Z');
    await runSchedules({ ...paper.deps, site: silent });
    assert.deepEqual(await ended(), []);
    assert.equal(await newest(), undefined);
    await round();
    assert.ok((await typesOf((await newest())!)).includes('run-started'));
  });

  it('takes as many yeses as a request does, in stages', async () => {
    const staged = (site: Site) => {
      const { rules = [], ...rest } = stagedSite(site);
      const making = { may: ['schedule'], roles: 'everybody', environments: 'all', allow: true } as const;
      return { ...rest, rules: [making, ...rules] };
    };
    await begin(staged);
    await approve('quinn');
    assert.equal(await stands(), false);
    await assert.rejects(approve('quinn'), { code: 'approval-counted' });
    await approve('rosa');
    assert.equal(await stands(), false);
    await approve('olga', '20 jan');
    assert.ok(await stands());
    assert.deepEqual((await approval()).until, new Date('2027-01-20T23:00:00Z'));
  });

  it('is for the times of the schedule: a run that somebody asks for now asks', async () => {
    await begin();
    await approve('quinn');
    const request = await paper.service.runSchedule(paper.actor('dana'), name);
    assert.equal(request.state, 'pending');
  });

  it('is nothing that an open environment takes', async () => {
    await begin();
    await paper.service.addSchedule(paper.actor('dana'), {
      name: 'open',
      cron: '0 3 * * *',
      environment: 'ci',
      databases: ['orders'],
      reason: '',
    });
    const refused = (of: string, how: object) =>
      assert.rejects(paper.service.approveSchedule(paper.actor('quinn'), { name: of, until: '' }), how);
    await refused('open', { code: 'schedule-open' });
    await refused('opne', { code: 'schedule-unknown', hint: /did you mean "open"/ });
    // The verbs beside names are no schedules.
    await refused('weekly', { hint: 'choose "nightly-uat" or "open".' });
    await refused('paus', { hint: 'did you mean "pause"?' });
  });
});
