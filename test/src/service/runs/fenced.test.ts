import assert from 'node:assert/strict';
import { commandError, unavailable } from '../../../../src/domain/errors.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('a target that is neither old nor new', () => {
  let paper: Paper;
  beforeEach(async function () {
    paper = await openPaper();
  });
  afterEach(() => paper.close());

  it('is held, alerted, and resumed by a person only', async () => {
    await paper.backup();
    paper.engine.failing.set('swap orders', commandError('swap-broke', 'The swap broke off.', 'Look.'));
    paper.engine.standing = () => Promise.resolve('fenced');
    const request = await paper.ask('ci');
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'fenced');
    const alerts = await paper.store.outbox.take('slack-alerts', 10, 60);
    assert.equal(alerts.length, 1);
    const other = await paper.ask('ci', 'otto').catch((error: unknown) => error);
    await paper.service.reconcile();
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'fenced', 'no process resumes it by itself');
    assert.equal(
      (other as { code?: string }).code ?? (await paper.stateOf((other as { id: RequestId }).id)),
      'approved',
    );
    paper.engine.failing.clear();
    paper.engine.standing = () => Promise.resolve('old');
    await paper.service.retry(paper.actor('otto'), request.id);
    assert.equal(await paper.stateOf(request.id), 'running');
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'succeeded');
  });

  it('a retry of what may not go on any more takes it back, and frees the target only when that is whole', async () => {
    await paper.backup();
    paper.engine.failing.set('swap orders', commandError('swap-broke', 'The swap broke off.', 'Look.'));
    paper.engine.standing = () => Promise.resolve('fenced');
    const request = await paper.ask('ci');
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'fenced');
    paper.engine.failing.clear();
    // The new key was pinned, as the alert had said.
    (paper.site.hosts['test-db'] as { hostKey: string }).hostKey = 'ssh-ed25519 AAAAother';
    paper.engine.abandoned.splice(0);
    await paper.service.retry(paper.actor('otto'), request.id);
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'fenced', 'it is still neither');
    assert.deepEqual(paper.engine.abandoned, ['orders']);
    paper.engine.standing = () => Promise.resolve('old');
    await paper.service.retry(paper.actor('otto'), request.id);
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'failed');
    const failed = (await paper.store.events.ofRequest(request.id, ['run-failed'])).at(-1);
    assert.ok(failed?.type === 'run-failed' && failed.code === 'approval-outdated', JSON.stringify(failed));
    assert.deepEqual(await paper.store.runs.active(), []);
  });

  describe('settled by hand', () => {
    async function fenced(): Promise<RequestId> {
      await paper.backup();
      paper.engine.failing.set('swap orders', commandError('swap-broke', 'The swap broke off.', 'Look.'));
      paper.engine.standing = () => Promise.resolve('fenced');
      const { id } = await paper.ask('ci');
      await paper.drain();
      assert.equal(await paper.stateOf(id), 'fenced');
      return id;
    }

    it('frees the target, by operators only, with a reason, and not while the server tells otherwise', async () => {
      const id = await fenced();
      const settle = (who: string, reason = 'opened the old one') =>
        paper.service.settle(paper.actor(who), id, reason);
      await assert.rejects(settle('dana'), { code: 'settle-not-allowed' });
      await assert.rejects(settle('otto', ''), { code: 'reason-missing' });
      await assert.rejects(settle('otto'), { code: 'target-still-fenced' });
      assert.equal(await paper.stateOf(id), 'fenced');
      paper.engine.standing = () => Promise.resolve('old');
      assert.equal((await settle('otto')).state, 'failed');
      assert.deepEqual(await paper.store.runs.active(), []);
      const told = (await paper.store.events.ofRequest(id, ['run-failed'])).at(-1);
      assert.ok(told?.type === 'run-failed' && told.actor === 'otto', JSON.stringify(told));
      assert.match(told.cause, /by hand: opened the old one/);
      await assert.rejects(settle('otto'), { code: 'settle-nothing' });
      paper.engine.failing.clear();
      const next = await paper.ask('ci');
      await paper.drain();
      assert.equal(await paper.stateOf(next.id), 'succeeded');
    });

    it('by their word alone where the server was given up', async () => {
      const id = await fenced();
      paper.engine.standing = () => Promise.reject(unavailable('server-gone', 'Gone.', ''));
      await paper.service.settle(paper.actor('otto'), id, 'the server was given up');
      assert.equal(await paper.stateOf(id), 'failed');
    });
  });
});
