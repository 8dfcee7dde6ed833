import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import { dana, otto, quinn } from '../../src/sandbox/cast.ts';
import { isOf } from '../../src/sandbox/story/stage.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { peopleOf, type People } from '../rig/people.ts';
import { startMs, type Rig } from '../rig/rig.ts';
import type { Suite } from '../rig/suites.ts';
import { changeSite, type SiteText } from '../rig/site.ts';
import { backupIn, contentAfter, contentOf } from '../rig/targets.ts';
import { until } from '../until.ts';
import { span } from './durations.ts';

const stormSeconds = span(6, 60);
const downSeconds = span(8, 90);
const retryAfterSeconds = 3;

/** In the end quinn may approve nothing more, and `serve` is another one: no suite comes after it. */
export const outages: Suite = (rigOf) => {
  describe('Slack or Jira out of order while requests go on', function () {
    this.timeout((900 + 3 * (stormSeconds + downSeconds)) * 1000);
    let rig: Rig;
    let people: People;
    let uat: string;
    let dev: string;

    before(async function () {
      this.timeout(startMs);
      rig = rigOf();
      people = peopleOf(rig);
      uat = await contentAfter(rig, await backupIn(rig, 'anonymised', '.dump'), 'uat');
      dev = await contentOf(rig, 'orders_dev');
    });
    afterEach(() => people.tidy());

    const invariants = () =>
      checkInvariants(rig, {
        targets: { orders_uat: [uat], orders_dev: [dev] },
        approvers: { uat: [quinn.id, otto.id] },
      });

    const ended = (request: RequestId) => rig.until(request, ['succeeded', 'failed', 'fenced']);

    /** Refreshes that need no approval and end in a failure: somebody holds the target and does not let go. */
    async function doomed(): Promise<RequestId> {
      const holder = await rig.sandbox.hosts.hosts['test-db'].connect('orders_dev');
      try {
        await holder.query('begin; create table held (id int)');
        const request = await rig.ask('dev', { who: otto });
        assert.equal((await ended(request)).state, 'failed');
        return request;
      } finally {
        await holder.end();
      }
    }

    /** Numbers of the events that a thread tells of, as they stand there. */
    function toldIn(thread: string): number[] {
      return rig.sandbox.slack
        .messages('db-refreshes')
        .filter((one) => one.threadTs === thread)
        .map((one) => Number(one.metadata?.event_payload['event']));
    }

    function commentsOf(request: RequestId): string[] {
      const issues = rig.sandbox.jira
        .issues()
        .filter(({ labels }) => labels.some((label) => isOf(label, request)));
      assert.equal(issues.length, 1, `${request} has one issue`);
      return issues[0]!.comments.map(({ text }) => text.split(/\s/)[0]!);
    }

    it(`a storm of 429 and 500 from both for ${stormSeconds} s delays no run; Retry-After is kept, and in the end everything shows its end in order`, async () => {
      const { slack, jira } = rig.sandbox;
      const { request, card } = await people.pending();
      const end = Date.now() + stormSeconds * 1000;
      const storm = Array.from({ length: 500 }, (_one, at) => ({
        isLimit: at % 2 === 0,
        slack: slack.faults.onCall(/^(?:chat|views|conversations)\./, {
          ...(at % 2 === 0 ? { kind: 'ratelimit', retryAfterSeconds } : { kind: 'status', status: 500 }),
          times: 1,
        }),
        jira: jira.faults.api({ kind: at % 2 === 0 ? 'rate-limit' : 'error', retryAfterSeconds }),
      }));
      const met = (isLimit: boolean) => {
        const those = storm.filter((one) => one.isLimit === isLimit);
        return those.some((one) => one.slack.used > 0) && those.some((one) => one.jira.hits > 0);
      };
      await people.press(quinn, request, card, 'approve');
      assert.equal((await ended(request)).state, 'succeeded');
      const failed = await doomed();
      // Nobody outside has heard of it yet, and both are over.
      await until(
        'the storm is over, and either side has answered with a 429 and with a 500',
        () => Date.now() > end && met(true) && met(false),
        stormSeconds + 240,
        () =>
          JSON.stringify(
            storm.map(({ slack: { used }, jira: { hits } }) => [used, hits]).filter(([a, b]) => a || b),
          ),
      );
      slack.faults.reset();
      jira.faults.reset();

      await rig.stage.card(request, /· done/, 120);
      await rig.stage.card(failed, /· failed/, 120);
      const alert = await rig.stage.alert(failed, /failed/, 120);
      assert.match(slack.renderText(alert), /Retry/);
      await rig.stage.issue(request, 'Done', 120);
      await rig.stage.issue(failed, 'Failed', 120);
      await until(
        'every word is out',
        async () => {
          const lags = await Promise.all(
            ['slack', 'slack-alerts', 'jira'].map((front) => rig.store.outbox.lag(front)),
          );
          return lags.every(({ waiting }) => waiting === 0);
        },
        180,
      );
      await people.agreed();
      assert.deepEqual(commentsOf(request), ['Approved', 'Started.', 'Moved', 'orders', 'Swapped.', 'Done']);
      const direct = slack.directMessages(dana.slack).filter(({ text }) => text.includes(request));
      assert.equal(direct.length, 1);
      for (const { ts } of [card, await rig.stage.card(failed, /failed/)]) {
        const told = toldIn(ts);
        assert.ok(told.length > 1);
        assert.deepEqual(
          told,
          [...new Set(told)].sort((a, b) => a - b),
          'in order, each once',
        );
      }
      assert.deepEqual(impatient(), []);
      await invariants();
    });

    /** Calls that came after a 429 and before its time; what was on its way as it was answered is let be. */
    function impatient(): string[] {
      const slack = rig.sandbox.slack.calls().map(({ method, args, at, retryAfterSeconds: seconds }) => ({
        side: 'Slack',
        what: method === 'chat.postMessage' ? `${method} ${String(args['channel'])}` : method,
        at: at.getTime(),
        arrivedAt: at.getTime(),
        // Less is what a channel is told that gets too many messages, storm or not.
        limited: seconds === retryAfterSeconds,
      }));
      const jira = rig.sandbox.jira.calls.map(({ arrivedAt, at, status, accountId }) => ({
        side: 'Jira',
        what: `Jira as ${accountId}`,
        at,
        arrivedAt,
        limited: status === 429,
      }));
      const calls = [...slack, ...jira];
      const limits = calls.filter(({ limited }) => limited);
      for (const side of ['Slack', 'Jira'])
        assert.ok(
          limits.some((one) => one.side === side),
          `${side} asked to wait`,
        );
      return limits.flatMap(({ what, at }) =>
        calls
          .filter((one) => one.what === what)
          .filter(
            ({ arrivedAt }) => arrivedAt > at + 1_000 && arrivedAt < at + retryAfterSeconds * 1000 - 100,
          )
          .map(({ arrivedAt }) => `${what} ${arrivedAt - at} ms after it was asked to wait`),
      );
    }

    it(`Jira away for ${downSeconds} s with several requests going on: Slack is not delayed, and then each issue is told its history in order`, async () => {
      const { jira } = rig.sandbox;
      const { request: known, card } = await people.pending();
      const down = jira.faults.api({ kind: 'error', status: 503, times: Infinity });
      const end = Date.now() + downSeconds * 1000;
      await people.press(quinn, known, card, 'approve');
      const failed = await doomed();
      // Asked for and ended while Jira knows nothing of it.
      const gone = await rig.ask('ci');
      await Promise.all([known, gone].map(ended));
      await rig.stage.card(known, /· done/);
      await rig.stage.card(gone, /· done/);
      await rig.stage.card(failed, /· failed/);
      await rig.stage.alert(failed, /failed/);
      assert.equal(rig.sandbox.jira.issue(await keyOf(known)).status, 'Waiting for approval');
      await until(
        'Jira was away for long enough, and was asked',
        () => Date.now() > end && down.hits > 3,
        downSeconds + 240,
      );
      down.off();

      for (const [request, status] of [
        [known, 'Done'],
        [gone, 'Done'],
        [failed, 'Failed'],
      ] as const)
        await rig.stage.issue(request, status, 180);
      await until(
        'Jira is told everything',
        async () => (await rig.store.outbox.lag('jira')).waiting === 0,
        180,
      );
      await people.agreed();
      const whole = ['Approved', 'Started.', 'Moved', 'orders', 'Swapped.', 'Done'];
      assert.deepEqual(commentsOf(known), whole);
      assert.deepEqual(commentsOf(gone), whole);
      assert.deepEqual(commentsOf(failed).slice(0, 4), whole.slice(0, 4));
      await invariants();
    });

    async function keyOf(request: RequestId): Promise<string> {
      const ref = (await rig.store.mirrors.get(request, 'jira')) as { key: string };
      return ref.key;
    }

    it('an approver who loses the role between approval and dispatch: voided, not run, and everybody is told', async () => {
      const { slack, jira } = rig.sandbox;
      const newest = await backupIn(rig, 'anonymised', '.dump');
      const { backups } = await rig.store.backups.list(
        { database: 'orders', usable: true },
        { limit: 50, offset: 0 },
      );
      const older = backups.find(
        ({ repository, id }) => repository === newest.repository && id !== newest.id,
      )!;
      await rig.tools.close('orders.load');
      const first = await people.pending({ backup: newest.id });
      await people.press(otto, first.request, first.card, 'approve');
      await rig.step(first.request, 'orders.load');
      const second = await people.pending({ backup: older.id });
      jira.moveIssue(quinn.jira, second.key, 'Approved');
      await rig.until(second.request, ['approved']);

      await changeSite(rig.siteFile, (site) => void rolesOf(site, quinn.id).splice(0));
      await rig.bots.at(-1)!.stop(30);
      rig.start(['serve', '--reconcile', '1']);
      await slack.waitFor(() => slack.connections() > 0, 120_000, 'the bot is back');
      await rig.tools.openAll();

      assert.equal((await ended(first.request)).state, 'succeeded', 'what otto approved runs on');
      await rig.until(second.request, ['pending']);
      await rig.stage.card(second.request, /approv/i);
      await slack.waitFor(
        () => slack.directMessages(dana.slack).some(({ text }) => text.includes(second.request)),
        180_000,
        'the requester is told',
      );
      await rig.stage.issue(second.request, 'Waiting for approval');
      assert.match(commentsOf(second.request).join(' '), /Approved/);
      const voided = await rig.store.events.ofRequest(second.request, ['approval-voided']);
      assert.deepEqual(
        voided.map((event) => event.type === 'approval-voided' && event.why),
        ['Nobody who approved it may approve any more.'],
      );
      assert.equal(await rig.store.runs.ofRequest(second.request), undefined, 'it never ran');
      // Nor does a second word of the same person help.
      const since = rig.stage.whispers(quinn);
      await people.type(quinn, `approve ${second.request}`);
      await rig.stage.whispered(quinn, since, /may not decide on "uat"/);
      await people.cancelled(second.request);
      await invariants();
    });
  });
};

export function rolesOf(site: SiteText, person: string): string[] {
  return (site['people'] as Record<string, { roles: string[] }>)[person]!.roles;
}
