import assert from 'node:assert/strict';
import { commands } from '../../../../commands/index.ts';
import type { Output } from '../../../../commands/command.ts';
import { conflict } from '../../../../src/domain/errors.ts';
import type { EventType } from '../../../../src/domain/event.ts';
import type { BackupId, RequestId } from '../../../../src/domain/ids.ts';
import type { RefreshWish } from '../../../../src/service/asking/previews.ts';
import { scan } from '../../../../src/service/backups/catalogue.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { takingSite } from '../../../taking-site.ts';

describe('a backup that is taken, from asking to the catalogue', function () {
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper(takingSite);
  });
  afterEach(() => paper.close());

  const command = commands.find(({ words }) => words.join(' ') === 'backups take')!;

  function say(person: string, input: Record<string, unknown>): Promise<Output> {
    return command.run(paper.service, paper.actor(person), input);
  }

  async function ask(person: string, environment: string, ...databases: string[]) {
    const output = await say(person, { environment, databases, reason: 'before the migration' });
    assert.ok(output.kind === 'requested');
    return output.view.request;
  }

  async function approve(request: { id: RequestId; digest: string }) {
    const { id, digest } = request;
    await paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved', digest });
  }

  async function types(id: RequestId): Promise<EventType[]> {
    return (await paper.store.events.ofRequest(id)).map((event) => event.type);
  }

  it('waits for its approval, is run, and is in the catalogue at once, with its moment from the run', async () => {
    const request = await ask('otto', 'uat', 'orders', 'billing');
    assert.equal(request.state, 'pending');
    assert.deepEqual(
      request.items.map(({ repository }) => repository),
      ['taken', 'taken'],
    );
    await approve(request);
    const began = paper.deps.now();
    const moments: Record<string, Date> = { orders: began, billing: new Date('2019-01-01T00:00:00Z') };
    for (const [database, at] of Object.entries(moments))
      paper.engine.answers.set(`publish ${database}`, { dataAt: at.toISOString() });
    await paper.drain();
    const view = await paper.service.view(request.id);
    assert.equal(view.request.state, 'succeeded');
    assert.deepEqual(
      view.request.items.map(({ state }) => state),
      ['taken', 'taken'],
    );
    assert.deepEqual(view.swaps, []);
    const { backups } = await paper.store.backups.list({ repository: 'taken' }, { limit: 10, offset: 0 });
    assert.equal(backups.length, 2);
    for (const backup of backups) {
      assert.equal(backup.takenBy, request.id);
      assert.equal(backup.dataAtOrigin, 'manifest');
      // A host whose clock is years behind does not make the newest the oldest, which retention would remove at once.
      assert.deepEqual(backup.dataAt, { orders: began, billing: request.createdAt }[backup.database]);
      assert.deepEqual(
        [backup.environment, backup.anonymisation, backup.scope, backup.state],
        ['uat', 'raw', 'full', 'present'],
      );
    }
    assert.deepEqual(
      (await types(request.id)).filter((type) => type === 'item-taken' || type === 'item-swapped'),
      ['item-taken', 'item-taken'],
    );
  });

  it('comes back to an environment that takes no raw data where that accepts its own, and so does its undo', async () => {
    await ask('otto', 'dev', 'orders');
    await paper.drain();
    const [taken] = await paper.store.backups.ofRepository('taken-dev');
    const jobs = await paper.backup({ anonymisation: 'raw', environment: 'dev', repository: 'taken-dev' });
    const anonymised = await paper.backup();
    const dev = paper.site.environments['dev'] as unknown as { accepts: string[]; acceptsOwn?: true };
    const accepts = dev.accepts;
    const from = (backup: BackupId) => ({
      ...paper.wish('dev'),
      databases: [{ database: 'orders', backup }],
    });
    const refresh = async (backup: BackupId) => {
      const { id } = await paper.service.requestRefresh(paper.actor('otto'), { ...from(backup), reason: '' });
      await paper.drain();
      assert.equal((await paper.service.view(id)).request.state, 'succeeded');
      return id;
    };
    try {
      dev.accepts = ['declared', 'proven'];
      const code = 'backup-not-anonymised';
      await assert.rejects(refresh(taken!.id), { code, hint: /acceptsOwn/ });
      dev.acceptsOwn = true;
      await refresh(taken!.id);
      const other = await refresh(anonymised.id);
      const undo = await paper.service.requestUndo(paper.actor('otto'), { request: other }, '');
      await paper.drain();
      assert.equal((await paper.service.view(undo.id)).request.state, 'succeeded');
      await assert.rejects(refresh(jobs.id), { code }, 'what lies beside it is not its own');
    } finally {
      dev.accepts = accepts;
      delete dev.acceptsOwn;
    }
  });

  it('comes back to its environment by its number, and is never chosen for it by itself', async () => {
    const nightly = await paper.backup({ anonymisation: 'raw' });
    const other = await paper.backup({ anonymisation: 'raw', database: 'billing', dataAt: nightly.dataAt! });
    await ask('otto', 'dev', 'orders', 'billing');
    await paper.drain();
    const [taken] = (await paper.store.backups.ofRepository('taken-dev')).filter(
      ({ database }) => database === 'orders',
    );
    // However many of its own are newer.
    for (let n = 0; n < 25; n++)
      await paper.backup({ anonymisation: 'raw', environment: 'dev', repository: 'taken-dev' });
    const dana = paper.actor('dana');
    const chosen = async (wish: RefreshWish) =>
      (await paper.service.previewRefresh(dana, wish)).items[0]?.backup?.id;
    const wish = paper.wish('dev', 'orders');
    assert.equal(await chosen(wish), nightly.id);
    const { items } = await paper.service.prospect(dana, wish);
    assert.equal(items[0]?.suggested?.id, nightly.id);
    const both = await paper.service.previewRefresh(dana, paper.wish('dev', 'orders', 'billing'));
    assert.deepEqual(
      both.items.map(({ backup }) => backup?.id),
      [nightly.id, other.id],
    );
    assert.equal(
      await chosen({ ...wish, databases: [{ database: 'orders', backup: taken!.id }] }),
      taken!.id,
    );
  });

  it('is refused where the engine can take none, before anybody is asked', async () => {
    const { dumping: _, ...engine } = paper.engine;
    paper.deps.engine = () => engine;
    await assert.rejects(ask('otto', 'uat', 'orders'), { code: 'take-unsupported' });
  });

  it('a later scan neither reads it again nor makes it twice', async () => {
    const request = await ask('otto', 'dev', 'orders');
    await paper.drain();
    const [before] = (await paper.store.backups.ofRepository('taken-dev')).map((one) => one);
    assert.equal(before?.takenBy, request.id);
    let reads = 0;
    const read = await scan(paper.deps, {
      site: paper.site.repositories['taken-dev']!,
      scan: () =>
        Promise.resolve([
          { path: before.path, kind: 'folder', bytes: before.bytes, modifiedAt: before.takenAt },
        ]),
      read() {
        reads += 1;
        return Promise.resolve({ state: 'ignored', why: 'its name does not fit the pattern' });
      },
      outline: () => Promise.resolve(undefined),
      remove: () => Promise.resolve(),
    });
    assert.deepEqual([read, reads], [0, 0]);
    assert.deepEqual(await paper.store.backups.ofRepository('taken-dev'), [before]);
  });

  it('a plan of it asks for nothing', async () => {
    const output = await say('otto', { environment: 'uat', databases: ['orders'], plan: true });
    assert.ok(output.kind === 'preview' && output.preview.kind === 'take');
    assert.equal((await paper.store.requests.list({}, { limit: 1, offset: 0 })).total, 0);
  });

  it('takes the right to take, and a repository that takes', async () => {
    await assert.rejects(ask('dana', 'uat', 'orders'), { code: 'take-not-allowed' });
    await assert.rejects(ask('otto', 'ci', 'orders'), { code: 'takes-nowhere' });
    await assert.rejects(ask('otto', 'uat', 'orders', 'orders'), { code: 'database-twice' });
  });

  it('does not run when its repository is another place than what was approved', async () => {
    const request = await ask('otto', 'uat', 'orders');
    await approve(request);
    Object.assign(paper.site.repositories['taken']!, { root: 'elsewhere' });
    await paper.drain();
    const [failed] = await paper.store.events.ofRequest(request.id, ['run-failed']);
    assert.equal(failed?.type === 'run-failed' && failed.code, 'approval-outdated');
    assert.deepEqual(paper.engine.performed, []);
  });

  it('waits behind a refresh of the same database, and neither holds nor freeze windows keep it back', async () => {
    await paper.backup();
    await paper.service.requestRefresh(paper.actor('dana'), {
      environment: 'dev',
      databases: [{ database: 'orders' }],
      reason: 'release 12',
    });
    await paper.service.placeHold(paper.actor('otto'), {
      environment: 'dev',
      until: new Date(paper.deps.now().getTime() + 3_600_000),
      reason: 'a test runs',
    });
    const request = await ask('otto', 'dev', 'orders');
    assert.ok((await types(request.id)).includes('request-waiting'));
    await paper.drain();
    await paper.service.reconcile();
    await paper.drain();
    assert.equal((await paper.store.requests.get(request.id))?.state, 'succeeded');
  });

  it('one that failed is told to the operators, is repeated, and then succeeds; one that runs can be cancelled', async () => {
    paper.engine.failing.set('dump orders', conflict('no-space', 'The disk is full.', 'Make room.'));
    const request = await ask('otto', 'dev', 'orders');
    await paper.drain();
    assert.equal((await paper.store.requests.get(request.id))?.state, 'failed');
    const failed = (await paper.store.events.ofRequest(request.id, ['run-failed']))[0];
    assert.equal(failed?.type === 'run-failed' && failed.targetTouched, false);
    paper.engine.failing.clear();
    await paper.service.retry(paper.actor('otto'), request.id);
    await paper.drain();
    assert.equal((await paper.store.requests.get(request.id))?.state, 'succeeded');
    assert.deepEqual(paper.engine.abandoned, [], 'nothing of ours was on the server');

    const next = await ask('otto', 'dev', 'billing');
    await paper.service.cancel(paper.actor('otto'), next.id);
    await paper.drain();
    assert.equal((await paper.store.requests.get(next.id))?.state, 'cancelled');
    assert.equal((await paper.store.backups.ofRepository('taken-dev')).length, 1);
  });
});
