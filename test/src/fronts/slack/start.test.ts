import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { localTimeAt } from '../../../../src/domain/zone.ts';
import { card } from '../../../../src/fronts/slack/messages/card.ts';
import { setClock } from '../../service/schedules/nightly.ts';
import { dana, openStages, quinn } from './stage.ts';
import { backupOf, now, people, viewOf } from './views.ts';

const first: RequestId = 'REQ-1';

describe('a refresh that is asked for at a moment, in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  it('is shown with its zone everywhere, waits for its moment once approved, and runs then', async () => {
    const stage = await open();
    await stage.paper.backup();
    // In the middle of a day to come: no midnight passes, and no night in which the clock is changed counts for two.
    const day = new Date(Date.now() + 86_400_000);
    day.setUTCHours(10, 0, 0, 0);
    setClock(stage.paper, day.toISOString());
    const tomorrow = localTimeAt(new Date(day.getTime() + 86_400_000), 'Europe/Berlin');
    const start = new RegExp(`${tomorrow.day} \\w{3} ${tomorrow.year}, 03:00 \\(Europe/Berlin\\)`);
    const reads = (before: string, after = '') => new RegExp(`${before}${start.source}${after}`);

    await stage.refresh(dana, 'plan uat orders --at "tomorrow 03:00"');
    await stage.told(dana, reads('It would wait for an approval, and then start ', '\\.'));
    await stage.refresh(dana, 'uat orders --at “tomorrow 03:00”');
    await stage.told(dana, reads('It waits for an approval by @Quinn, @Rosa, and then starts ', '\\.'));
    const card = await stage.cardReads(first, reads('Starts ', ', once approved'));
    assert.match(card.text, reads('Starts ', ', once approved\\.'));
    assert.match(
      stage.slack.confirmDialog(card, 'approve')?.text.text ?? '',
      reads('It starts not before ', '\\.'),
    );
    await stage.refresh(dana, 'status');
    await stage.told(dana, /REQ-1\W+refresh orders on uat · \W*pending\W+· starts /);

    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    const waiting = await stage.cardReads(first, reads('approved, starts '));
    assert.match(stage.read(waiting), /\[ Cancel \]/);
    await stage.slack.waitFor(
      () =>
        reads('Approved by @Quinn in Slack\\. It starts ').test(
          stage.slack
            .thread(card)
            .map((one) => stage.read(one))
            .join('\n'),
        ),
      20_000,
      'the thread tells when it starts',
    );
    await stage.paper.service.reconcile();
    assert.deepEqual(stage.paper.jobs, []);

    const { startAt } = (await stage.paper.store.requests.get(first))!;
    setClock(stage.paper, new Date(startAt!.getTime() + 10_000).toISOString());
    await stage.paper.service.reconcile();
    await stage.work();
    await stage.cardReads(first, /· done/);
  });

  it('is never cut out of the dialog that an approver says yes in', () => {
    const zone = 'America/Argentina/ComodRivadavia';
    const view = viewOf({
      request: { startAt: new Date('2026-11-24T21:00:00Z') },
      liveName: () => 'x'.repeat(63),
    });
    const item = { ...view.request.items[0]!, server: 's'.repeat(40) };
    const environment = { ...view.environment, timeZone: zone };
    const backups = { orders: backupOf('orders', { environment: 'p'.repeat(40) }) };
    const longest = { ...view, environment, backups, request: { ...view.request, items: [item] } };
    const shown = JSON.stringify(card(longest, { people }));
    assert(shown.includes(`It starts not before 24 Nov 2026, 18:00 (${zone}). `), shown);
  });

  it('is not said of what starts at once because its moment has passed', () => {
    const startAt = new Date(now.getTime() + 10_000);
    const voided = { type: 'approval-voided', why: 'The backup is gone.' } as const;
    const before = viewOf({ request: { startAt }, events: [voided] });
    assert.match(
      card(before, { people }).text,
      /Starts 23 Nov 2026, 13:00:10 \(Europe\/Berlin\), once approved/,
    );
    const late = { ...before, events: before.events.map((event) => ({ ...event, at: startAt })) };
    assert.doesNotMatch(card(late, { people }).text, /Starts/);
    assert.doesNotMatch(JSON.stringify(card(late, { people })), /It starts 2/);
  });

  it('is refused with what is allowed, also when its quotes are missing', async () => {
    const stage = await open();
    await stage.paper.backup();
    const cases: [string, RegExp][] = [
      [
        '--at tomorrow 03:00',
        /"tomorrow" is no moment to start at; expected a time such as "22:00".*Two words go into quotes/s,
      ],
      ['--at "today 00:00"', /is past; a start lies between now and 30 days ahead/],
      ['--at 2096-01-01T10:00Z', /is too far ahead; a start lies between now and 30 days ahead/],
      ['--at', /was given without its value/],
    ];
    for (const [words, answer] of cases) {
      await stage.refresh(dana, `uat orders ${words}`);
      await stage.told(dana, answer);
    }
    assert.equal(await stage.paper.store.requests.get(first), undefined);
  });
});
