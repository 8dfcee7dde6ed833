import assert from 'node:assert/strict';
import { commandError } from '../../../src/domain/errors.ts';
import type { EventType } from '../../../src/domain/event.ts';
import type { RequestId } from '../../../src/domain/ids.ts';
import { noBackup, openPaper, type Paper } from '../../house-of-paper.ts';

describe('a request, from asking to the end', () => {
  let paper: Paper;
  beforeEach(async function () {
    this.timeout(30_000);
    paper = await openPaper();
  });
  afterEach(() => paper.close());

  const wish = (environment: string, ...databases: string[]) => ({
    environment,
    databases: databases.map((database) => ({ database })),
    reason: 'release 12',
  });

  async function types(id: RequestId): Promise<EventType[]> {
    return (await paper.store.events.ofRequest(id)).map((event) => event.type);
  }

  async function state(id: RequestId): Promise<string | undefined> {
    return (await paper.store.requests.get(id))?.state;
  }

  async function ask(environment = 'uat', person = 'dana') {
    return paper.service.requestRefresh(paper.actor(person), wish(environment, 'orders'));
  }

  it('waits for an approval where the environment is protected, and takes the newest acceptable backup', async () => {
    await paper.backup();
    const fits = await paper.backup();
    await paper.backup({ anonymisation: 'raw' });
    await paper.backup({ state: 'corrupt', stateReason: 'cut short' });
    const request = await ask();
    assert.equal(request.state, 'pending');
    assert.equal(request.items[0]?.backup?.id, fits.id);
    assert.deepEqual(paper.jobs, []);
    assert.deepEqual(await types(request.id), ['request-created']);
  });

  it('starts with the approval of an approver, and ends with a swap', async () => {
    const backup = await paper.backup();
    const request = await ask();
    await paper.service.decide(paper.actor('quinn', 'jira'), {
      request: request.id,
      decision: 'approved',
      digest: request.digest,
    });
    assert.equal(await state(request.id), 'running');
    await paper.drain();
    assert.equal(await state(request.id), 'succeeded');
    assert.deepEqual(paper.engine.performed, ['check orders', 'load orders', 'verify orders', 'swap orders']);
    const [swap] = (await paper.service.view(request.id)).swaps;
    assert.equal(swap?.backup, backup.id);
    const seen = await types(request.id);
    assert.ok(seen.indexOf('request-approved') < seen.indexOf('run-started'));
    assert.equal(seen.at(-1), 'run-succeeded');
  });

  it('is approved by rule where the environment is not protected, and says so', async () => {
    await paper.backup();
    const request = await ask('ci');
    assert.equal(await state(request.id), 'running');
    const [approval] = await paper.store.approvals.of(request.id);
    assert.equal(approval?.front, 'rule');
    assert.equal(approval?.by, undefined);
  });

  describe('is refused', () => {
    beforeEach(() => paper.backup());
    const cases: [string, string, () => Promise<unknown>][] = [
      ['production', 'environment-production', () => ask('production')],
      ['an unknown environment', 'environment-unknown', () => ask('uta')],
      [
        'an unknown database',
        'database-unknown',
        () => paper.service.requestRefresh(paper.actor('dana'), wish('uat', 'ordres')),
      ],
      [
        'no database',
        'database-missing',
        () => paper.service.requestRefresh(paper.actor('dana'), wish('uat')),
      ],
      [
        'a database twice',
        'database-twice',
        () => paper.service.requestRefresh(paper.actor('dana'), wish('uat', 'orders', 'orders')),
      ],
      [
        'a database without a fitting backup',
        'backup-none',
        () => paper.service.requestRefresh(paper.actor('dana'), wish('uat', 'billing')),
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
            ...wish('uat', 'orders'),
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
      await assert.rejects(() => ask(), { code: 'right-missing' });
    });

    it('when exactly the same is on its way already', async () => {
      const first = await ask();
      await assert.rejects(() => ask(), { code: 'request-duplicate', message: new RegExp(first.id) });
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

  describe('decisions', () => {
    beforeEach(() => paper.backup());

    it('are refused to the requester, to others without the role and to strangers, and written down', async () => {
      const request = await ask('uat', 'quinn');
      const approve = (person: string) =>
        paper.service.decide(paper.actor(person), {
          request: request.id,
          decision: 'approved',
          digest: request.digest,
        });
      await assert.rejects(() => approve('quinn'), { code: 'approval-own-request' });
      await assert.rejects(() => approve('otto'), { code: 'approval-not-allowed' });
      const refusal = await paper.service.refuseStranger(request.id, 'jira', 'Sam Okafor');
      assert.equal(refusal.code, 'person-unknown');
      assert.equal(await state(request.id), 'pending');
      assert.deepEqual(paper.jobs, []);
      assert.deepEqual((await types(request.id)).slice(1), Array<string>(3).fill('decision-refused'));
      await approve('rosa');
      assert.equal(await state(request.id), 'running');
    });

    it('count only for what was seen', async () => {
      const request = await ask();
      await assert.rejects(
        () =>
          paper.service.decide(paper.actor('quinn'), {
            request: request.id,
            decision: 'approved',
            digest: 'f'.repeat(64),
          }),
        { code: 'approval-outdated' },
      );
      assert.equal(await state(request.id), 'pending');
    });

    it('come once: of many at the same moment, one', async function () {
      this.timeout(60_000);
      for (let round = 0; round < 20; round++) {
        const request = await ask();
        const race = await Promise.allSettled(
          Array.from({ length: 10 }, (_, n) =>
            paper.service.decide(
              paper.actor(n % 2 === 0 ? 'quinn' : 'rosa', n % 3 === 0 ? 'jira' : 'slack'),
              {
                request: request.id,
                decision: n % 2 === 0 ? 'approved' : 'rejected',
                digest: request.digest,
              },
            ),
          ),
        );
        assert.equal(race.filter((one) => one.status === 'fulfilled').length, 1);
        const approvals = await paper.store.approvals.of(request.id);
        assert.equal(approvals.length, 1);
        assert.equal(await state(request.id), approvals[0]?.decision === 'approved' ? 'running' : 'rejected');
        await paper.drain();
      }
    });
  });

  describe('what an approval stood on is looked at again when the run starts', () => {
    it('an approver who lost the role', async () => {
      await paper.backup();
      const holder = await ask('uat', 'dana');
      // Somebody else's run has the target, so that the second request waits after its approval.
      await paper.service.decide(paper.actor('quinn'), { request: holder.id, decision: 'approved' });
      const second = await ask('uat', 'otto');
      await paper.service.decide(paper.actor('rosa'), { request: second.id, decision: 'approved' });
      assert.equal(await state(second.id), 'approved');
      assert.ok((await types(second.id)).includes('request-waiting'));
      await paper.drain();
      const rosa = paper.site.people['rosa']!;
      (rosa as { roles: readonly string[] }).roles = [];
      await paper.service.reconcile();
      assert.equal(await state(second.id), 'pending');
      assert.ok((await types(second.id)).includes('approval-voided'));
      assert.ok(
        (await paper.store.approvals.of(second.id)).every((approval) => approval.voidedAt !== undefined),
      );
    });

    it('a script that changed: asked again, for what it is now', async () => {
      await paper.backup();
      const holder = await ask();
      await paper.service.decide(paper.actor('quinn'), { request: holder.id, decision: 'approved' });
      const second = await ask('uat', 'otto');
      await paper.service.decide(paper.actor('rosa'), { request: second.id, decision: 'approved' });
      await paper.drain();
      const placement = paper.site.environments['uat']!.databases['orders']!;
      (placement as { scripts: unknown }).scripts = [
        { path: 'uat.sql', sha256: 'b'.repeat(64), text: 'select 2' },
      ];
      await paper.service.reconcile();
      const now = await paper.store.requests.get(second.id);
      assert.equal(now?.state, 'pending');
      assert.notEqual(now?.digest, second.digest);
      await paper.service.decide(paper.actor('rosa'), {
        request: second.id,
        decision: 'approved',
        digest: now.digest,
      });
      assert.equal(await state(second.id), 'running');
    });

    it('a backup that is gone: unprotected requests end and say why', async () => {
      const backup = await paper.backup();
      const holder = await ask('ci');
      assert.equal(await state(holder.id), 'running');
      const second = await ask('ci', 'otto');
      await paper.drain();
      await paper.store.write((tx) => tx.backups.update(backup.id, { state: 'missing' }));
      await paper.service.reconcile();
      assert.equal(await state(second.id), 'cancelled');
      const ended = (await paper.store.events.ofRequest(second.id, ['request-cancelled']))[0];
      assert.match(JSON.stringify(ended), /is gone from repository/);
    });
  });

  describe('one run has a target at a time', () => {
    it('the next one waits and starts when it is free', async () => {
      await paper.backup();
      const first = await ask('ci');
      const second = await ask('ci', 'otto');
      assert.equal(await state(second.id), 'approved');
      await paper.drain();
      assert.equal(await state(first.id), 'succeeded');
      await paper.service.reconcile();
      assert.equal(await state(second.id), 'running');
      await paper.drain();
      assert.equal(await state(second.id), 'succeeded');
    });
  });

  describe('cancel', () => {
    beforeEach(() => paper.backup());

    it('ends a request that waits, by those who may', async () => {
      const request = await ask('uat', 'quinn');
      await assert.rejects(() => paper.service.cancel(paper.actor('dana'), request.id), {
        code: 'cancel-not-allowed',
      });
      await paper.service.cancel(paper.actor('quinn'), request.id);
      assert.equal(await state(request.id), 'cancelled');
    });

    it('ends a running one between its steps; nothing is swapped', async () => {
      const request = await ask('ci');
      paper.engine.before = async (act) => {
        if (act === 'load orders') await paper.service.cancel(paper.actor('dana'), request.id);
      };
      await paper.drain();
      assert.equal(await state(request.id), 'cancelled');
      assert.ok(!paper.engine.performed.includes('swap orders'));
      assert.deepEqual(paper.engine.abandoned, ['orders']);
    });

    it('is too late from the first swap on', async () => {
      const request = await ask('ci');
      let refused: unknown;
      paper.engine.before = async (act) => {
        if (act !== 'swap orders') return;
        refused = await paper.service
          .cancel(paper.actor('dana'), request.id)
          .catch((error: unknown) => error);
      };
      await paper.drain();
      assert.equal((refused as { code?: string }).code, 'cancel-too-late');
      assert.equal(await state(request.id), 'succeeded');
    });
  });

  describe('a failure', () => {
    beforeEach(() => paper.backup());

    it('leaves the target as it was, tells the operators, and can be retried after the mend', async () => {
      paper.engine.failing.set(
        'verify orders',
        commandError('verify-failed', 'A sentinel query answered "7"; expected "0".', 'Mend it, then retry.'),
      );
      const request = await ask('ci');
      await paper.drain();
      assert.equal(await state(request.id), 'failed');
      const [failed] = await paper.store.events.ofRequest(request.id, ['run-failed']);
      assert.ok(failed?.type === 'run-failed' && failed.step === 'orders.verify' && !failed.targetTouched);
      const alerts = await paper.store.outbox.take('slack-alerts', 10, 60);
      assert.equal(alerts.length, 1);
      await assert.rejects(() => paper.service.acknowledge(paper.actor('dana'), request.id), {
        code: 'acknowledge-not-allowed',
      });
      await paper.service.acknowledge(paper.actor('otto'), request.id);
      paper.engine.failing.clear();
      await paper.service.retry(paper.actor('otto'), request.id);
      await paper.drain();
      assert.equal(await state(request.id), 'succeeded');
      const run = await paper.store.runs.ofRequest(request.id);
      assert.equal(run?.attempt, 2);
    });
  });

  describe('undo', () => {
    beforeEach(() => paper.backup());

    it('is a request of its own; done twice it brings the newer copy back', async () => {
      const refresh = await ask('ci');
      await paper.drain();
      const undo = await paper.service.requestUndo(paper.actor('dana'), { request: refresh.id }, 'oops');
      await paper.drain();
      assert.equal(await state(undo.id), 'succeeded');
      assert.equal(undo.undoes, refresh.id);
      await assert.rejects(
        () => paper.service.requestUndo(paper.actor('dana'), { request: refresh.id }, ''),
        { code: 'undo-superseded' },
      );
      const again = await paper.service.requestUndo(
        paper.actor('dana'),
        { environment: 'ci', database: 'orders' },
        '',
      );
      await paper.drain();
      assert.equal(await state(again.id), 'succeeded');
      const latest = await paper.store.swaps.latest('test-pg', 'orders_ci');
      assert.equal(latest?.backup, refresh.items[0]?.backup?.id);
    });

    it('needs an approval on a protected environment, unless an approver asks', async () => {
      const refresh = await ask();
      await paper.service.decide(paper.actor('quinn'), { request: refresh.id, decision: 'approved' });
      await paper.drain();
      const byDana = await paper.service.requestUndo(paper.actor('dana'), { request: refresh.id }, '');
      assert.equal(byDana.state, 'pending');
      await paper.service.cancel(paper.actor('dana'), byDana.id);
      const byRosa = await paper.service.requestUndo(paper.actor('rosa'), { request: refresh.id }, '');
      await paper.drain();
      assert.equal(await state(byRosa.id), 'succeeded');
    });

    it('is refused when nothing was swapped, or the copy is gone', async () => {
      const refresh = await ask('ci');
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

  it('expires when nobody decides', async () => {
    await paper.backup();
    const request = await ask();
    paper.pass(3601);
    await assert.rejects(
      () => paper.service.decide(paper.actor('quinn'), { request: request.id, decision: 'approved' }),
      { code: 'request-expired' },
    );
    await paper.service.reconcile();
    assert.equal(await state(request.id), 'expired');
  });
});
