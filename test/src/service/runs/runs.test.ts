import assert from 'node:assert/strict';
import { commandError, unavailable } from '../../../../src/domain/errors.ts';
import type { RunId } from '../../../../src/domain/ids.ts';
import { createService } from '../../../../src/service/service.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('running a request', () => {
  let paper: Paper;
  beforeEach(async function () {
    paper = await openPaper();
  });
  afterEach(() => paper.close());

  describe('one run has a target at a time', () => {
    it('the next one waits and starts when it is free', async () => {
      await paper.backup();
      const first = await paper.ask('ci');
      const second = await paper.ask('ci', 'otto');
      assert.equal(await paper.stateOf(second.id), 'approved');
      await paper.drain();
      assert.equal(await paper.stateOf(first.id), 'succeeded');
      await paper.service.reconcile();
      assert.equal(await paper.stateOf(second.id), 'running');
      await paper.drain();
      assert.equal(await paper.stateOf(second.id), 'succeeded');
    });
  });

  describe('cancel', () => {
    beforeEach(() => paper.backup());

    it('ends a request that waits, by those who may', async () => {
      const request = await paper.ask('uat', 'quinn');
      await assert.rejects(() => paper.service.cancel(paper.actor('dana'), request.id), {
        code: 'cancel-not-allowed',
      });
      await paper.service.cancel(paper.actor('quinn'), request.id);
      assert.equal(await paper.stateOf(request.id), 'cancelled');
    });

    it('ends a running one between its steps; nothing is swapped', async () => {
      const request = await paper.ask('ci');
      paper.engine.before = async (act) => {
        if (act === 'load orders') await paper.service.cancel(paper.actor('dana'), request.id);
      };
      await paper.drain();
      assert.equal(await paper.stateOf(request.id), 'cancelled');
      assert.deepEqual(paper.engine.abandoned, ['orders']);
    });

    it('is too late from the first swap on', async () => {
      const request = await paper.ask('ci');
      let refused: unknown;
      paper.engine.before = async (act) => {
        if (act !== 'swap orders') return;
        refused = await paper.service
          .cancel(paper.actor('dana'), request.id)
          .catch((error: unknown) => error);
      };
      await paper.drain();
      assert.equal((refused as { code?: string }).code, 'cancel-too-late');
      assert.equal(await paper.stateOf(request.id), 'succeeded');
    });
  });

  describe('a failure', () => {
    beforeEach(() => paper.backup());

    it('leaves the target as it was, tells the operators, and can be retried after the mend', async () => {
      paper.engine.failing.set(
        'verify orders',
        commandError('verify-failed', 'A sentinel query answered "7"; expected "0".', 'Mend it, then retry.'),
      );
      const request = await paper.ask('ci');
      await paper.drain();
      assert.equal(await paper.stateOf(request.id), 'failed');
      const [failed] = await paper.store.events.ofRequest(request.id, ['run-failed']);
      assert.ok(failed?.type === 'run-failed' && failed.step === 'orders.verify' && !failed.targetTouched);
      const alerts = await paper.store.outbox.take('slack-alerts', 10, 60);
      assert.equal(alerts.length, 1);
      await assert.rejects(() => paper.service.acknowledge(paper.actor('dana'), request.id), {
        code: 'acknowledge-not-allowed',
      });
      await paper.service.acknowledge(paper.actor('otto'), request.id);
      paper.engine.failing.clear();
      paper.pass(3601);
      await assert.rejects(() => paper.service.retry(paper.actor('otto'), request.id), {
        code: 'request-expired',
      });
      paper.pass(-3601);
      await paper.service.retry(paper.actor('otto'), request.id);
      await paper.drain();
      assert.equal(await paper.stateOf(request.id), 'succeeded');
      const run = await paper.store.runs.ofRequest(request.id);
      assert.equal(run?.attempt, 2);
    });
  });

  it('one whose worker died while it took a failure back is taken back to the end: never half of a set', async () => {
    await paper.backup();
    await paper.backup({ database: 'billing' });
    const request = await paper.service.requestRefresh(
      paper.actor('dana'),
      paper.wish('ci', 'orders', 'billing'),
    );
    const life = new AbortController();
    const dying = createService({
      ...paper.deps,
      worker: 'dying',
      store: {
        ...paper.store,
        write: (work) =>
          life.signal.aborted ? Promise.reject(unavailable('dead', 'Dead.', '')) : paper.store.write(work),
      },
    });
    paper.engine.failing.set('swap billing', commandError('swap-failed', 'Sessions remain.', 'Retry.'));
    paper.engine.before = async (what) => {
      if (what.startsWith('abandon')) life.abort();
    };
    await dying.advance(paper.jobs.shift()!, life.signal);
    assert.equal(await paper.stateOf(request.id), 'running');
    // What failed the first time would work now.
    paper.engine.failing.clear();
    delete paper.engine.before;
    await paper.endLeases();
    await paper.service.reconcile();
    await paper.drain();
    const run = (await paper.store.runs.ofRequest(request.id))!.id;
    assert.equal(await paper.stateOf(request.id), 'failed');
    assert.deepEqual(await paper.store.swaps.ofRun(run), []);
    const [failed] = await paper.store.events.ofRequest(request.id, ['run-failed']);
    assert.ok(
      failed?.type === 'run-failed' && failed.code === 'swap-failed' && failed.hint.startsWith('Retry.'),
    );
    await paper.service.retry(paper.actor('dana'), request.id);
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'succeeded');
    assert.equal((await paper.store.swaps.ofRun(run)).length, 2);
  });

  it('one whose worker died before it could say that a database is ready: the next one says it, and no further one again', async () => {
    await paper.backup();
    const request = await paper.ask('ci');
    const types = async () => (await paper.store.events.ofRequest(request.id)).map(({ type }) => type);
    for (const last of ['item-ready', 'item-swapped']) {
      const life = new AbortController();
      const write: typeof paper.store.write = (work) =>
        paper.store.write((tx) => {
          const append: typeof tx.events.append = async (event, effects) => {
            if (event.type === last) life.abort();
            if (life.signal.aborted) throw unavailable('dead', 'Dead.', '');
            return tx.events.append(event, effects);
          };
          return work({ ...tx, events: { ...tx.events, append } });
        });
      const dying = createService({ ...paper.deps, worker: last, store: { ...paper.store, write } });
      await dying.advance(paper.jobs.shift()!, life.signal);
      assert.ok(!(await types()).includes(last as 'item-ready'), `${last} was not said`);
      await paper.endLeases();
      await paper.service.reconcile();
    }
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'succeeded');
    assert.equal((await types()).filter((type) => type === 'item-ready').length, 1);
  });

  it('leaves nothing on hosts: idle folders are swept, those of active and lately failed runs are not', async () => {
    await paper.backup();
    const request = await paper.ask('ci');
    const active = (await paper.store.runs.ofRequest(request.id))!.id;
    const old = new Date(Date.now() - 2 * 3_600_000);
    const [reading, fresh, busy] = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'] as RunId[];
    paper.folders.push(
      { run: active, changedAt: old, running: false, folder: true },
      { run: reading!, changedAt: old, running: false, folder: true },
      { run: fresh!, changedAt: new Date(), running: false, folder: true },
      { run: busy!, changedAt: old, running: true, folder: true },
    );
    await paper.service.reconcile();
    assert.deepEqual(paper.swept, [reading]);
    paper.engine.failing.set('verify orders', commandError('verify-failed', 'No.', ''));
    await paper.drain();
    paper.swept.length = 0;
    await paper.service.reconcile();
    assert.ok(!paper.swept.includes(active), 'what a failed run left is kept for a while');
    paper.pass(8 * 86_400);
    await paper.service.reconcile();
    assert.ok(paper.swept.includes(active));
  });

  describe('undo', () => {
    beforeEach(() => paper.backup());

    it('is a request of its own; done twice it brings the newer copy back', async () => {
      const refresh = await paper.ask('ci');
      await paper.drain();
      const undo = await paper.service.requestUndo(paper.actor('dana'), { request: refresh.id }, 'oops');
      await paper.drain();
      assert.equal(await paper.stateOf(undo.id), 'succeeded');
      assert.equal(undo.undoes, refresh.id);
      await assert.rejects(
        () => paper.service.requestUndo(paper.actor('dana'), { request: refresh.id }, ''),
        { code: 'undo-superseded', message: /refreshed or undone since \(REQ-\d+\); only the newest/ },
      );
      const again = await paper.service.requestUndo(
        paper.actor('dana'),
        { environment: 'ci', database: 'orders' },
        '',
      );
      await paper.drain();
      assert.equal(await paper.stateOf(again.id), 'succeeded');
      const latest = await paper.store.swaps.latest('test-pg', 'orders_ci');
      assert.equal(latest?.contents?.id, refresh.items[0]?.backup?.id);
    });

    it('needs an approval on a protected environment, unless an approver asks', async () => {
      const refresh = await paper.ask();
      await paper.service.decide(paper.actor('quinn'), { request: refresh.id, decision: 'approved' });
      await paper.drain();
      const byDana = await paper.service.requestUndo(paper.actor('dana'), { request: refresh.id }, '');
      assert.equal(byDana.state, 'pending');
      await paper.service.cancel(paper.actor('dana'), byDana.id);
      const byRosa = await paper.service.requestUndo(paper.actor('rosa'), { request: refresh.id }, '');
      await paper.drain();
      assert.equal(await paper.stateOf(byRosa.id), 'succeeded');
    });

    it('does not bring back what is not accepted any more', async () => {
      await paper.backup({ anonymisation: 'declared' });
      const dev = paper.site.environments['dev']! as { accepts: readonly string[] };
      const raw = await paper.backup({ repository: 'raw-nightly', anonymisation: 'raw' });
      (paper.site.repositories as Record<string, unknown>)['raw-nightly'] = {
        ...paper.site.repositories['nightly'],
        name: 'raw-nightly',
        anonymisation: 'raw',
      };
      const wish = (backup?: `BKP-${number}`) => ({
        environment: 'dev',
        databases: [backup === undefined ? { database: 'orders' } : { database: 'orders', backup }],
        reason: '',
      });
      await paper.service.requestRefresh(paper.actor('dana'), wish(raw.id));
      await paper.drain();
      dev.accepts = ['declared'];
      const second = await paper.service.requestRefresh(paper.actor('dana'), wish());
      await paper.drain();
      assert.equal(await paper.stateOf(second.id), 'succeeded');
      await assert.rejects(() => paper.service.requestUndo(paper.actor('dana'), { request: second.id }, ''), {
        code: 'backup-not-anonymised',
      });
    });

    it('brings raw data back to nobody who may not read it, by what is declared now', async () => {
      await paper.backup({ anonymisation: 'raw' });
      const first = await paper.ask('dev');
      await paper.drain();
      assert.equal(await paper.stateOf(first.id), 'succeeded');
      await paper.backup({ anonymisation: 'declared', dataAt: new Date(), takenAt: new Date() });
      const second = await paper.ask('dev');
      await paper.drain();
      Object.assign(paper.site, {
        rules: [
          { may: ['read-raw'], roles: ['operator'], environments: 'all', allow: true },
          { may: ['read-raw'], roles: 'everybody', environments: 'all', allow: false },
          { may: 'everything', roles: 'everybody', environments: 'all', allow: true },
        ],
      });
      await assert.rejects(() => paper.service.requestUndo(paper.actor('dana'), { request: second.id }, ''), {
        code: 'raw-not-allowed',
      });
    });

    it('may be asked for by those who decide and those who mend, too', async () => {
      (paper.site.environments['ci'] as { requesters: readonly string[] }).requesters = ['developer'];
      const refresh = await paper.ask('ci');
      await paper.drain();
      const undo = await paper.service.requestUndo(paper.actor('otto'), { request: refresh.id }, 'broken');
      await paper.drain();
      assert.equal(await paper.stateOf(undo.id), 'succeeded');
    });

    it('leaves nothing to drop of the copy that it made live again', async () => {
      const refresh = await paper.ask('ci');
      await paper.drain();
      await paper.service.requestUndo(paper.actor('dana'), { request: refresh.id }, '');
      await paper.drain();
      paper.pass(2 * 86_400);
      const due = await paper.store.swaps.dueForDrop(paper.deps.now());
      assert.deepEqual(
        due.map((swap) => swap.request),
        ['REQ-2'],
        'only the newer copy, which the undo keeps',
      );
    });

    it('is refused when nothing was swapped, or the copy is gone', async () => {
      const refresh = await paper.ask('ci');
      await assert.rejects(
        () => paper.service.requestUndo(paper.actor('dana'), { request: refresh.id }, ''),
        {
          code: 'undo-nothing',
        },
      );
      await paper.drain();
      paper.pass(2 * 86_400);
      await paper.service.reconcile();
      assert.equal(paper.engine.dropped.length, 1);
      await assert.rejects(
        () => paper.service.requestUndo(paper.actor('dana'), { request: refresh.id }, ''),
        {
          code: 'undo-too-late',
        },
      );
    });
  });
});
