import assert from 'node:assert/strict';
import { runSchedules } from '../../../../src/service/schedules/round.ts';
import { nightly, setClock } from '../../service/schedules/nightly.ts';
import { homeOf, homeReads } from './home/stage.ts';
import { channel, dana, openStages, operators, otto, quinn, type Stage } from './stage.ts';
import { untilHolds } from '../../../until.ts';

describe('schedules, in Slack', function () {
  this.timeout(120_000);
  const open = openStages();

  async function begin(options: Parameters<typeof open>[0] = {}): Promise<Stage> {
    const stage = await open(options);
    setClock(stage.paper, '2027-01-10T12:00:00Z');
    await stage.paper.backup();
    await stage.paper.backup({ database: 'billing' });
    return stage;
  }

  const uat =
    'schedule add uat "0 3 * * *" --databases orders --name nightly-uat --reason "fresh every morning"';

  /** A line in the channel that is no card, once it reads so. */
  async function noticed(stage: Stage, words: RegExp, where = channel) {
    return stage.slack.waitFor(
      () => stage.slack.messages(where).findLast((one) => words.test(stage.read(one))),
      20_000,
      `the channel to read ${String(words)}; it reads\n${stage.slack
        .messages(where)
        .map((one) => stage.read(one))
        .join('\n')}\n`,
    );
  }

  async function runAt(stage: Stage, iso: string): Promise<void> {
    setClock(stage.paper, iso);
    await runSchedules(stage.paper.deps);
  }

  it('are made, listed with their next times, run, paused, resumed, skipped and removed', async () => {
    const stage = await begin();
    stage.slack.openHome(dana);
    await stage.refresh(dana, 'schedule');
    await stage.told(dana, /There are no schedules yet[^]*schedule add ci/);
    await stage.refresh(
      dana,
      'schedule add ci "0 3 * * mon-fri" --databases orders,billing --name nightly-ci --reason "fresh every morning"',
    );
    await stage.told(
      dana,
      /nightly-ci was added[^]*refresh orders and billing on ci · `0 3 \* \* mon-fri` \(Europe\/Berlin\)/,
    );
    await noticed(stage, /@Dana made the schedule nightly-ci: refresh orders, billing on ci/);
    await stage.refresh(dana, 'schedule');
    const list = await stage.told(dana, /next [^]*; [^]*; [^]*@Dana stands behind it/);
    assert.doesNotMatch(list, /standing approval/);
    await homeReads(stage, dana, /Next by schedule: [^]*\(nightly-ci\)/);

    await runAt(stage, '2027-01-11T02:00:05Z');
    await stage.cardReads('REQ-1', /Asked by schedule nightly-ci of @Dana[^]*fresh every morning/);
    await stage.cardReads('REQ-1', /Approved by rule/);
    await stage.paper.drain();

    for (const [said, told] of [
      ['pause', /nightly-ci was paused[^]*paused by @Dana/],
      ['resume', /nightly-ci was resumed/],
      ['skip', /nightly-ci leaves out its next time[^]*leaves out/],
    ] as const) {
      await stage.refresh(dana, `schedule ${said} nightly-ci`);
      await stage.told(dana, told);
    }
    await stage.refresh(dana, 'schedule run nightly-ci');
    await stage.cardReads('REQ-2', /Asked by @Dana in Slack, as schedule nightly-ci does/);
    await homeReads(stage, dana, /Your requests[^]*REQ-2\*? refresh/);
    assert.doesNotMatch(homeOf(stage, dana), /REQ-1\*? refresh/);
    await stage.refresh(dana, 'schedule remove nightly-ci');
    await stage.told(dana, /nightly-ci was removed/);
    assert.deepEqual(await stage.paper.service.listSchedules(), []);
  });

  it('have buttons that do the same', async () => {
    const stage = await begin({ site: (site) => ({ ...site, schedules: { 'nightly-ci': nightly() } }) });
    const press = async (button: string, confirm = false) => {
      await stage.refresh(otto, 'schedule nightly-ci');
      await stage.told(otto, /declared in the site file/);
      await stage.slack.click(otto, stage.slack.ephemerals(otto).at(-1)!, button, confirm ? { confirm } : {});
    };
    await press('schedule-pause');
    await stage.told(otto, /nightly-ci was paused/);
    await press('schedule-resume');
    await stage.told(otto, /nightly-ci was resumed/);
    await press('schedule-skip', true);
    await stage.told(otto, /leaves out its next time/);
    await press('schedule-run', true);
    await stage.cardReads('REQ-1', /as schedule nightly-ci does/);
    await stage.refresh(otto, 'schedule remove nightly-ci');
    await stage.told(otto, /is declared in the site file; it can only be removed there/);
  });

  it('take a standing approval by a button, never of the owner, and only for what was shown', async () => {
    const stage = await begin();
    await stage.refresh(dana, uat);
    const notice = await noticed(stage, /Until it has a standing approval, each of its runs asks for one/);
    await stage.slack.click(dana, notice, 'schedule-approve', { confirm: true });
    await stage.told(dana, /nobody approves an own request/);
    await stage.slack.click(otto, notice, 'schedule-approve', { confirm: true });
    await stage.told(otto, /Otto may not decide on "uat"/);
    assert.deepEqual(await stage.paper.attempts(), [
      'Otto approval-not-allowed: approving the runs of schedule "nightly-uat"',
      'Dana approval-own-request: approving the runs of schedule "nightly-uat"',
    ]);
    await stage.slack.click(quinn, notice, 'schedule-approve', { confirm: true });
    await stage.told(quinn, /nightly-uat was approved[^]*standing approval by Quinn until/);
    await noticed(stage, /@Quinn approved the runs of the schedule nightly-uat until/);
    const direct = await stage.slack.waitFor(() => stage.slack.directMessages(dana)[0]);
    assert.match(stage.read(direct), /approved the runs of the schedule nightly-uat/);

    await runAt(stage, '2027-01-11T02:00:05Z');
    await stage.cardReads(
      'REQ-1',
      /Approved by rule: the standing approval of schedule "nightly-uat" by Quinn/,
    );

    // The rules change: it does not count any more, all see it, and the button that showed something else does nothing.
    Object.assign(stage.paper.site.environments['uat']!, { approvers: ['qa-manager', 'operator'] });
    await stage.paper.drain();
    await runAt(stage, '2027-01-12T02:00:05Z');
    await noticed(
      stage,
      /standing approval of the schedule nightly-uat does not count any more[^]*who may approve on "uat"/,
    );
    await stage.cardReads('REQ-2', /waiting for approval[^]*Can be approved by/);
    await stage.slack.click(otto, notice, 'schedule-approve', { confirm: true });
    await stage.told(otto, /has changed since you saw it/);
    assert.match((await stage.paper.attempts())[0]!, /^Otto approval-outdated: approving the runs/);
    await stage.refresh(otto, 'schedule approve nightly-uat until 31 jan');
    await stage.told(otto, /nightly-uat was approved[^]*by Otto until/);
    const shown = stage.slack.ephemerals(otto).at(-1)!;
    await stage.slack.click(otto, shown, 'schedule-reject', { confirm: true });
    await stage.told(otto, /nightly-uat has no standing approval any more/);
    await noticed(stage, /does not count any more[^]*Otto took it back/);
  });

  it('say it when a standing approval is over, and each run asks again', async () => {
    const stage = await begin();
    await stage.refresh(dana, uat);
    await stage.told(dana, /was added/);
    await stage.refresh(quinn, 'schedule approve nightly-uat until 2027-01-20');
    await stage.told(quinn, /was approved/);
    await runAt(stage, '2027-01-18T12:00:00Z');
    await noticed(stage, /standing approval of the schedule nightly-uat ends/);
    await runAt(stage, '2027-01-21T02:00:05Z');
    await noticed(stage, /does not count any more[^]*Its time is over/);
    await stage.cardReads('REQ-1', /waiting for approval/);
  });

  it('say what they left out, and tell the operators what they could not ask for', async () => {
    const stage = await begin();
    await stage.refresh(dana, uat);
    await stage.told(dana, /was added/);
    await runAt(stage, '2027-01-11T02:00:05Z');
    await runAt(stage, '2027-01-11T02:10:00Z');
    await runAt(stage, '2027-01-12T02:00:05Z');
    await noticed(
      stage,
      /The schedule nightly-uat did not run[^]*REQ-1, which it asked for before, is still pending/,
    );
    await stage.paper.service.cancel(stage.paper.actor('dana'), 'REQ-1');
    Object.assign(stage.paper.site.environments['uat']!, { requesters: ['qa-manager'] });
    for (const day of ['13', '14', '15']) await runAt(stage, `2027-01-${day}T02:00:05Z`);
    await noticed(stage, /nightly-uat could not ask for its run[^]*Dana may not/, operators);
    await noticed(stage, /The schedule nightly-uat was paused by Freshet/);
    await untilHolds(() =>
      stage.slack.directMessages(dana).some((one) => /could not ask for its run/.test(stage.read(one))),
    );
  });

  it('understand no button that was forged', async () => {
    const stage = await begin();
    await stage.refresh(dana, uat);
    const notice = await noticed(stage, /made the schedule nightly-uat/);
    const forged = JSON.parse(
      JSON.stringify(notice).replace(/"nightly-uat [0-9a-f]{64}"/, '"nightly-uat"'),
    ) as typeof notice;
    assert.notDeepEqual(forged, notice);
    await stage.slack.click(quinn, forged, 'schedule-approve', { confirm: true }).catch(() => undefined);
    await untilHolds(async () => (await stage.paper.attempts()).length === 1);
    assert.deepEqual(await stage.paper.attempts(), [
      'Quinn button-unknown: pressing "schedule-approve nightly-uat"',
    ]);
    const { approval } = await stage.paper.service.showSchedule('nightly-uat');
    assert.ok(approval?.standing.open !== undefined);
  });
});
