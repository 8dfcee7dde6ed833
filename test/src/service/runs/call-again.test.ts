import assert from 'node:assert/strict';
import { isFreshetError } from '../../../../src/domain/errors.ts';
import type { Hook } from '../../../../src/domain/hook.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { commentOn } from '../../../../src/fronts/jira/comments.ts';
import { hookAlert } from '../../../../src/fronts/slack/messages/alert.ts';
import { card } from '../../../../src/fronts/slack/messages/card.ts';
import { directMessage } from '../../../../src/fronts/slack/messages/direct.ts';
import { threadMessage } from '../../../../src/fronts/slack/messages/thread.ts';
import { type Hooked, openHooked, text } from './hooked.ts';

describe('hooks that failed', function () {
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

  /** Asks, with a first hook that fails twice. */
  async function failed(): Promise<RequestId> {
    target.answer(500, 500);
    const id = await asked();
    await paper.drain();
    target.hits.length = 0;
    return id;
  }

  const retry = (id: RequestId, person = 'dana') => paper.service.retry(paper.actor(person), id);
  const types = async (id: RequestId) =>
    (await paper.typesOf(id)).filter((type) => /^hook|run-started|retried/.test(type));

  it('are called again when somebody wants it, with what stood behind them, and nothing else is done', async () => {
    const id = await failed();
    const around = { people: paper.site.people };
    const run = (await paper.store.runs.ofRequest(id))!.id;
    const performed = paper.engine.performed.filter((act) => !act.startsWith('tidy'));
    assert.match(text(card(await paper.service.view(id), around).blocks), /"Retry hooks"/);
    await retry(id);
    const calling = await paper.service.view(id);
    assert.equal(calling.request.state, 'succeeded');
    assert.match(text(card(calling, around).blocks), /Being called again: migrate, smoke-test/);
    assert.doesNotMatch(text(card(calling, around).blocks), /"Retry hooks"/);
    const alert = calling.events.find((event) => event.type === 'hook-failed')!;
    assert.match(text(hookAlert(calling, alert, around).blocks), /Called again by .*/);
    await assert.rejects(retry(id), { code: 'hooks-under-way' });
    await paper.drain();
    assert.deepEqual(paths(), ['/migrate', '/smoke-test']);
    const keys = target.hits.map(({ headers }) => headers['idempotency-key']);
    assert.deepEqual(keys, [`${run}.migrate.2`, `${run}.smoke-test.2`]);
    assert.deepEqual(
      paper.engine.performed.filter((act) => !act.startsWith('tidy')),
      performed,
    );
    assert.deepEqual(await types(id), ['run-started', 'hook-failed', 'hooks-retried', 'hooks-done']);
    const [retried] = await paper.store.events.ofRequest(id, ['hooks-retried']);
    assert.deepEqual([retried?.actor, retried?.front], ['dana', 'slack']);
    const view = await paper.service.view(id);
    assert.match(text(card(view, around).blocks), /Done when they were called again: migrate, smoke-test/);
    assert.doesNotMatch(text(card(view, around).blocks), /Retry hook|failed/);
    const done = view.events.findLast((event) => event.type === 'hooks-done')!;
    for (const shown of [
      threadMessage(view, done, around)?.blocks,
      directMessage(view, done, around)?.blocks,
      commentOn(view, done, paper.site.people),
    ])
      assert.match(text(shown), /migrate, smoke-test/);
    await assert.rejects(retry(id), { code: 'request-state' });
    assert.deepEqual(await paper.store.runs.active(), []);
  });

  it('may fail again, and be called a third time; from the one that failed on', async () => {
    const id = await failed();
    target.answer(204, 500, 500);
    await retry(id);
    await paper.drain();
    assert.deepEqual(paths(), ['/migrate', '/smoke-test', '/smoke-test']);
    const last = (await paper.store.events.ofRequest(id, ['hook-failed'])).at(-1);
    assert.deepEqual(last?.type === 'hook-failed' && [last.hook, last.left], ['smoke-test', []]);
    await retry(id);
    await paper.drain();
    assert.deepEqual(paths().slice(3), ['/smoke-test']);
    assert.equal((await types(id)).at(-1), 'hooks-done');
  });

  it('are called by those alone who may retry it', async () => {
    const id = await failed();
    await assert.rejects(retry(id, 'nia'), { code: 'retry-not-allowed' });
    assert.deepEqual(paths(), []);
    assert.equal((await paper.service.view(id)).request.state, 'succeeded');
  });

  it('are not called in what came later, nor while another run has the target', async () => {
    const id = await failed();
    let inTime: unknown;
    paper.engine.before = async (act) => {
      if (act === 'load orders') inTime = await retry(id).catch((error: unknown) => error);
    };
    await paper.backup();
    const later = await asked();
    await paper.drain();
    assert.equal((inTime as { code?: string }).code, 'hooks-waiting');
    assert.equal(await paper.stateOf(later), 'succeeded');
    await assert.rejects(retry(id), { code: 'hooks-outdated' });
    assert.doesNotMatch(
      text(card(await paper.service.view(id), { people: paper.site.people }).blocks),
      /Retry hook/,
    );
    assert.deepEqual(await types(id), ['run-started', 'hook-failed']);
  });

  it('are not called while somebody holds the environment', async () => {
    const id = await failed();
    const until = new Date(paper.deps.now().getTime() + 3_600_000);
    const wish = { environment: 'ci', until, reason: 'a test' };
    const { hold } = await paper.service.placeHold(paper.actor('quinn'), wish);
    await assert.rejects(retry(id), { code: 'hooks-waiting', message: /held by Quinn/ });
    assert.deepEqual(await paper.store.runs.active(), []);
    await paper.service.releaseHold(paper.actor('quinn'), { hold: hold.id });
    await retry(id);
    await paper.drain();
    assert.equal((await types(id)).at(-1), 'hooks-done');
  });

  describe('and were corrected in the site file since', () => {
    const correct = (environment: string, change: (hook: Hook) => Hook | undefined) => {
      const at = paper.site.environments[environment] as unknown as { hooks: Hook[] };
      at.hooks = at.hooks.map(change).filter((hook) => hook !== undefined);
    };
    const elsewhere = (name: string, path: string) => (hook: Hook) =>
      hook.kind === 'call' && hook.name === name ? { ...hook, url: `${target.url}/${path}` } : hook;

    /** What a plain retry is refused with: the sentence, and the sign that agrees to it. */
    async function refused(id: RequestId): Promise<{ message: string; hint: string; changed: string }> {
      const error = await retry(id).then(() => undefined, (thrown: unknown) => thrown); // prettier-ignore
      assert.ok(isFreshetError(error, 'Conflict') && error.code === 'hooks-changed', String(error));
      assert.deepEqual(await paper.store.runs.active(), []);
      assert.deepEqual(paths(), []);
      const { message, hint, about } = error;
      return { message, hint, changed: about['changed'] ?? '' };
    }

    it('are called so for who agrees to what has changed, and the agreement is kept', async () => {
      const id = await failed();
      correct('ci', (hook) => ({ ...elsewhere('migrate', 'mended')(hook), timeoutSeconds: 30 }));
      const { message, hint, changed } = await refused(id);
      assert.match(
        message,
        /: "migrate" is called at another path and may take 30 s instead of 20 s; "smoke-test" may take 30 s/,
      );
      assert.match(hint, new RegExp(`^/refresh retry ${id} --changed ${changed.slice(0, 8)} calls them`));
      await assert.rejects(paper.service.retry(paper.actor('nia'), id, changed), {
        code: 'retry-not-allowed',
      });
      target.answer(204, 500, 500);
      await paper.service.retry(paper.actor('dana'), id, changed.slice(0, 8));
      await paper.drain();
      assert.deepEqual(paths(), ['/mended', '/smoke-test', '/smoke-test']);
      const view = await paper.service.view(id);
      const event = view.events.find((one) => one.type === 'hooks-retried')!;
      assert.equal(event.actor, 'dana');
      for (const shown of [
        threadMessage(view, event, { people: paper.site.people })?.blocks,
        commentOn(view, event, paper.site.people),
      ])
        assert.match(text(shown), /Not as they were approved: .*migrate.* is called at another path/);
      // What was agreed to is what counts from here on.
      await retry(id);
      await paper.drain();
      assert.deepEqual(paths().slice(3), ['/smoke-test']);
      assert.equal((await types(id)).at(-1), 'hooks-done');
    });

    it('are not called by an agreement to something else', async () => {
      const id = await failed();
      correct('ci', elsewhere('migrate', 'mended'));
      const { changed } = await refused(id);
      correct('ci', elsewhere('migrate', 'evil'));
      await assert.rejects(paper.service.retry(paper.actor('dana'), id, changed), {
        code: 'hooks-changed',
      });
      assert.deepEqual(paths(), []);
      assert.notEqual((await refused(id)).changed, changed);
    });

    it('and are not there any more: they are left out, and where none is left nothing is called', async () => {
      const id = await failed();
      correct('ci', (hook) => (hook.name === 'migrate' ? undefined : hook));
      const { message, changed } = await refused(id);
      assert.match(message, /"migrate" is not there any more, and is left out\.$/);
      await paper.service.retry(paper.actor('dana'), id, changed);
      await paper.drain();
      assert.deepEqual(paths(), ['/smoke-test']);
      target.hits.length = 0;
      const other = await failed();
      correct('ci', () => undefined);
      const none = await refused(other);
      assert.equal(none.changed, '');
      assert.match(none.hint, /acknowledge/);
      await paper.service.acknowledge(paper.actor('otto'), other);
      await assert.rejects(paper.service.acknowledge(paper.actor('otto'), id), {
        code: 'acknowledge-nothing',
      });
    });

    it('take a decision where the request took one: not of its requester, nor of who only mends', async () => {
      const { hooks } = paper.site.environments['ci']!;
      (paper.site.environments['uat'] as { hooks: unknown }).hooks = hooks;
      target.answer(500, 500);
      const wish = { environment: 'uat', databases: [{ database: 'orders' }], reason: 'a test' };
      const { id } = await paper.service.requestRefresh(paper.actor('dana'), wish);
      await paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved' });
      await paper.drain();
      target.hits.length = 0;
      correct('uat', elsewhere('migrate', 'mended'));
      const { hint, changed } = await refused(id);
      assert.match(hint, /That is a decision on it, of somebody else than its requester: it takes the role/);
      const agrees = (person: string) => paper.service.retry(paper.actor(person), id, changed);
      await assert.rejects(agrees('dana'), { code: 'approval-own-request' });
      await assert.rejects(agrees('otto'), { code: 'approval-not-allowed' });
      assert.deepEqual(paths(), []);
      await agrees('rosa');
      await paper.drain();
      assert.deepEqual(paths(), ['/mended', '/smoke-test']);
    });
  });

  it('go on with another worker, and an undo waits for them', async () => {
    const id = await failed();
    const stops = new AbortController();
    target.answer(() => stops.abort());
    await retry(id);
    await paper.service.advance(paper.jobs.shift()!, stops.signal);
    const undo = await paper.service.requestUndo(paper.actor('dana'), { request: id }, 'oops');
    assert.equal(await paper.stateOf(undo.id), 'approved');
    await paper.endLeases();
    await paper.service.reconcile();
    await paper.drain();
    await paper.service.reconcile();
    await paper.drain();
    assert.equal((await types(id)).at(-1), 'hooks-done');
    assert.deepEqual(new Set(paths()), new Set(['/migrate', '/smoke-test']));
    assert.equal(await paper.stateOf(undo.id), 'succeeded');
  });
});
