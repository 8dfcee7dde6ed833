import assert from 'node:assert/strict';
import { conflict } from '../../../../src/domain/errors.ts';
import { theSite, type Site } from '../../../../src/domain/site.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { provingSite } from '../../../proving-site.ts';

const day = 86_400;

function weekly(site: Site): Site {
  const proving = provingSite(site);
  const nightly = { ...proving.repositories['nightly']!, proveEverySeconds: 7 * day };
  return { ...proving, repositories: { ...proving.repositories, nightly } };
}

describe('proofs that the site file asks for', function () {
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper(weekly);
  });
  afterEach(() => paper.close());

  const asked = async () => {
    const { requests } = await paper.store.requests.list({ kind: 'prove' }, { limit: 10, offset: 0 });
    return requests.map(({ items, requestedBy, front }) => [items[0]?.backup?.id, requestedBy, front]);
  };

  it('are asked for once in their time, of the newest of each database, by the site itself', async () => {
    await paper.backup();
    const newest = await paper.backup();
    const billing = await paper.backup({ database: 'billing' });
    await paper.service.keepBackups();
    await paper.drain();
    await paper.service.reconcile();
    await paper.drain();
    await paper.service.keepBackups();
    const by = (await asked()).toSorted((a, b) => String(a[0]).localeCompare(String(b[0])));
    assert.deepEqual(by, [
      [newest.id, theSite, 'rule'],
      [billing.id, theSite, 'rule'],
    ]);
    const { backups } = await paper.store.backups.list({ repository: 'nightly' }, { limit: 10, offset: 0 });
    assert.deepEqual(
      backups.flatMap(({ id, verifiedAt }) => (verifiedAt === undefined ? [] : [id])).toSorted(),
      [newest.id, billing.id],
    );

    paper.pass(8 * day);
    const later = await paper.backup();
    await paper.service.keepBackups();
    assert.ok((await asked()).some(([id]) => id === later.id));
  });

  it('what a person had proven is not asked for again', async () => {
    const backup = await paper.backup();
    await paper.service.requestProve(paper.actor('otto'), { backup: backup.id }, '');
    await paper.drain();
    await paper.service.keepBackups();
    assert.equal((await asked()).length, 1);
  });

  it('a failure of the host is no reason to ask again and again', async () => {
    await paper.backup();
    paper.engine.failing.set('load orders', conflict('no-space', 'The disk is full.', 'Make room.'));
    await paper.service.keepBackups();
    await paper.drain();
    await paper.service.keepBackups();
    assert.equal((await asked()).length, 1);
  });

  it('what can not be asked for is told to the operators once a day', async () => {
    await paper.backup();
    paper.engine.problems.push({
      code: 'tool-missing',
      message: 'There is no pg_restore.',
      hint: 'Install it.',
    });
    const alerts = async () => (await paper.store.events.ofNoRequest(['upkeep-alert'], 10)).length;
    await paper.service.keepBackups();
    await paper.service.keepBackups();
    assert.deepEqual([await alerts(), (await asked()).length], [1, 0]);
    paper.pass(day + 1);
    await paper.service.keepBackups();
    assert.equal(await alerts(), 2);
    paper.engine.problems.pop();
    paper.pass(day + 1);
    await paper.service.keepBackups();
    assert.equal((await asked()).length, 1);
  });
});
