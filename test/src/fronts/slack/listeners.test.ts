import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { channel, dana, elsewhere, guest, openStages, otto, quinn, stranger } from './stage.ts';

const first: RequestId = 'REQ-1';

describe('what people type in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  it('becomes a request with one card, approved by a button, and everybody is told how it ended', async () => {
    const stage = await open();
    const backup = await stage.paper.backup({ dataAt: new Date('2026-11-22T02:00:00Z'), bytes: 240_000_000 });
    await stage.refresh(dana, 'uat orders --reason "Release 12 needs fresh orders"');
    assert.match(await stage.told(dana, /REQ-1/), /It waits for an approval by @Quinn, @Rosa/);

    const card = await stage.card(first);
    const text = stage.read(card);
    assert.match(text, /REQ-1 · refresh orders on uat · waiting for approval/);
    assert.match(
      text,
      new RegExp(
        `${backup.id} of production, data of .*2026, 02:00 UTC \\(.* old\\) · 240 MB · anonymised \\(declared\\)`,
      ),
    );
    assert.match(text, /`orders_uat` on server `test-pg` will be overwritten by BKP/);
    assert.match(text, /Asked by @Dana in Slack/);
    assert.match(text, /Release 12 needs fresh orders/);
    assert.match(text, /\[ Approve \] {2}\[ Reject \] {2}\[ Cancel \]/);
    assert.match(
      card.text,
      /^REQ-1: refresh orders on uat, waiting for approval\. Asked by Dana: Release 12 needs fresh orders\./,
    );

    const dialog = stage.slack.confirmDialog(card, 'approve');
    assert.equal(dialog?.title.text, 'Overwrite orders_uat on uat?');
    assert.match(
      dialog?.text.text ?? '',
      /orders_uat on server test-pg is replaced by BKP-1 of production \(data of 22 Nov 2026, 02:00 UTC\)/,
    );

    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    await stage.cardReads(first, /Approved by @Quinn in Slack/);
    assert.equal((await stage.paper.store.approvals.of(first)).length, 1);
    await stage.work();
    const done = await stage.cardReads(first, /· done/);
    assert.match(stage.read(done), /nobody could connect for 0\.02 s · the replaced copy is kept until/);
    assert.match(stage.read(done), /\[ Undo \]/);
    assert.doesNotMatch(stage.read(done), /Approve \]/);

    const direct = await stage.slack.waitFor(
      () => stage.slack.directMessages(dana)[0],
      20_000,
      'a direct message',
    );
    assert.match(
      stage.read(direct),
      /Your request REQ-1 \(refresh orders on uat\) is done\.\n`orders_uat` on uat now holds BKP-1/,
    );
    await stage.slack.waitFor(
      () => /Done after/.test(stage.slack.thread(card).at(-1)?.text ?? ''),
      20_000,
      'the end of the thread',
    );
    const thread = stage.slack.thread(card).map((one) => stage.read(one));
    assert.match(thread[0] ?? '', /Approved by @Quinn in Slack\./);
    assert.match(
      thread[1] ?? '',
      /`orders` is in place; nobody could connect for 0\.02 s\. The replaced copy is kept as `orders_uat__old_/,
    );
    assert.match(
      thread[2] ?? '',
      /check orders on test-db · (?:less than )?[\d.]+ s[^]*swap orders on test-db[^]*Done after (?:less than )?[\d.]+ s; everything of the old database was carried over/,
    );
    assert.equal(thread.length, 3);
    assert.equal(stage.slack.messages(channel).filter((one) => one.threadTs === undefined).length, 1);
  });

  it('that is wrong is answered with the error and a suggestion, seen by nobody else', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'uta orders');
    const text = await stage.told(dana, /environment-unknown/);
    assert.match(text, /Environment "uta" is not configured; expected "uat", "ci" or "dev"\./);
    assert.match(text, /Hint: did you mean "uat"\?/);
    assert.deepEqual(stage.slack.ephemerals(quinn), []);
    assert.deepEqual(stage.slack.messages(channel), []);
    await stage.refresh(dana, 'uat orders --resaon "x"');
    assert.match(await stage.told(dana, /option-unknown/), /did you mean "--reason"\?/);
    await stage.refresh(dana, 'uat orders --reason release 12');
    assert.match(
      await stage.told(dana, /word-unexpected/),
      /"12" was not expected; a reason of several words goes into quotes\.\nHint: --reason "release 12"/,
    );
    await stage.refresh(dana, 'uat orders billign --reason release');
    assert.match(await stage.told(dana, /database-unknown/), /did you mean "billing"\?/);
  });

  it('by somebody whom the site file does not know is refused, and kept with the request they meant to decide', async () => {
    const stage = await open();
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    await stage.refresh(stranger, 'uat orders');
    assert.match(
      await stage.told(stranger, /person-unknown/),
      /add you to the site file with the Slack member id U0SAM/,
    );
    await stage.slack.click(stranger, card, 'approve', { confirm: true });
    await stage.slack.waitFor(() => stage.slack.ephemerals(stranger).length === 2);
    const refused = await stage.paper.store.events.ofRequest(first, ['decision-refused']);
    assert.equal(refused.length, 1);
    assert.equal(refused[0]?.type === 'decision-refused' ? refused[0].who : '', 'sam (U0SAM)');
    assert.equal((await stage.paper.store.requests.get(first))?.state, 'pending');
    await stage.slack.waitFor(() =>
      /A decision of sam \(U0SAM\) was refused/.test(stage.slack.thread(card)[0]?.text ?? ''),
    );
  });

  it('by a member of another workspace is refused, whatever member id they have', async () => {
    const stage = await open({
      // An id says who it is in its own workspace only.
      site: (site) => ({
        ...site,
        people: { ...site.people, rosa: { ...site.people['rosa']!, slackUserId: guest } },
      }),
    });
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    await stage.refresh(guest, 'approve 1');
    await stage.slack.click(guest, card, 'approve', { confirm: true });
    await stage.slack.waitFor(() => stage.slack.ephemerals(guest).length === 2);
    for (const one of stage.slack.ephemerals(guest)) {
      assert.match(stage.read(one), /"U0GUEST" is of another workspace[^]*`person-unknown`/);
    }
    assert.equal((await stage.paper.store.requests.get(first))?.state, 'pending');
    const [refused] = await stage.paper.store.events.ofRequest(first, ['decision-refused']);
    assert.ok(refused?.type === 'decision-refused');
    assert.equal(refused.who, 'gina (U0GUEST of another workspace)');
  });

  it('in a channel without the bot is answered all the same', async () => {
    const stage = await open();
    await stage.slack.command(dana, elsewhere, 'help', { command: '/backups' });
    assert.match(await stage.told(dana, /Find the backup that fits/), /`\/backups orders/);
  });

  it('lists backups page by page, in place', async () => {
    const stage = await open();
    for (let at = 0; at < 23; at++) await stage.paper.backup();
    await stage.backups(dana, 'orders --anonymised');
    assert.match(await stage.told(dana, /Backups of/), /1 to 10 of 23[^]*BKP-23[^]*BKP-14/);
    const [list] = stage.slack.ephemerals(dana);
    await stage.slack.click(dana, list!, 'page-next');
    await stage.slack.waitFor(() => /11 to 20 of 23/.test(stage.read(list!)));
    await stage.slack.click(dana, list!, 'page-next');
    await stage.slack.waitFor(() => /21 to 23 of 23/.test(stage.read(list!)));
    assert.doesNotMatch(stage.read(list!), /Next page/);
    assert.match(stage.read(list!), /BKP-1 of production/);
    await stage.slack.click(dana, list!, 'page-previous');
    await stage.slack.waitFor(() => /11 to 20 of 23/.test(stage.read(list!)));
    assert.equal(stage.slack.ephemerals(dana).length, 1);
  });

  it('shows one backup, a plan that touches nothing, and a request with its whole reason', async () => {
    const stage = await open();
    await stage.paper.backup({ state: 'corrupt', stateReason: 'cut short' });
    await stage.paper.backup();
    await stage.backups(dana, 'show BKP-1');
    assert.match(await stage.told(dana, /BKP-1 · backup of/), /State: corrupt: cut short/);
    await stage.refresh(dana, 'plan uat orders');
    const plan = await stage.told(dana, /Plan ·/);
    assert.match(plan, /onto `orders_uat` on server `test-pg` \(5 MB now\)/);
    assert.match(
      plan,
      /50 GB free on `test-db` · the server is of version 15\.18 · 3 sessions would be ended: shop_uat_app \(shop\)/,
    );
    assert.match(plan, /1\. check orders\n2\. load orders\n3\. verify orders\n4\. swap orders/);
    assert.match(plan, /It would wait for an approval/);
    assert.deepEqual(await stage.paper.store.requests.list({}, { limit: 1, offset: 0 }), {
      requests: [],
      total: 0,
    });
    const reason = `because ${'of this and that '.repeat(60)}<!channel> the end`;
    await stage.refresh(dana, `uat orders --reason "${reason}"`);
    await stage.card(first);
    await stage.refresh(otto, 'status 1');
    const detail = await stage.told(otto, /The whole reason/);
    assert.ok(detail.replaceAll(/\s+/g, '').includes('<!channel>theend'));
    assert.doesNotMatch(detail, /\[ Approve \]/);
    await stage.refresh(otto, 'status uat');
    assert.match(await stage.told(otto, /newest first/), /REQ-1 refresh orders on uat · pending · @Dana/);
  });

  it('says something of a fault of ours without its details, and tells the operators', async () => {
    const stage = await open();
    stage.paper.deps.store.backups.get = () => Promise.reject(new Error('row 17 of secrets'));
    await stage.backups(dana, 'show BKP-1');
    const text = await stage.told(dana, /went wrong on our side/);
    assert.doesNotMatch(text, /row 17/);
    const reference = /Reference `([0-9a-f]{8})`/.exec(text)?.[1];
    assert.ok(stage.logged.some((line) => line.includes(reference!) && line.includes('row 17')));
    const [notice] = stage.slack.messages('db-operators');
    assert.match(stage.read(notice!), new RegExp(`fault of its own[^]*${reference}`));
    assert.doesNotMatch(stage.read(notice!), /row 17/);
  });
});
