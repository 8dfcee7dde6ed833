import assert from 'node:assert/strict';
import type { RequestId } from '../../src/domain/ids.ts';
import { commandBody, httpStages, signed, type HttpStage } from '../src/fronts/slack/http-stage.ts';
import { filled, form, submission, textOf } from '../src/fronts/slack/modal/form.ts';
import { cards, dana, openStages, quinn } from '../src/fronts/slack/stage.ts';
import { untilHolds } from '../until.ts';

const first: RequestId = 'REQ-1';

describe('Slack over HTTP', function () {
  this.timeout(60_000);
  const { open, close } = httpStages(openStages());
  afterEach(close);

  async function started(count: number): Promise<HttpStage> {
    const stage = await open(count);
    for (const front of stage.fronts) await front.start();
    return stage;
  }

  /** Counts what is stored from now on. */
  function storedBy(stage: HttpStage): () => number {
    const { inbox } = stage.paper.service;
    const accept = inbox.accept.bind(inbox);
    let count = 0;
    inbox.accept = (...words) => {
      count += 1;
      return accept(...words);
    };
    return () => count;
  }

  it('two processes share one workspace, from the command to the swap and the undo', async () => {
    const stage = await started(2);
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders --reason "a new round of tests"');
    const card = await stage.card(first);
    await stage.slack.click(quinn, card, 'approve', { confirm: true });
    await stage.work();
    await stage.cardReads(first, /· done/);
    assert.deepEqual(
      stage.paper.engine.performed.filter((act) => act.startsWith('swap')),
      ['swap orders'],
    );
    assert.equal(cards(stage), 1);
    await untilHolds(() => stage.slack.directMessages(dana).length === 1);
    for (let at = 0; at < 4; at++) await stage.refresh(dana, 'status');
    await untilHolds(() => stage.slack.ephemerals(dana).length === 5);
    assert.ok(
      stage.served.every((count) => count >= 2),
      `served ${stage.served.join(' and ')}`,
    );
    assert.equal(stage.slack.connections(), 0);
    for (const delivery of stage.slack.deliveries()) assert.equal(delivery.error, undefined);
  });

  it('the form: opened by one, searched in the other, submitted once, each step at whichever is next', async () => {
    const stage = await started(2);
    const old = await stage.paper.backup();
    await stage.paper.backup();
    const view = await filled(stage, dana, 'uat', ['orders']);
    for (let at = 0; at < 2; at++) {
      const { delivery, options } = await stage.slack.options(dana, view, 'modal-backup:orders', '');
      assert.equal(delivery.error, undefined);
      assert.ok(options.some(({ value }) => value === old.id));
    }
    stage.slack.faults.onDelivery('interactive', { kind: 'repeat', copies: 4, times: 1 });
    const done = await stage.slack.submit(dana, view, {
      'modal-backup:orders': old.id,
      'modal-reason': 'Release 12',
    });
    assert.deepEqual([done.closed, done.errors], [true, {}]);
    await stage.told(dana, /It waits for an approval/);
    assert.equal((await stage.paper.store.requests.get(first))?.items[0]?.backup?.id, old.id);
    assert.equal((await stage.paper.store.requests.list({}, { limit: 9, offset: 0 })).total, 1);
    assert.ok(
      stage.served.every((count) => count >= 2),
      `served ${stage.served.join(' and ')}`,
    );
  });

  it('the form: refused to whom it was not opened for, and taken after a restart of every process', async () => {
    const stage = await started(2);
    await stage.paper.backup();
    const view = await filled(stage, dana, 'uat', ['orders']);
    const payload = JSON.stringify(submission(view, quinn));
    for (const url of stage.urls) {
      const answer = await fetch(url, signed({ body: new URLSearchParams({ payload }).toString() }));
      assert.equal(answer.status, 200);
      assert.match(await answer.text(), /"response_action":"update".*form-not-yours/);
    }
    await stage.restart();
    const done = await stage.slack.submit(dana, view);
    assert.deepEqual([done.closed, done.errors], [true, {}]);
    await stage.card(first);
    const { requests } = await stage.paper.store.requests.list({}, { limit: 9, offset: 0 });
    assert.deepEqual(
      requests.map(({ requestedBy }) => requestedBy),
      ['dana'],
    );
  });

  it('the form: what servers answer late to one process does not cover a choice that the other was told of', async () => {
    const stage = await started(2);
    const old = await stage.paper.backup();
    const newest = await stage.paper.backup();
    const { engine } = stage.paper;
    const inspect = engine.inspect.bind(engine);
    let answer: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (answer = resolve));
    engine.inspect = async (access, context) => {
      if (context.source?.backup.id === newest.id) await late;
      return inspect(access, context);
    };
    const view = await filled(stage, dana, 'uat', ['orders'], /is being asked …/);
    const offered = () => stage.slack.options(dana, view, 'modal-backup:orders', '');
    // The balancer takes turns: the third delivery from here is for the process that does not wait.
    await offered();
    await offered();
    const before = stage.served[1]!;
    await stage.slack.click(dana, view, 'modal-backup:orders', { value: old.id });
    assert.equal(stage.served[1], before + 1);
    const chosen = new RegExp(`overwritten by \\*${old.id}\\*[^]*3 sessions are open`);
    await form(stage, dana, chosen);
    answer();
    const conflicts = () => stage.slack.calls().filter(({ error }) => error === 'hash_conflict').length;
    await stage.slack.waitFor(() => conflicts() > 0);
    await offered();
    await offered();
    assert.match(textOf(stage.slack.view(dana)), chosen);
  });

  it('the Home tab is drawn when somebody opens it', async () => {
    const stage = await started(2);
    stage.slack.openHome(dana);
    await stage.slack.waitFor(() => stage.slack.home(dana));
    assert.equal(stage.slack.deliveries().at(-1)?.error, undefined);
  });

  it('the same delivery many times, at both of them, is done once', async () => {
    const stage = await started(2);
    await stage.paper.backup();
    stage.slack.faults.onDelivery('slash_commands', { kind: 'repeat', copies: 20, times: 1 });
    await stage.refresh(dana, 'uat orders');
    const card = await stage.card(first);
    stage.slack.faults.onDelivery('interactive', { kind: 'repeat', copies: 20, times: 1 });
    await stage.slack.click(quinn, card, 'reject', { confirm: true });
    await stage.cardReads(first, /Rejected by @Quinn/);
    assert.equal((await stage.paper.store.requests.list({}, { limit: 9, offset: 0 })).total, 1);
    assert.equal((await stage.paper.store.approvals.of(first)).length, 1);
    assert.ok(stage.served.every((count) => count >= 10));
  });

  it('a signed request that is sent again within five minutes is answered and not done again', async () => {
    const stage = await started(2);
    await stage.paper.backup();
    const post = signed({ body: commandBody(dana, 'uat orders') });
    for (const url of [...stage.urls, ...stage.urls]) {
      const answer = await fetch(url, post);
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), '');
    }
    await stage.card(first);
    await stage.refresh(dana, 'status');
    await stage.told(dana, /newest first/);
    assert.equal((await stage.paper.store.requests.list({}, { limit: 9, offset: 0 })).total, 1);
  });

  it('a press of Approve that is sent again within five minutes decides nothing more', async () => {
    const stage = await started(2);
    await stage.paper.backup();
    await stage.refresh(dana, 'uat orders');
    await stage.slack.click(quinn, await stage.card(first), 'approve', { confirm: true });
    await stage.cardReads(first, /Approved by @Quinn/);
    const press = stage.heard.find(({ body }) => body.includes('block_actions'))!;
    for (const url of [...stage.urls, ...stage.urls]) assert.equal((await fetch(url, press)).status, 200);
    const taken = new URLSearchParams(press.body).get('payload')!;
    const turned = new URLSearchParams({ payload: taken.replaceAll(quinn, dana) }).toString();
    for (const url of stage.urls) assert.equal((await fetch(url, { ...press, body: turned })).status, 401);
    // Whatever came before has been carried out when this is answered.
    await stage.refresh(quinn, 'status');
    await stage.told(quinn, /newest first/);
    assert.equal((await stage.paper.store.approvals.of(first)).length, 1);
    assert.equal((await stage.paper.store.events.ofRequest(first, ['request-approved'])).length, 1);
    assert.equal(stage.slack.ephemerals(quinn).length, 1, 'nothing was said of the presses');
  });

  it('what does not prove to be of Slack is answered with 401 and nothing more, and nothing of it is kept', async () => {
    const stage = await started(1);
    const stored = storedBy(stage);
    const body = commandBody(dana, 'uat orders');
    const right = signed({ body });
    const signature = right.headers['x-slack-signature']!;
    const forms: Record<string, ReturnType<typeof signed>> = {
      'no headers': signed({
        body,
        headers: { 'x-slack-signature': undefined, 'x-slack-request-timestamp': undefined },
      }),
      'no signature': signed({ body, headers: { 'x-slack-signature': undefined } }),
      'no moment': signed({ body, headers: { 'x-slack-request-timestamp': undefined } }),
      'another secret': signed({ body, secret: 'f'.repeat(32) }),
      'no secret': signed({ body, secret: '' }),
      'another body': { ...right, body: `${body}&text=dev` },
      'another moment': {
        ...right,
        headers: {
          ...right.headers,
          'x-slack-request-timestamp': String(Number(right.headers['x-slack-request-timestamp']) + 1),
        },
      },
      'five minutes old': signed({ body, ahead: -302 }),
      'a day old': signed({ body, ahead: -86_400 }),
      // Ten seconds more, as it is a while until it is sent.
      'five minutes ahead': signed({ body, ahead: 310 }),
      'a year ahead': signed({ body, ahead: 365 * 86_400 }),
      'another version': signed({ body, headers: { 'x-slack-signature': signature.replace('v0=', 'v1=') } }),
      'half a signature': signed({ body, headers: { 'x-slack-signature': signature.slice(0, 34) } }),
      'a bare signature': signed({ body, headers: { 'x-slack-signature': 'v0=' } }),
      'a moment that is no number': signed({ body, headers: { 'x-slack-request-timestamp': 'NaN' } }),
      'a moment with a sign': signed({
        body,
        headers: { 'x-slack-request-timestamp': `+${right.headers['x-slack-request-timestamp']}` },
      }),
      'an unsigned handshake': signed({
        body: JSON.stringify({ type: 'url_verification', challenge: 'told' }),
        contentType: 'application/json',
        headers: { 'x-slack-signature': undefined },
      }),
      'an unsigned flood': signed({
        body: 'x'.repeat(3_000_000),
        headers: { 'x-slack-signature': undefined },
      }),
    };
    for (const [form, post] of Object.entries(forms)) {
      // A flood is hung up on, before or after its answer was read.
      const answer = await fetch(stage.urls[0]!, post).catch(() => undefined);
      if (answer === undefined) assert.equal(form, 'an unsigned flood');
      else {
        assert.equal(answer.status, 401, form);
        assert.equal(await answer.text(), '', form);
      }
    }
    assert.equal(stored(), 0);
    assert.equal((await stage.paper.store.requests.list({}, { limit: 9, offset: 0 })).total, 0);
    const told = stage.logged.filter((line) => line.includes('does not prove to be of Slack'));
    assert.equal(told.length, 1, 'once a minute');
    assert.ok(!stage.logged.join('').includes('uat orders'), 'nothing of the body is logged');
    // The same moment and body, rightly signed, is taken: the refusals above were for the reasons they name.
    for (const ahead of [-290, 0, 290]) {
      const post = signed({ body: commandBody(dana, 'help', `trigger ${ahead}`), ahead });
      assert.equal((await fetch(stage.urls[0]!, post)).status, 200, `${ahead} s`);
    }
    const charset = 'application/x-www-form-urlencoded; charset=utf-8';
    const post = signed({ body: commandBody(dana, 'help', 'charset'), contentType: charset });
    assert.equal((await fetch(stage.urls[0]!, post)).status, 200, 'a proxy may name the charset');
    assert.equal(stored(), 4);
  });

  it('signed and yet not to be used: refused by size, coding or form, and nothing is kept', async () => {
    const stage = await started(1);
    const stored = storedBy(stage);
    const url = stage.urls[0]!;
    assert.equal((await fetch(url, signed({ body: 'x'.repeat(1024 * 1024 + 1) }))).status, 413);
    assert.equal(
      (await fetch(url, signed({ body: 'x', headers: { 'content-encoding': 'gzip' } }))).status,
      415,
    );
    const broken = await fetch(url, signed({ body: '{"type":', contentType: 'application/json' }));
    assert.equal(broken.status, 400);
    assert.equal(await broken.text(), '');
    assert.equal((await fetch(url)).status, 404, 'GET');
    assert.equal(stored(), 0);
  });

  it("Slack's handshake is answered, signed only", async () => {
    const stage = await started(1);
    const body = JSON.stringify({ type: 'url_verification', token: 'x', challenge: '3eZbrw1aB' });
    const answer = await fetch(stage.urls[0]!, signed({ body, contentType: 'application/json' }));
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { challenge: '3eZbrw1aB' });
  });

  it('before its start and after its end a process takes nothing in, so that another one can', async () => {
    const stage = await open(1);
    const stored = storedBy(stage);
    const [front, url] = [stage.fronts[0]!, stage.urls[0]!];
    const post = signed({ body: commandBody(dana, 'help') });
    assert.equal((await fetch(url, post)).status, 503);
    await front.start();
    assert.equal(front.isConnected(), true);
    assert.equal((await fetch(url, post)).status, 200);
    await front.stop();
    assert.equal(front.isConnected(), false);
    assert.equal((await fetch(url, post)).status, 503);
    assert.equal(stored(), 1);
  });
});
