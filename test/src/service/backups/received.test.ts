import assert from 'node:assert/strict';
import { contentsOf, type Backup } from '../../../../src/domain/backup.ts';
import { seal } from '../../../../src/service/audit/seal.ts';
import { verify } from '../../../../src/service/audit/verify.ts';
import { asRuntime } from '../../../../src/store/embedded.ts';
import { administer } from '../../../postgres.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

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

  /** Asks for a refresh and lets it run. */
  async function refreshed(environment: string, database = 'orders') {
    const wish = { environment, databases: [{ database }], reason: `for ${environment}` };
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), wish);
    await paper.service.dispatch(id);
    await paper.drain();
    return id;
  }

  /** The file of a backup is replaced in its place: another checksum, moment and kind under the same number. */
  async function replace(backup: Backup): Promise<Backup> {
    const { id, ...known } = backup;
    const now = await paper.backup({
      ...known,
      checksum: 'e'.repeat(64),
      dataAt: new Date(Date.UTC(2027, 0, 1)),
      anonymisation: 'raw',
      scope: 'subset',
    });
    assert.equal(now.id, id);
    return now;
  }

  it('stays as it was when the backup is replaced in its place', async () => {
    const backup = await paper.backup();
    const request = await refreshed('ci');
    const holds = async () => {
      const one = (await paper.service.standings()).find(({ environment }) => environment.name === 'ci');
      const standing = one?.databases.find(({ placement }) => placement.database === 'orders')?.standing;
      const contents = await paper.store.swaps.contents([{ server: 'test-pg', databaseName: 'orders_ci' }]);
      const view = await paper.service.view(request);
      const { checksum, dataAt, anonymisation, scope } = view.backups['orders']!;
      const [received] = await paper.store.seals.received({ environment: 'ci' }, 1);
      return {
        standing: standing?.swap.contents,
        staying: contents[0]?.dataAt,
        view: { checksum, dataAt, anonymisation, scope },
        received,
      };
    };
    const before = await holds();
    assert.deepEqual(before.standing, contentsOf({ ...backup, checksum: backup.checksum! }));
    assert.deepEqual([before.staying, before.received?.dataAt], [backup.dataAt, backup.dataAt]);
    await replace(backup);
    assert.deepEqual(await holds(), before);
  });

  it('is of the file that was restored when that is replaced during the restore', async () => {
    const backup = await paper.backup();
    paper.engine.before = async (act) => {
      if (act === 'verify orders') await replace(backup);
    };
    await refreshed('ci');
    const [received] = await paper.store.seals.received({ environment: 'ci' }, 1);
    assert.deepEqual(
      [received?.checksum, received?.dataAt, received?.anonymisation, received?.scope],
      [backup.checksum, backup.dataAt, 'declared', 'full'],
    );
  });

  it('judges what an undo brings back by what it was', async () => {
    const backup = await paper.backup();
    await refreshed('ci');
    await paper.backup();
    const second = await refreshed('ci');
    // Raw by now, which nobody may bring to where only anonymised data is accepted; what is kept is not.
    await replace(backup);
    const undo = await paper.service.requestUndo(paper.actor('dana'), { request: second }, '');
    await paper.drain();
    assert.equal((await paper.store.requests.get(undo.id))?.state, 'succeeded');
    const [received] = await paper.store.seals.received({ environment: 'ci' }, 1);
    assert.deepEqual([received?.checksum, received?.kind], [backup.checksum, 'undo']);
  });

  it('is not changed by anything that the role that serves may change', async () => {
    await paper.backup();
    await refreshed('ci');
    await paper.backup();
    await refreshed('ci');
    const asked = () => paper.store.seals.received({}, 10);
    const before = await asked();
    assert.equal(before.length, 2);
    const runtime = asRuntime(paper.connectionString);
    for (const change of [
      `update freshet.swaps set contents = null, backup = null, environment = 'x', at = now(), server = 'x', superseded_by = null`,
      `update freshet.requests set requested_by = 'quinn', front = 'jira', kind = 'undo', environment = 'x'`,
      `update freshet.request_items set backup = null, backup_checksum = null`,
      `update freshet.backups set anonymisation = 'proven', data_at = now(), environment = 'x', checksum = null`,
      `delete from freshet.approvals`,
      `delete from freshet.swaps`,
    ]) {
      await administer(runtime, change);
      assert.deepEqual(await asked(), before, change);
    }
    for (const table of ['receipts', 'put_backs', 'events']) {
      await assert.rejects(administer(runtime, `delete from freshet.${table}`), { code: '42501' });
    }
    await assert.rejects(administer(runtime, `update freshet.receipts set backup = null`), { code: '42501' });
  });

  it('tells what was put back by its own run, and what was in again with that', async () => {
    await paper.backup();
    await paper.backup({ database: 'billing', dataAt: new Date(Date.UTC(2026, 10, 2)) });
    const first = await refreshed('ci');
    paper.engine.failing.set('swap billing', new Error('no'));
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), {
      environment: 'ci',
      databases: [{ database: 'orders' }, { database: 'billing' }],
      reason: 'both',
    });
    await paper.service.dispatch(id);
    await paper.drain();
    assert.equal((await paper.store.requests.get(id))?.items[0]?.state, 'put-back');
    const all = await paper.store.seals.received({ environment: 'ci' }, 10);
    assert.deepEqual(
      all.map(({ request, putBack, until }) => [request, putBack, until !== undefined]),
      [
        [id, true, true],
        [first, false, false],
      ],
    );
    await seal(paper.deps);
    assert.equal((await verify(paper.store)).misfit, undefined);
  });

  describe('and the log', () => {
    it('say the same, or it is found out', async () => {
      const backup = await paper.backup();
      await refreshed('ci');
      await seal(paper.deps);
      assert.equal((await verify(paper.store)).misfit, undefined);
      const found = async (statement: string) => {
        await administer(paper.connectionString, `set session_replication_role = replica; ${statement}`);
        return (await verify(paper.store)).misfit?.says;
      };
      assert.match(
        (await found(`update freshet.receipts set anonymisation = 'proven'`))!,
        /is not what event/,
      );
      await found(`update freshet.receipts set anonymisation = '${backup.anonymisation}'`);
      assert.match(
        (await found(`update freshet.receipts set event = event - 1`))!,
        /does not hold what event/,
      );
      await found(`update freshet.receipts set event = event + 1`);
      assert.equal((await verify(paper.store)).misfit, undefined);
      assert.match(
        (await found(
          `insert into freshet.put_backs (receipt, event, at) select number, event - 1, at from freshet.receipts`,
        ))!,
        /that event \d+ does not say/,
      );
    });
  });
});
