import assert from 'node:assert/strict';
import { isFreshetError } from '../../../../src/domain/errors.ts';
import { noBackup, openPaper, type Paper } from '../../../house-of-paper.ts';

describe('a request, from asking to the end', () => {
  let paper: Paper;
  beforeEach(async function () {
    paper = await openPaper();
  });
  afterEach(() => paper.close());

  it('waits for an approval where the environment is protected, and takes the newest acceptable backup', async () => {
    await paper.backup();
    const fits = await paper.backup();
    await paper.backup({ anonymisation: 'raw' });
    await paper.backup({ state: 'corrupt', stateReason: 'cut short' });
    const request = await paper.ask();
    assert.equal(request.state, 'pending');
    assert.equal(request.items[0]?.backup?.id, fits.id);
    assert.deepEqual(paper.jobs, []);
    assert.deepEqual(await paper.typesOf(request.id), ['request-created']);
  });

  it('starts with the approval of an approver, and ends with a swap', async () => {
    const backup = await paper.backup();
    const request = await paper.ask();
    await paper.service.decide(paper.actor('quinn', 'jira'), {
      request: request.id,
      decision: 'approved',
      digest: request.digest,
    });
    assert.equal(await paper.stateOf(request.id), 'running');
    await paper.drain();
    assert.equal(await paper.stateOf(request.id), 'succeeded');
    assert.deepEqual(paper.engine.performed, ['check orders', 'load orders', 'verify orders', 'swap orders']);
    const [swap] = (await paper.service.view(request.id)).swaps;
    assert.equal(swap?.contents?.id, backup.id);
    const seen = await paper.typesOf(request.id);
    assert.ok(seen.indexOf('request-approved') < seen.indexOf('run-started'));
    assert.equal(seen.at(-1), 'run-succeeded');
  });

  it('is approved by rule where the environment is not protected, and says so', async () => {
    await paper.backup();
    const request = await paper.ask('ci');
    assert.equal(await paper.stateOf(request.id), 'running');
    const [approval] = await paper.store.approvals.of(request.id);
    assert.equal(approval?.front, 'rule');
    assert.equal(approval?.by, undefined);
  });

  describe('is refused', () => {
    beforeEach(() => paper.backup());
    const cases: [string, string, () => Promise<unknown>][] = [
      ['production', 'environment-production', () => paper.ask('production')],
      ['an unknown environment', 'environment-unknown', () => paper.ask('uta')],
      [
        'an unknown database',
        'database-unknown',
        () => paper.service.requestRefresh(paper.actor('dana'), paper.wish('uat', 'ordres')),
      ],
      [
        'no database',
        'database-missing',
        () => paper.service.requestRefresh(paper.actor('dana'), paper.wish('uat')),
      ],
      [
        'a database twice',
        'database-twice',
        () => paper.service.requestRefresh(paper.actor('dana'), paper.wish('uat', 'orders', 'orders')),
      ],
      [
        'a database without a fitting backup',
        'backup-none',
        () => paper.service.requestRefresh(paper.actor('dana'), paper.wish('uat', 'billing')),
      ],
      ['a backup nobody knows', 'backup-unknown', () => chosen(noBackup)],
      [
        'a raw backup',
        'backup-not-anonymised',
        async () => chosen((await paper.backup({ anonymisation: 'raw' })).id),
      ],
      [
        'a corrupt backup',
        'backup-corrupt',
        async () => chosen((await paper.backup({ state: 'corrupt' })).id),
      ],
      [
        'a backup that is gone',
        'backup-missing',
        async () => chosen((await paper.backup({ state: 'missing' })).id),
      ],
      [
        'a backup of another database',
        'backup-other-database',
        async () => chosen((await paper.backup({ database: 'billing' })).id),
      ],
      [
        'an endless reason',
        'reason-too-long',
        () =>
          paper.service.requestRefresh(paper.actor('dana'), {
            ...paper.wish('uat', 'orders'),
            reason: 'x'.repeat(2001),
          }),
      ],
    ];
    const chosen = (backup: `BKP-${number}`) =>
      paper.service.requestRefresh(paper.actor('dana'), {
        environment: 'uat',
        databases: [{ database: 'orders', backup }],
        reason: '',
      });
    for (const [what, code, deed] of cases) {
      it(`${what} (${code})`, async () => {
        await assert.rejects(deed, { code });
        assert.equal((await paper.service.listRequests({}, { limit: 1, offset: 0 })).total, 0);
      });
    }

    it('when the host lacks a right, before anybody is asked', async () => {
      paper.engine.problems.push({
        code: 'right-missing',
        message: 'A right is missing.',
        hint: 'Grant it.',
      });
      await assert.rejects(() => paper.ask(), { code: 'right-missing' });
    });

    it('when exactly the same is on its way already', async () => {
      const first = await paper.ask();
      await assert.rejects(() => paper.ask(), { code: 'request-duplicate', message: new RegExp(first.id) });
    });

    it('when exactly the same is asked for in the same moment', async () => {
      const asked = await Promise.allSettled(Array.from({ length: 4 }, () => paper.ask()));
      const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      assert.deepEqual(
        refused.map((error) => isFreshetError(error, 'Conflict') && error.code),
        ['request-duplicate', 'request-duplicate', 'request-duplicate'],
      );
    });

    it('raw data on a host that must not hold it', async () => {
      const raw = await paper.backup({ anonymisation: 'raw' });
      const strict = await openPaper((site) => ({
        ...site,
        hosts: { ...site.hosts, 'test-db': { ...site.hosts['test-db']!, holdsRawData: false } },
      }));
      try {
        const there = await strict.backup({ anonymisation: 'raw', path: raw.path });
        await assert.rejects(
          () =>
            strict.service.requestRefresh(strict.actor('dana'), {
              environment: 'dev',
              databases: [{ database: 'orders', backup: there.id }],
              reason: '',
            }),
          { code: 'host-no-raw-data' },
        );
      } finally {
        await strict.close();
      }
    });
  });

  it('expires when nobody decides', async () => {
    await paper.backup();
    const request = await paper.ask();
    paper.pass(3601);
    await assert.rejects(
      () => paper.service.decide(paper.actor('quinn'), { request: request.id, decision: 'approved' }),
      { code: 'request-expired' },
    );
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(request.id), 'expired');
  });
});
