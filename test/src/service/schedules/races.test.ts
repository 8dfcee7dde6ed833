import assert from 'node:assert/strict';
import { isFreshetError } from '../../../../src/domain/errors.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('a schedule that several people change at once', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper();
    await paper.backup();
  });
  afterEach(() => paper.close());

  const add = (person = 'dana') =>
    paper.service.addSchedule(paper.actor(person), {
      name: 'nightly-ci',
      cron: '0 3 * * *',
      environment: 'ci',
      databases: ['orders'],
      reason: 'every night anew',
    });
  const pause = () => paper.service.pauseSchedule(paper.actor('dana'), 'nightly-ci');
  const remove = () => paper.service.removeSchedule(paper.actor('dana'), 'nightly-ci');
  const told = async () =>
    (await paper.store.events.after(undefined, 500)).events.flatMap(({ type }) =>
      type.startsWith('schedule-') ? [type] : [],
    );

  /** Does something after the schedules were read next, and before what was read is used. */
  function meanwhile(work: () => Promise<void>): void {
    const { schedules } = paper.store;
    const all = schedules.all.bind(schedules);
    schedules.all = async () => {
      schedules.all = all;
      const read = await all();
      await work();
      return read;
    };
  }

  it('is not paused, skipped or removed any more by who comes after its end, and is told so', async () => {
    const { service } = paper;
    const late = [
      pause,
      remove,
      () => service.skipSchedule(paper.actor('dana'), 'nightly-ci'),
      () => service.reconcile(),
    ];
    for (const act of late) {
      await add();
      meanwhile(remove);
      const error: unknown = await act().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (act === late.at(-1)) assert.equal(error, undefined);
      else assert.ok(isFreshetError(error) && error.code === 'schedule-gone');
      assert.deepEqual(await paper.store.schedules.all(), [], 'nothing is kept of it');
    }
    assert.deepEqual(
      await told(),
      late.flatMap(() => ['schedule-added', 'schedule-removed']),
    );
  });

  it('is another one when it was made anew meanwhile: whose it is now counts', async () => {
    for (const act of [pause, remove]) {
      await add();
      meanwhile(async () => {
        await remove();
        await add('rosa');
        // Dana stands behind none of this name any more.
        paper.site.rules = [
          { may: ['request', 'schedule'], roles: ['qa-manager'], environments: 'all', allow: true },
          { may: 'everything', roles: 'everybody', environments: 'all', allow: false },
        ];
      });
      await assert.rejects(act(), { code: 'schedule-not-allowed' });
      assert.equal((await paper.service.showSchedule('nightly-ci')).schedule.owner, 'rosa');
      await paper.service.removeSchedule(paper.actor('rosa'), 'nightly-ci');
      delete paper.site.rules;
    }
  });

  it('is paused and then removed, or removed and not paused: nothing else, however often', async () => {
    const paused = ['schedule-added', 'schedule-paused', 'schedule-removed'];
    for (let turn = 0; turn < 8; turn++) {
      const before = (await told()).length;
      await add();
      const acts = turn % 2 === 0 ? [pause(), remove()] : [remove(), pause()];
      const ended = await Promise.allSettled(acts);
      const lost = ended.flatMap((one) => (one.status === 'rejected' ? [(one.reason as Error).message] : []));
      for (const message of lost)
        assert.match(message, /"nightly-ci" was removed meanwhile|no schedule "nightly-ci"/);
      assert.deepEqual(await paper.store.schedules.all(), []);
      const events = (await told()).slice(before);
      assert.deepEqual(
        events,
        lost.length === 0 ? paused : paused.filter((type) => type !== 'schedule-paused'),
      );
    }
  });
});
