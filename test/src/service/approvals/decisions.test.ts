import assert from 'node:assert/strict';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('deciding on a request', () => {
  let paper: Paper;
  beforeEach(async function () {
    paper = await openPaper();
  });
  afterEach(() => paper.close());

  describe('decisions', () => {
    beforeEach(() => paper.backup());

    it('are refused to the requester, to others without the role and to strangers, and written down', async () => {
      const request = await paper.ask('uat', 'quinn');
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
      assert.equal(await paper.stateOf(request.id), 'pending');
      assert.deepEqual(paper.jobs, []);
      assert.deepEqual((await paper.typesOf(request.id)).slice(1), Array<string>(3).fill('decision-refused'));
      await approve('rosa');
      assert.equal(await paper.stateOf(request.id), 'running');
    });

    it('that are refused again and again are written down once, but for Jira, where each is moved back', async () => {
      const request = await paper.ask();
      for (const front of ['slack', 'jira'] as const) {
        for (let n = 0; n < 3; n++) await paper.service.refuseStranger(request.id, front, 'Sam Okafor');
      }
      const refusals = (await paper.typesOf(request.id)).filter((type) => type === 'decision-refused');
      assert.equal(refusals.length, 4);
    });

    it('are refused where the requester is not known any more', async () => {
      const request = await paper.ask();
      const people = paper.site.people as Record<string, unknown>;
      const dana = people['dana'];
      delete people['dana'];
      try {
        await assert.rejects(
          () => paper.service.decide(paper.actor('quinn'), { request: request.id, decision: 'approved' }),
          { code: 'requester-unknown' },
        );
      } finally {
        people['dana'] = dana;
      }
    });

    it('count only for what was seen', async () => {
      const request = await paper.ask();
      await assert.rejects(
        () =>
          paper.service.decide(paper.actor('quinn'), {
            request: request.id,
            decision: 'approved',
            digest: 'f'.repeat(64),
          }),
        { code: 'approval-outdated' },
      );
      assert.equal(await paper.stateOf(request.id), 'pending');
    });

    it('come once: of many at the same moment, one', async function () {
      this.timeout(60_000);
      for (let round = 0; round < 20; round++) {
        const request = await paper.ask();
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
        assert.equal(
          await paper.stateOf(request.id),
          approvals[0]?.decision === 'approved' ? 'running' : 'rejected',
        );
        await paper.drain();
      }
    });
  });

  describe('what an approval stood on is looked at again when the run starts', () => {
    it('an approver who lost the role', async () => {
      await paper.backup();
      const holder = await paper.ask('uat', 'dana');
      // Somebody else's run has the target, so that the second request waits after its approval.
      await paper.service.decide(paper.actor('quinn'), { request: holder.id, decision: 'approved' });
      const second = await paper.ask('uat', 'otto');
      await paper.service.decide(paper.actor('rosa'), { request: second.id, decision: 'approved' });
      assert.equal(await paper.stateOf(second.id), 'approved');
      assert.ok((await paper.typesOf(second.id)).includes('request-waiting'));
      await paper.drain();
      const rosa = paper.site.people['rosa']!;
      (rosa as { roles: readonly string[] }).roles = [];
      await paper.service.reconcile();
      assert.equal(await paper.stateOf(second.id), 'pending');
      assert.ok((await paper.typesOf(second.id)).includes('approval-voided'));
      assert.ok(
        (await paper.store.approvals.of(second.id)).every((approval) => approval.voidedAt !== undefined),
      );
    });

    it('a script that changed: asked again, for what it is now', async () => {
      await paper.backup();
      const holder = await paper.ask();
      await paper.service.decide(paper.actor('quinn'), { request: holder.id, decision: 'approved' });
      const second = await paper.ask('uat', 'otto');
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
      assert.equal(await paper.stateOf(second.id), 'running');
    });

    it('what changed between the start and the plan: nothing is run', async () => {
      const backup = await paper.backup();
      const request = await paper.ask();
      await paper.service.decide(paper.actor('quinn'), { request: request.id, decision: 'approved' });
      assert.equal(await paper.stateOf(request.id), 'running');
      // The file was overwritten and read again before a worker took the run.
      await paper.store.write((tx) =>
        tx.backups.update(backup.id, { checksum: 'f'.repeat(64), anonymisation: 'raw' }),
      );
      await paper.drain();
      assert.equal(await paper.stateOf(request.id), 'failed');
      assert.deepEqual(paper.engine.performed, []);
      const [failed] = await paper.store.events.ofRequest(request.id, ['run-failed']);
      assert.ok(
        failed?.type === 'run-failed' && failed.code === 'approval-outdated' && !failed.targetTouched,
      );
      await paper.service.retry(paper.actor('dana'), request.id);
      assert.equal(await paper.stateOf(request.id), 'pending', 'a retry asks for the approval anew');
    });

    it('a target that is somewhere else now', async () => {
      await paper.backup();
      const request = await paper.ask();
      await paper.service.decide(paper.actor('quinn'), { request: request.id, decision: 'approved' });
      (paper.site.servers['test-pg'] as { port: number }).port = 5433;
      await paper.drain();
      assert.equal(await paper.stateOf(request.id), 'failed');
      assert.deepEqual(paper.engine.performed, []);
    });

    it('a requester who left', async () => {
      await paper.backup();
      await paper.ask('ci');
      const second = await paper.ask('ci', 'otto');
      await paper.drain();
      delete (paper.site.people as Record<string, unknown>)['otto'];
      await paper.service.reconcile();
      assert.equal(await paper.stateOf(second.id), 'cancelled');
    });

    it('a backup that is gone: unprotected requests end and say why', async () => {
      const backup = await paper.backup();
      const holder = await paper.ask('ci');
      assert.equal(await paper.stateOf(holder.id), 'running');
      const second = await paper.ask('ci', 'otto');
      await paper.drain();
      await paper.store.write((tx) => tx.backups.update(backup.id, { state: 'missing' }));
      await paper.service.reconcile();
      assert.equal(await paper.stateOf(second.id), 'cancelled');
      const ended = (await paper.store.events.ofRequest(second.id, ['request-cancelled']))[0];
      assert.match(JSON.stringify(ended), /is gone from repository/);
    });
  });
});
