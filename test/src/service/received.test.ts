import assert from 'node:assert/strict';
import { openPaper, type Paper } from '../../house-of-paper.ts';

describe('who received which data', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper();
  });
  afterEach(() => paper.close());

  it('is one question', async () => {
    const backup = await paper.backup();
    const refresh = async (environment: string) => {
      const wish = { environment, databases: [{ database: 'orders' }], reason: `for ${environment}` };
      const { id } = await paper.service.requestRefresh(paper.actor('dana'), wish);
      if (environment === 'uat')
        await paper.service.decide(paper.actor('quinn', 'jira'), { request: id, decision: 'approved' });
      await paper.service.dispatch(id);
      await paper.drain();
      return id;
    };
    const first = await refresh('uat');
    await refresh('ci');
    await paper.backup();
    await refresh('ci');
    const [of] = await paper.store.seals.received({ environment: 'uat' }, 10);
    assert.deepEqual(
      [of?.request, of?.backup, of?.source, of?.anonymisation, of?.requestedBy, of?.approvals, of?.until],
      [
        first,
        backup.id,
        'production',
        'declared',
        'dana',
        [{ by: 'quinn', front: 'jira', stage: 'approval' }],
        undefined,
      ],
    );
    const whole = await paper.store.seals.received({ person: 'dana' }, 10);
    assert.deepEqual(
      whole.map(({ environment, until: end }) => [environment, end !== undefined]),
      [
        ['ci', false],
        ['ci', true],
        ['uat', false],
      ],
    );
    const byBackup = await paper.store.seals.received({ backup: Number(backup.id.slice(4)) }, 10);
    assert.deepEqual(
      byBackup.map(({ environment }) => environment),
      ['ci', 'uat'],
    );
    assert.deepEqual(await paper.store.seals.received({ person: 'quinn' }, 10), []);
    assert.deepEqual(await paper.store.seals.received({ since: new Date(Date.now() + 60_000) }, 10), []);
    const next = await paper.store.seals.received({ before: whole[1]!.number }, 10);
    assert.deepEqual(
      next.map(({ environment }) => environment),
      ['uat'],
    );
  });
});
