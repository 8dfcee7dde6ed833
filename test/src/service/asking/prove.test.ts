import assert from 'node:assert/strict';
import { commands } from '../../../../commands/index.ts';
import type { Output } from '../../../../commands/command.ts';
import { commandError, conflict } from '../../../../src/domain/errors.ts';
import type { BackupId, RequestId } from '../../../../src/domain/ids.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { provingSite } from '../../../proving-site.ts';

describe('a proof of a backup, from asking to the catalogue', function () {
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper(provingSite);
  });
  afterEach(() => paper.close());

  const command = commands.find(({ words }) => words.join(' ') === 'backups prove')!;

  function say(person: string, input: Record<string, unknown>): Promise<Output> {
    return command.run(paper.service, paper.actor(person), { reason: '', ...input });
  }

  async function ask(backup: BackupId, person = 'otto') {
    const output = await say(person, { backup });
    assert.ok(output.kind === 'requested');
    return output.view.request;
  }

  async function prove(backup: BackupId) {
    const request = await ask(backup);
    await paper.drain();
    return request;
  }

  const found = async (id: BackupId) => (await paper.store.backups.get(id))!;
  const types = (id: RequestId) => paper.typesOf(id);

  it("needs nobody and nothing of production, restores into a database that is nobody's, and says so of the backup", async () => {
    const backup = await paper.backup();
    const request = await prove(backup.id);
    assert.deepEqual([request.kind, request.environment, request.state], ['prove', 'production', 'running']);
    const [item] = request.items;
    assert.deepEqual(
      [item?.server, item?.databaseName, item?.target],
      ['proof-pg', 'freshet_proof', 'proof'],
    );
    assert.equal(await paper.stateOf(request.id), 'succeeded');
    assert.deepEqual(paper.engine.performed, [
      'check orders',
      'load orders',
      'verify orders',
      'publish orders',
    ]);
    const proven = await found(backup.id);
    assert.equal(proven.verifiedBy, request.id);
    assert.ok(proven.verifiedAt !== undefined && proven.unprovenAt === undefined);
    assert.ok((await types(request.id)).includes('item-proven'));
    assert.equal((await paper.service.view(request.id)).request.items[0]?.state, 'proven');
    assert.deepEqual((await paper.service.view(request.id)).swaps, []);
  });

  it('one that the backup fails is held against it: it is not chosen any more, and offered last', async () => {
    const older = await paper.backup();
    const newer = await paper.backup();
    paper.engine.failing.set(
      'verify orders',
      conflict('rows-missing', '"customer" has 3 rows; expected at least 10.', 'Look at the dump.'),
    );
    const request = await prove(newer.id);
    assert.equal(await paper.stateOf(request.id), 'failed');
    const judged = await found(newer.id);
    assert.match(judged.unprovenWhy ?? '', /has 3 rows/);
    assert.equal(judged.verifiedAt, undefined);
    assert.ok((await types(request.id)).includes('item-unproven'));
    assert.deepEqual(paper.engine.abandoned, ['orders']);
    assert.deepEqual(paper.engine.kept, [], 'nothing of it is kept for a retry');

    const chosen = await paper.ask('ci');
    assert.equal(chosen.items[0]?.backup?.id, older.id);
    const what = { environment: 'ci', database: 'orders', text: '' };
    const { fit } = await paper.service.suggestBackups(paper.actor('dana'), what, 10);
    assert.deepEqual(
      fit.map(({ id }) => id),
      [older.id, newer.id],
    );

    paper.engine.failing.clear();
    await paper.service.retry(paper.actor('otto'), request.id);
    await paper.drain();
    const again = await found(newer.id);
    assert.ok(again.verifiedAt !== undefined && again.unprovenAt === undefined);
    assert.equal(again.unprovenWhy, undefined);
  });

  it('one that the proving host fails says nothing of the backup', async () => {
    const backup = await paper.backup();
    paper.engine.failing.set('load orders', commandError('no-space', 'The disk is full.', 'Make room.'));
    const request = await prove(backup.id);
    assert.equal(await paper.stateOf(request.id), 'failed');
    assert.deepEqual(await found(backup.id), backup);
    assert.ok(!(await types(request.id)).includes('item-unproven'));
  });

  it('a file that was put in the place of the proven one has no proof', async () => {
    const backup = await paper.backup();
    const request = await ask(backup.id);
    paper.engine.before = async (act) => {
      if (act === 'publish orders')
        await paper.store.write((tx) => tx.backups.update(backup.id, { checksum: 'e'.repeat(64) }));
    };
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'succeeded');
    assert.equal((await found(backup.id)).verifiedAt, undefined);
  });

  it('takes the right to prove, a backup that can be restored, and a host that may hold it', async () => {
    const backup = await paper.backup();
    const raw = await paper.backup({ anonymisation: 'raw', repository: 'nightly' });
    await assert.rejects(ask(backup.id, 'dana'), { code: 'prove-not-allowed' });
    await paper.store.write((tx) => tx.backups.update(backup.id, { state: 'missing' }));
    await assert.rejects(ask(backup.id), { code: 'backup-missing' });
    Object.assign(paper.site.hosts['test-db']!, { holdsRawData: false });
    await assert.rejects(ask(raw.id), { code: 'host-no-raw-data' });
    delete (paper.site.servers['proof-pg'] as { proves?: object }).proves;
    await assert.rejects(ask(raw.id), { code: 'proves-nowhere' });
  });

  it('a plan of it asks for nothing, and two of one server wait for one another', async () => {
    const [one, other] = [await paper.backup(), await paper.backup()];
    const output = await say('otto', { backup: one.id, plan: true });
    assert.ok(output.kind === 'preview' && output.preview.kind === 'prove' && !output.preview.needsApproval);
    assert.equal((await paper.store.requests.list({}, { limit: 1, offset: 0 })).total, 0);
    await ask(one.id);
    const second = await ask(other.id);
    assert.ok((await types(second.id)).includes('request-waiting'));
    await paper.drain();
    await paper.service.reconcile();
    await paper.drain();
    assert.equal(await paper.stateOf(second.id), 'succeeded');
  });

  it('is cancelled like any other, and then nothing is said of the backup', async () => {
    const backup = await paper.backup();
    const request = await ask(backup.id);
    await paper.service.cancel(paper.actor('otto'), request.id);
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'cancelled');
    assert.deepEqual(await found(backup.id), backup);
  });
});
