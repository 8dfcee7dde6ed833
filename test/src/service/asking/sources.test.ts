import assert from 'node:assert/strict';
import type { EventType } from '../../../../src/domain/event.ts';
import { theSite, type Site } from '../../../../src/domain/site.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { takingSite } from '../../../taking-site.ts';

/** Production on a server that is only read, whose backups go into a repository of its own, and a schedule that takes them. */
function readSite(site: Site): Site {
  const taking = takingSite(site);
  const { databases, ...production } = taking.environments['production']!;
  const reader = taking.servers['test-pg']!.reader!;
  const read = { ...taking.servers['test-pg']!, name: 'prod-pg', admin: reader, loader: reader };
  const orders = { ...databases['orders']!, server: 'prod-pg', scripts: [] };
  const nightly = {
    name: 'nightly-take',
    cron: '0 2 * * *',
    timeZone: 'UTC',
    wish: { kind: 'take' as const, environment: 'production', databases: ['orders'] },
    reason: '',
    owner: theSite,
    catchUpSeconds: 86_400,
    enabled: true,
  };
  return {
    ...taking,
    servers: { ...taking.servers, 'prod-pg': { ...read, onlyRead: true } },
    repositories: {
      ...taking.repositories,
      'taken-prod': {
        ...taking.repositories['taken']!,
        name: 'taken-prod',
        root: 'prod',
        environment: 'production',
      },
    },
    environments: {
      ...taking.environments,
      production: {
        ...production,
        databases: {},
        reads: { orders },
        sources: { orders: 'orders_production' },
      },
    },
    schedules: { 'nightly-take': nightly },
  };
}

describe('production as a source, and backups again and again', function () {
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper(readSite);
  });
  afterEach(() => paper.close());

  const take = (environment: string, more: object = {}) =>
    paper.service.requestTake(
      paper.actor('otto'),
      { environment, databases: ['orders'], ...more },
      'before the migration',
    );
  const has = async (id: RequestId, type: EventType) => (await paper.typesOf(id)).includes(type);

  it('is read where its file says, with an approval, and is a target for nothing', async () => {
    const request = await take('production');
    assert.deepEqual(
      request.items.map(({ server, databaseName, repository }) => [server, databaseName, repository]),
      [['prod-pg', 'orders_production', 'taken-prod']],
    );
    assert.equal(request.state, 'pending');
    const { id, digest } = request;
    await paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved', digest });
    await paper.drain();
    assert.equal(await paper.stateOf(id), 'succeeded');
    await paper.backup();
    await assert.rejects(paper.ask('production'), { code: 'environment-production' });
    await assert.rejects(
      paper.service.requestTake(
        paper.actor('otto'),
        { environment: 'production', databases: ['billing'] },
        '',
      ),
      { code: 'database-unknown' },
    );
  });

  it('nothing of it is swept: there is nobody there who could', async () => {
    const asked: string[] = [];
    paper.deps.engine = (server) => {
      asked.push(server);
      return paper.engine;
    };
    await paper.service.reconcile();
    assert.ok(asked.includes('test-pg') && !asked.includes('prod-pg'));
  });

  it('a take starts at its moment, and within its own times only; neither freeze nor hold keeps it', async () => {
    const startAt = new Date(paper.deps.now().getTime() + 3_600_000);
    const { id } = await take('dev', { startAt });
    await paper.service.reconcile();
    assert.equal(await paper.stateOf(id), 'approved');
    paper.pass(3601);
    await paper.service.reconcile();
    await paper.drain();
    assert.equal(await paper.stateOf(id), 'succeeded');
    const dev = paper.site.environments['dev']!;
    // Its clock is never changed: an hour later is an hour later on it.
    dev.timeZone = 'UTC';
    const hour = (ahead: number) => {
      const at = new Date(paper.deps.now().getTime() + ahead * 3_600_000);
      const { timeZone } = dev;
      return at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone });
    };
    const later = await take('dev', { startWithin: `${hour(3)}-${hour(5)}` });
    assert.equal(later.state, 'approved');
    assert.ok(await has(later.id, 'request-held'));
    paper.pass(3 * 3600 + 60);
    await paper.service.reconcile();
    await paper.drain();
    assert.equal(await paper.stateOf(later.id), 'succeeded');
  });

  it('a schedule asks for it each night, by a standing approval where it needs one', async () => {
    const until = new Date(paper.deps.now().getTime() + 30 * 86_400_000).toISOString().slice(0, 10);
    await paper.service.reconcile();
    await paper.service.approveSchedule(paper.actor('quinn'), { name: 'nightly-take', until });
    paper.pass(86_400);
    await paper.service.reconcile();
    await paper.drain();
    const { requests } = await paper.store.requests.list({ kind: 'take' }, { limit: 5, offset: 0 });
    assert.deepEqual(
      requests.map(({ state, requestedBy, schedule }) => [state, requestedBy, schedule?.name]),
      [['succeeded', theSite, 'nightly-take']],
    );
    const [backup] = await paper.store.backups.ofRepository('taken-prod');
    assert.deepEqual([backup?.environment, backup?.anonymisation], ['production', 'raw']);
  });

  it('people make such schedules too, if they may take', async () => {
    const wish = { kind: 'take' as const, environment: 'dev', databases: ['orders'], reason: '' };
    const add = (person: string, name: string) =>
      paper.service.addSchedule(paper.actor(person), { ...wish, name, cron: '0 4 * * *' });
    await assert.rejects(add('dana', 'danas'), { code: 'take-not-allowed' });
    await add('otto', 'ottos');
    const run = await paper.service.runSchedule(paper.actor('otto'), 'ottos');
    assert.deepEqual([run.kind, run.schedule?.name], ['take', 'ottos']);
  });
});
