import assert from 'node:assert/strict';
import { isFreshetError } from '../../../../src/domain/errors.ts';
import type { Front } from '../../../../src/domain/person.ts';
import type { Request } from '../../../../src/domain/request.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { stagedSite } from '../../../staged-site.ts';

describe('an approval in stages', () => {
  let paper: Paper;
  beforeEach(async function () {
    this.timeout(60_000);
    paper = await openPaper(stagedSite);
  });
  afterEach(() => paper.close());

  async function ask(person = 'otto', raw = true): Promise<Request> {
    const backup = await paper.backup(raw ? { anonymisation: 'raw' } : { anonymisation: 'proven' });
    return paper.service.requestRefresh(paper.actor(person), {
      environment: 'uat',
      databases: [{ database: 'orders', backup: backup.id }],
      reason: 'release 12',
    });
  }

  function say(
    request: Request,
    person: string,
    front: Front = 'slack',
    decision: 'approved' | 'rejected' = 'approved',
  ) {
    return paper.service.decide(paper.actor(person, front), { request: request.id, decision });
  }

  async function state({ id }: Request) {
    return (await paper.store.requests.get(id))?.state;
  }

  async function events({ id }: Request) {
    return paper.store.events.ofRequest(id);
  }

  const rulesOf = () => paper.site as { rules: NonNullable<Paper['site']['rules']> };

  it('takes each yes in its order, and starts with the last', async () => {
    const request = await ask();
    assert.deepEqual(
      request.terms.stages.map(({ name }) => name),
      ['QA', 'Data owner'],
    );
    await say(request, 'quinn');
    const refused = say(request, 'quinn', 'jira');
    await assert.rejects(refused, { code: 'approval-counted' });
    await say(request, 'rosa', 'jira');
    assert.equal(await state(request), 'pending');
    await assert.rejects(say(request, 'dana'), { code: 'approval-not-allowed' });
    await say(request, 'olga');
    assert.equal(await state(request), 'running');
    const told = (await events(request)).flatMap((event) =>
      event.type === 'approval-given'
        ? [event.needs]
        : event.type === 'request-approved'
          ? [event.stage]
          : [],
    );
    assert.deepEqual(told, [
      'QA: 1 of 2, by Quinn; then Data owner',
      'QA: 2 of 2, by Quinn and Rosa; Data owner',
      'Data owner',
    ]);
    const second = (await events(request)).find((event) => event.type === 'decision-refused');
    assert.ok(second?.type === 'decision-refused' && second.code === 'approval-counted');
    await paper.drain();
    assert.equal(await state(request), 'succeeded');
  });

  it('is not for raw data only: others need the first stage', async () => {
    const request = await ask('dana', false);
    await say(request, 'quinn');
    await say(request, 'rosa');
    assert.equal(await state(request), 'running');
  });

  it('refuses who decides later, and counts somebody of two roles in one stage only', async () => {
    const request = await ask();
    await say(request, 'quinn');
    await say(request, 'olga');
    await assert.rejects(say(request, 'olga'), (error: unknown) => {
      assert.ok(isFreshetError(error));
      assert.equal(error.code, 'approval-counted');
      return /QA: 2 of 2, by Quinn and Olga; Data owner/.test(error.hint);
    });
    assert.equal(await state(request), 'pending');
    const { approval } = await paper.service.view(request.id);
    assert.equal(approval.reachable, false, 'the only owner has counted for QA');
    const other = await ask();
    const olga = paper.site.people['olga'] as { roles: readonly string[] };
    olga.roles = ['owner'];
    await assert.rejects(say(other, 'olga'), { code: 'approval-other-stage' });
  });

  it('ends with a no of somebody who may decide in the open stage, and of somebody who takes a yes back', async () => {
    const request = await ask();
    await say(request, 'quinn');
    await say(request, 'rosa', 'slack', 'rejected');
    assert.equal(await state(request), 'rejected');
    const other = await ask();
    await say(other, 'quinn');
    await say(other, 'quinn', 'jira', 'rejected');
    assert.equal(await state(other), 'rejected');
    const inForce = (await paper.store.approvals.of(other.id)).filter(
      ({ voidedAt }) => voidedAt === undefined,
    );
    assert.deepEqual(
      inForce.map(({ decision, by }) => [decision, by]),
      [['rejected', 'quinn']],
    );
  });

  it('counts each person once, whatever comes at the same moment', async function () {
    this.timeout(120_000);
    for (let round = 0; round < 10; round++) {
      const request = await ask();
      const race = await Promise.allSettled(
        ['quinn', 'rosa', 'quinn', 'olga', 'rosa', 'quinn'].map((person, n) =>
          say(request, person, n % 2 === 0 ? 'slack' : 'jira'),
        ),
      );
      const given = (await paper.store.approvals.of(request.id)).filter(
        ({ voidedAt }) => voidedAt === undefined,
      );
      assert.equal(new Set(given.map(({ by }) => by)).size, given.length);
      assert.equal(race.filter(({ status }) => status === 'fulfilled').length, given.length);
      const approved = (await events(request)).filter(({ type }) => type === 'request-approved');
      assert.equal(approved.length, (await state(request)) === 'pending' ? 0 : 1);
      const QA = given.filter(({ stage }) => stage === 'QA').map(({ by }) => by);
      assert.equal(QA.length, 2, JSON.stringify(given));
      await paper.drain();
    }
  });

  it('is void when one of those who said yes may not any more: nothing starts, and all is asked anew', async () => {
    const holder = await ask('dana', false);
    for (const person of ['quinn', 'rosa']) await say(holder, person);
    const request = await ask();
    for (const person of ['quinn', 'rosa', 'olga']) await say(request, person);
    assert.equal(await state(request), 'approved', 'the target is taken');
    (paper.site.people['quinn'] as { roles: readonly string[] }).roles = [];
    await paper.drain();
    await paper.service.reconcile();
    assert.equal(await state(request), 'pending');
    const voided = (await events(request)).find(({ type }) => type === 'approval-voided');
    assert.match(JSON.stringify(voided), /may approve any more; what counts is QA: 1 of 2, by Rosa/);
    assert.ok((await paper.store.approvals.of(request.id)).every(({ voidedAt }) => voidedAt !== undefined));
  });

  it('is void when the rules change while it waits: what was said counts no more, and it says what changed', async () => {
    const request = await ask();
    await say(request, 'quinn');
    const { uat } = paper.site.environments;
    (uat as { approval: unknown }).approval = { stages: [{ name: 'QA', roles: ['qa-manager'], quorum: 1 }] };
    await say(request, 'rosa');
    assert.equal(await state(request), 'running', 'one yes suffices by the rules of now');
    const why = (await events(request)).find(({ type }) => type === 'approval-voided');
    assert.match(
      JSON.stringify(why),
      /it takes the yes of QA \(1 of qa-manager\) now, not of QA \(2 of qa-manager\)/,
    );
    const [first, second] = await paper.store.approvals.of(request.id);
    assert.ok(first?.by === 'quinn' && first.voidedAt !== undefined);
    assert.ok(second?.by === 'rosa' && second.digest !== first.digest);
  });

  it('that nobody has begun is brought to new rules by the upkeep, visibly; a button of before counts no more', async () => {
    const request = await ask();
    rulesOf().rules = [
      { may: ['approve'], roles: ['qa-manager'], environments: ['uat'], allow: true },
      ...rulesOf().rules,
    ];
    await paper.service.reconcile();
    await paper.service.reconcile();
    const revised = (await events(request)).filter(({ type }) => type === 'request-revised');
    assert.equal(revised.length, 1);
    assert.match(JSON.stringify(revised), /who may approve on \\"uat\\"/);
    const late = paper.service.decide(paper.actor('quinn'), {
      request: request.id,
      decision: 'approved',
      digest: request.digest,
    });
    await assert.rejects(late, { code: 'approval-outdated' });
  });

  it('an approver’s own undo waits for others where one yes is not all', async () => {
    const request = await ask('dana', false);
    for (const person of ['quinn', 'rosa']) await say(request, person);
    await paper.drain();
    const undo = await paper.service.requestUndo(paper.actor('quinn'), { request: request.id }, 'wrong data');
    assert.equal(undo.state, 'pending');
    await assert.rejects(say(undo, 'quinn'), { code: 'approval-own-request' });
    await say(undo, 'rosa');
    assert.equal(await state(undo), 'pending');
    await say(undo, 'olga');
    assert.equal(await state(undo), 'running');
  });
});

