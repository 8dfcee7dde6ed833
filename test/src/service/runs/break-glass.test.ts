import assert from 'node:assert/strict';
import { freezeFrom } from '../../../../src/domain/calendar/freeze.ts';
import { startWindowFrom } from '../../../../src/domain/calendar/start-window.ts';
import type { Rule } from '../../../../src/domain/policy/policy.ts';
import { commandError } from '../../../../src/domain/errors.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

/** As without rules, but that operators may break the glass. */
const rules: Rule[] = [
  { may: ['break-glass', 'undo', 'hold'], roles: ['operator'], environments: 'all', allow: true },
  { may: ['approve', 'hold'], roles: ['qa-manager'], environments: 'all', allow: true },
  { may: ['request', 'undo', 'read-raw'], roles: ['developer'], environments: 'all', allow: true },
  { may: 'everything', roles: 'everybody', environments: 'all', allow: false },
];

describe('breaking the glass', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper((site): Site => ({ ...site, rules }));
    await paper.backup();
  });
  afterEach(() => paper.close());

  const glass = (person: string, more: object = {}) =>
    paper.service.requestRefresh(paper.actor(person), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: 'customers see the prices of others',
      breakGlass: true,
      ...more,
    });

  it('passes the times of the environment, and none that were asked for with it', async () => {
    const uat = paper.site.environments['uat']!;
    // Its clock is never changed: no window is empty, or longer than it seems.
    uat.timeZone = 'UTC';
    const later = (hours: number) =>
      new Date(paper.deps.now().getTime() + hours * 3_600_000).toLocaleTimeString('en-GB', {
        timeZone: uat.timeZone,
        hour: '2-digit',
        minute: '2-digit',
      });
    uat.startWithin = startWindowFrom(`${later(3)}-${later(6)}`)!;
    const startWithin = `${later(4)}-${later(5)}`;
    const waits = async (more: { startWithin?: string }) => {
      const databases = [{ database: 'orders' }];
      const wish = { environment: 'uat', databases, reason: 'outage', breakGlass: true, ...more };
      const { waits: met } = await paper.service.previewRefresh(paper.actor('otto'), wish);
      return met.map(({ why }) => why.split(', next ')[0]);
    };
    assert.deepEqual(await waits({}), []);
    assert.deepEqual(await waits({ startWithin }), [`it starts within ${startWithin} only`]);
    assert.equal((await glass('otto', { startWithin })).state, 'approved');
  });

  it('starts at once, past approvers, holds and freezes, and tells all whom it passes over', async () => {
    const uat = paper.site.environments['uat']!;
    uat.onHold = 'refuse';
    const until = new Date(paper.deps.now().getTime() + 3_600_000);
    const wish = { environment: 'uat', until, reason: 'regression of release 12' };
    await paper.service.placeHold(paper.actor('quinn'), wish);
    const { id, breakGlass, needsApproval } = await glass('otto');
    assert.deepEqual([breakGlass, needsApproval, await paper.stateOf(id)], [true, false, 'running']);
    const told = await paper.store.events.ofRequest(id);
    assert.deepEqual(
      told.map(({ type }) => type),
      ['request-created', 'glass-broken', 'request-approved', 'impact-seen', 'run-started'],
    );
    const [, broken, approved] = told;
    assert.ok(broken?.type === 'glass-broken' && approved?.type === 'request-approved');
    assert.equal(broken.reason, 'customers see the prices of others');
    assert.match(broken.passed.join(), /^uat is held by Quinn until .*: regression of release 12$/);
    assert.equal(approved.byRule, true);
    const kinds: string[] = [];
    for (const front of ['slack', 'slack-alerts', 'jira'])
      for (let most = 0; most < 20; most++)
        for (const effect of await paper.store.outbox.take(front, 50, 30)) {
          if (effect.event === broken.id) kinds.push(`${front} ${effect.kind}`);
          await paper.store.outbox.done(effect.id);
        }
    assert.deepEqual(kinds.sort(), [
      'jira sync',
      'slack card',
      'slack person:quinn',
      'slack person:rosa',
      'slack thread',
      'slack-alerts alert',
    ]);
    await paper.drain();
    assert.equal(await paper.stateOf(id), 'succeeded');
  });

  it('takes the right and a reason, whoever may ask or approve otherwise', async () => {
    for (const person of ['dana', 'quinn'])
      await assert.rejects(glass(person), { code: 'break-glass-not-allowed', kind: 'Forbidden' });
    assert.deepEqual(
      await paper.attempts(),
      ['Quinn', 'Dana'].map((who) => `${who} break-glass-not-allowed: breaking the glass of "uat"`),
    );
    await assert.rejects(glass('otto', { reason: ' ' }), { code: 'break-glass-reason', kind: 'Input' });
    await assert.rejects(glass('otto', { breakGlass: false }), { code: 'request-not-allowed' });
    const { total } = await paper.store.requests.list({}, { limit: 9, offset: 0 });
    assert.equal(total, 0);
  });

  it('passes neither production, nor kinds of data, nor who reads raw data, nor another run', async () => {
    await assert.rejects(glass('otto', { environment: 'production' }), { code: 'environment-production' });
    const raw = await paper.backup({ anonymisation: 'raw', repository: 'nightly' });
    const of = (environment: string) => ({
      environment,
      databases: [{ database: 'orders', backup: raw.id }],
    });
    await assert.rejects(glass('otto', of('uat')), { code: 'backup-not-anonymised' });
    await assert.rejects(glass('otto', of('dev')), { code: 'raw-not-allowed' });
    const running = await glass('otto');
    const second = await glass('otto', {
      reason: 'again',
      databases: [{ database: 'orders', backup: 'BKP-1' }],
    }).catch((error: { code: string }) => error.code);
    assert.equal(second, 'request-duplicate');
    const undoOf = await glass('otto', {
      databases: [{ database: 'orders' }, { database: 'billing' }],
    }).catch((error: { code: string }) => error.code);
    assert.equal(undoOf, 'backup-none');
    await paper.backup();
    const waiting = await glass('otto');
    assert.equal(await paper.stateOf(waiting.id), 'approved');
    assert.equal((await paper.service.view(waiting.id)).behind, running.id);
  });

  it('is part of what the request is, and is looked at again before it starts', async () => {
    const startAt = new Date(paper.deps.now().getTime() + 3_600_000);
    const wish = { environment: 'uat', databases: [{ database: 'orders' }], reason: 'x' };
    // Whoever may do both: the right alone must not be what tells them apart.
    paper.site.rules = [
      { may: 'everything', roles: ['operator'], environments: 'all', allow: true },
      rules.at(-1)!,
    ];
    const digestOf = async (breakGlass: boolean) =>
      (await paper.service.previewRefresh(paper.actor('otto'), { ...wish, breakGlass })).bound.digest;
    assert.notEqual(await digestOf(true), await digestOf(false));
    paper.site.rules = rules;
    const { id } = await glass('otto', { startAt });
    paper.site.people['otto']!.roles = [];
    paper.pass(3601);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'cancelled');
    const [voided] = await paper.store.events.ofRequest(id, ['approval-voided']);
    assert.ok(voided?.type === 'approval-voided' && /may not break the glass/.test(voided.why));
  });

  it('is repeated only by who may break it, as it passes once more what stood then', async () => {
    paper.engine.failing.set('load orders', commandError('load-failed', 'It failed.', ''));
    const { id } = await glass('otto');
    await paper.drain();
    assert.equal(await paper.stateOf(id), 'failed');
    Object.assign(paper.site, {
      rules: [{ may: ['retry'], roles: ['developer'], environments: 'all', allow: true }, ...rules],
    });
    await assert.rejects(paper.service.retry(paper.actor('dana'), id), { code: 'break-glass-not-allowed' });
    assert.equal(await paper.stateOf(id), 'failed');
  });

  it('passes what stood when it was broken; a hold that is placed while it waits is asked about like any other', async () => {
    const ahead = (hours: number) => new Date(paper.deps.now().getTime() + hours * 3_600_000);
    const hold = (person: string) =>
      paper.service.placeHold(paper.actor(person), {
        environment: 'uat',
        until: ahead(9),
        reason: 'release 12',
      });
    await hold('quinn');
    const { id, digest } = await glass('otto', { startAt: ahead(1) });
    await paper.service.reconcile();
    assert.deepEqual(await paper.store.events.ofRequest(id, ['request-held']), []);
    await hold('rosa');
    paper.pass(3601);
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'approved');
    const held = await paper.store.events.ofRequest(id, ['request-held']);
    assert.deepEqual(
      held.map((event) => event.type === 'request-held' && [event.holder, event.asks]),
      [['rosa', true]],
    );
    const { waits } = await paper.service.view(id);
    assert.match(waits.map(({ why }) => why).join(), /^uat is held by Rosa until [^,]*, [^,]*: release 12$/);
    const yes = { request: id, decision: 'approved' as const, digest };
    await assert.rejects(paper.service.decide(paper.actor('quinn'), yes), { code: 'hold-not-yours' });
    await paper.service.decide(paper.actor('rosa'), yes);
    assert.equal(await paper.stateOf(id), 'running');
  });

  it('passes a freeze window up to its end, and none that begins while it waits', async () => {
    const uat = paper.site.environments['uat']!;
    const today = paper.deps.now().toISOString().slice(0, 10);
    const freeze = freezeFrom(`${today} .. ${today}`, 'end of the year')!;
    uat.timeZone = 'UTC';
    uat.approvalSeconds = 2 * 86_400;
    uat.freezes = [freeze];
    const { id } = await glass('otto');
    assert.equal(await paper.stateOf(id), 'running', 'it knew of this one');
    await paper.backup();
    const second = await glass('otto');
    assert.equal((await paper.service.view(second.id)).behind, id);
    uat.freezes = [freezeFrom('daily 00:00-24:00', 'until further notice')!];
    paper.pass(86_400);
    await paper.drain();
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(second.id), 'approved');
    assert.match((await paper.service.view(second.id)).waits[0]!.why, /until further notice/);
  });

  it('takes a refresh back as well', async () => {
    const { id } = await glass('otto');
    await paper.drain();
    const until = new Date(paper.deps.now().getTime() + 3_600_000);
    await paper.service.placeHold(paper.actor('quinn'), { environment: 'uat', until, reason: 'x' });
    const what = { request: id, breakGlass: true };
    await assert.rejects(paper.service.requestUndo(paper.actor('dana'), what, 'y'), {
      code: 'break-glass-not-allowed',
    });
    const undo = await paper.service.requestUndo(paper.actor('otto'), what, 'it was the wrong one');
    assert.equal(await paper.stateOf(undo.id), 'running');
  });
});
