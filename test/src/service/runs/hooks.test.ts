import assert from 'node:assert/strict';
import { commentOn } from '../../../../src/fronts/jira/comments.ts';
import { descriptionOf } from '../../../../src/fronts/jira/description.ts';
import { hookAlert } from '../../../../src/fronts/slack/messages/alert.ts';
import { card } from '../../../../src/fronts/slack/messages/card.ts';
import { directMessage } from '../../../../src/fronts/slack/messages/direct.ts';
import { previewMessage } from '../../../../src/fronts/slack/messages/preview.ts';
import { threadMessage } from '../../../../src/fronts/slack/messages/thread.ts';
import { type Hooked, openHooked, text } from './hooked.ts';

describe('hooks of an environment', function () {
  this.timeout(60_000);
  let hooked: Hooked;
  let paper: Hooked['paper'];
  let target: Hooked['target'];

  beforeEach(async () => {
    hooked = await openHooked();
    ({ paper, target } = hooked);
  });
  afterEach(() => hooked.close());

  const asked = () => hooked.asked();
  const paths = () => hooked.paths();

  it('are shown beforehand, and follow what they are meant for', async () => {
    const wish = { environment: 'ci', databases: [{ database: 'orders' }], reason: '' };
    const plan = await paper.service.previewRefresh(paper.actor('dana'), wish);
    assert.match(
      text(previewMessage(plan, { people: paper.site.people, now: new Date() }).blocks),
      /After the swap: migrate \(127\.0\.0\.1:\d+\), smoke-test/,
    );
    const id = await asked();
    const waiting = await paper.service.view(id);
    assert.match(
      text(card(waiting, { people: paper.site.people }).blocks),
      /After the swap: migrate, smoke-test/,
    );
    assert.match(text(descriptionOf(waiting, undefined)), /After the swap: migrate, smoke-test\./);
    await paper.drain();
    assert.deepEqual(paths(), ['/migrate', '/smoke-test']);
    const run = (await paper.store.runs.ofRequest(id))!.id;
    assert.deepEqual(JSON.parse(target.hits[0]!.body), {
      version: 1, hook: 'migrate', kind: 'refresh', run, request: id, environment: 'ci',
      databases: [{ database: 'orders', backup: 'BKP-1' }],
    }); // prettier-ignore
    await paper.service.requestUndo(paper.actor('dana'), { request: id }, 'oops');
    await paper.drain();
    assert.deepEqual(paths().slice(2), ['/smoke-test'], 'an undo needs no migration');
  });

  it('are part of what is approved', async () => {
    const id = await asked();
    const before = (await paper.store.requests.get(id))!.digest;
    const { ci } = paper.site.environments;
    const [first, ...rest] = ci!.hooks!;
    (ci as { hooks: unknown }).hooks = [{ ...first!, secret: 'file:/elsewhere' }, ...rest];
    await assert.rejects(asked, /asks for exactly the same/, 'where a secret lies changes nothing');
    (ci as { hooks: unknown }).hooks = rest;
    const fewer = await asked();
    assert.notEqual((await paper.store.requests.get(fewer))!.digest, before);
  });

  it('the secrets of another address never go to the one that was approved', async () => {
    const { ci } = paper.site.environments;
    const moved = ci!.hooks!.map((hook) => ({ ...hook, url: 'https://elsewhere.example.org/' }));
    target.answer((response) => {
      (ci as { hooks: unknown }).hooks = moved;
      response.writeHead(204).end();
    });
    const id = await asked();
    await paper.drain();
    assert.deepEqual(paths(), ['/migrate']);
    const [event] = await paper.store.events.ofRequest(id, ['hook-failed']);
    assert.ok(event?.type === 'hook-failed' && event.hook === 'smoke-test', JSON.stringify(event));
    assert.equal(event.code, 'hooks-changed');
  });

  it('one that fails leaves the refresh a success, tells everybody, and offers the undo', async () => {
    target.answer(500, 500);
    const id = await asked();
    await paper.drain();
    assert.deepEqual(paths(), ['/migrate', '/migrate'], 'what follows it is not called');
    const view = await paper.service.view(id);
    assert.equal(view.request.state, 'succeeded');
    const [event] = await paper.store.events.ofRequest(id, ['hook-failed']);
    assert.ok(event?.type === 'hook-failed');
    assert.deepEqual([event.hook, event.code, event.left], ['migrate', 'hook-failed', ['smoke-test']]);
    const around = { people: paper.site.people };
    const said = /Hook migrate failed: The last of 2 calls .* answered 500\. Not done after it: smoke-test\./;
    for (const shown of [
      card(view, around).blocks,
      threadMessage(view, event, around)?.blocks,
      hookAlert(view, event, around).blocks,
      directMessage(view, event, around)?.blocks,
      commentOn(view, event, paper.site.people),
    ])
      assert.match(text(shown), said);
    for (const shown of [card(view, around), hookAlert(view, event, around)])
      assert.match(text(shown.blocks), /"Undo"/);
    assert.doesNotMatch(
      text(await paper.store.events.ofRequest(id)),
      /a secret/,
      'what it answered is nobody’s',
    );
    const undo = await paper.service.requestUndo(
      paper.actor('dana'),
      { request: id },
      'the migration failed',
    );
    await paper.drain();
    assert.equal((await paper.store.requests.get(undo.id))?.state, 'succeeded');
  });

  it('a worker that stops in the middle of a call leaves it to the next, which sends the same key', async () => {
    const id = await asked();
    const stops = new AbortController();
    target.answer(() => stops.abort());
    await paper.service.advance(paper.jobs.shift()!, stops.signal);
    assert.equal((await paper.store.requests.get(id))?.state, 'running');
    await paper.drain();
    assert.equal((await paper.store.requests.get(id))?.state, 'succeeded');
    assert.deepEqual(paths(), ['/migrate', '/migrate', '/smoke-test']);
    const keys = target.hits.map(({ headers }) => headers['idempotency-key']);
    assert.equal(keys[0], keys[1]);
    assert.notEqual(keys[1], keys[2]);
    assert.deepEqual(await paper.store.events.ofRequest(id, ['hook-failed']), []);
    assert.equal(paper.engine.performed.filter((act) => act === 'swap orders').length, 1);
  });
});