describe('who may read raw data', () => {
  let paper: Paper;
  beforeEach(async function () {
    this.timeout(60_000);
    paper = await openPaper(stagedSite);
  });
  afterEach(() => paper.close());

  const wish = (backup?: `BKP-${number}`) => ({
    environment: 'uat',
    databases: [{ database: 'orders', ...(backup === undefined ? {} : { backup }) }],
    reason: 'release 12',
  });

  it('may have it restored; others are refused, offered what they may read, and told why not the rest', async () => {
    const { service } = paper;
    const proven = await paper.backup({ anonymisation: 'proven' });
    const raw = await paper.backup({ anonymisation: 'raw' });
    const [dana, otto] = [paper.actor('dana'), paper.actor('otto')];
    await assert.rejects(service.requestRefresh(dana, wish(raw.id)), (error: unknown) => {
      assert.ok(isFreshetError(error, 'Forbidden'));
      assert.equal(error.code, 'raw-not-allowed');
      return /Dana may not read raw data of "production"/.test(error.message);
    });
    const newest = await service.requestRefresh(dana, wish());
    assert.equal(newest.items[0]?.backup?.id, proven.id);
    assert.equal((await service.requestRefresh(otto, wish())).items[0]?.backup?.id, raw.id);
    const shown = await service.prospect(dana, wish());
    assert.equal(shown.items[0]?.suggested?.id, proven.id);
    assert.equal(shown.items[0]?.passedOver?.why.code, 'raw-not-allowed');
    const what = { environment: 'uat', database: 'orders', text: 'BKP' };
    const found = await service.suggestBackups(dana, what, 10);
    assert.deepEqual(
      [found.fit.map(({ id }) => id), found.unfit.map(({ backup, why }) => [backup.id, why.code])],
      [[proven.id], [[raw.id, 'raw-not-allowed']]],
    );
    assert.deepEqual(Object.keys(service.unreadable(dana, [proven, raw])), [raw.id]);
    assert.deepEqual(service.unreadable(otto, [proven, raw]), {});
  });

  it('is asked again at the start: somebody who lost the right starts nothing', async () => {
    const holder = await paper.backup({ anonymisation: 'proven' });
    const first = await paper.service.requestRefresh(paper.actor('dana'), wish(holder.id));
    for (const person of ['quinn', 'rosa'])
      await paper.service.decide(paper.actor(person), { request: first.id, decision: 'approved' });
    const raw = await paper.backup({ anonymisation: 'raw' });
    const request = await paper.service.requestRefresh(paper.actor('otto'), wish(raw.id));
    for (const person of ['quinn', 'rosa', 'olga'])
      await paper.service.decide(paper.actor(person), { request: request.id, decision: 'approved' });
    (paper.site.people['otto'] as { roles: readonly string[] }).roles = ['developer'];
    await paper.drain();
    await paper.service.reconcile();
    assert.equal((await paper.store.requests.get(request.id))?.state, 'pending');
    const voided = await paper.store.events.ofRequest(request.id, ['approval-voided']);
    assert.match(JSON.stringify(voided), /Otto may not read raw data/);
  });
});
