import assert from 'node:assert/strict';
import type { BackupId, RequestId } from '../../../../src/domain/ids.ts';
import type { AlignmentSite, Site } from '../../../../src/domain/site.ts';
import type { RefreshWish } from '../../../../src/service/asking/previews.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

const midnight = Date.UTC(2026, 10, 20);

describe('backups that belong together', function () {
  let paper: Paper;

  /** The paper site, with what `ci` and `uat` do beyond their tolerance. */
  const withAlignment = (change: Partial<AlignmentSite>) => (site: Site) => {
    const { uat, ci } = site.environments;
    const changed = (one: typeof uat) => ({ ...one!, alignment: { ...one!.alignment, ...change } });
    const stock = { name: 'stock', engine: 'postgres', title: 'Stock' };
    return {
      ...site,
      databases: { ...site.databases, stock },
      environments: { ...site.environments, uat: changed(uat), ci: changed(ci) },
    };
  };
  const openWith = async (change: Partial<AlignmentSite> = {}) => {
    paper = await openPaper(withAlignment(change));
  };
  afterEach(() => paper.close());

  const at = (hours: number) => new Date(midnight + hours * 3_600_000);
  const put = async (database: string, hours: number, more: object = {}) =>
    (await paper.backup({ database, dataAt: at(hours), ...more })).id;
  const wishFor = (databases: readonly (string | [string, BackupId])[], environment = 'ci'): RefreshWish => ({
    environment,
    databases: databases.map((one) =>
      typeof one === 'string' ? { database: one } : { database: one[0], backup: one[1] },
    ),
    reason: '',
  });
  const plan = (wish: RefreshWish) => paper.service.previewRefresh(paper.actor('dana'), wish);
  const taken = async (wish: RefreshWish) => (await plan(wish)).items.map(({ backup }) => backup?.id);
  const ask = (wish: RefreshWish) => paper.service.requestRefresh(paper.actor('dana'), wish);
  /** Refreshes by rule, and does the work. */
  async function refresh(...databases: [string, BackupId][]): Promise<void> {
    await ask(wishFor(databases));
    await paper.drain();
  }
  /** The same where somebody has to approve. */
  async function refreshUat(databases: [string, BackupId][]): Promise<void> {
    const { id } = await ask(wishFor(databases, 'uat'));
    await paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved' });
    await paper.drain();
  }
  const lastEvent = async (id: RequestId) => (await paper.store.events.ofRequest(id)).at(-1)!;

  it('are the newest set within the tolerance, else the closest, of what may be taken', async () => {
    await openWith();
    const orders = [await put('orders', 0), await put('orders', 24), await put('orders', 48)];
    const billing = [await put('billing', 1), await put('billing', 26)];
    await put('billing', 48, { anonymisation: 'raw' });
    await put('billing', 47, { state: 'corrupt', stateReason: 'cut' });
    await put('billing', 46, { repository: 'forgotten' });
    assert.deepEqual(await taken(wishFor(['orders', 'billing'])), [orders[1], billing[1]]);
    assert.deepEqual(await taken({ ...wishFor(['orders', 'billing']), asOf: at(25) }), [
      orders[0],
      billing[0],
    ]);
    assert.deepEqual(await taken({ ...wishFor(['orders']), asOf: at(25) }), [orders[1]], 'one alone');
    await assert.rejects(plan({ ...wishFor(['orders', 'billing']), asOf: at(0) }), {
      code: 'backup-none',
      message: /No backup of "billing" .* has data of "20 Nov 2026, 01:00 \(Europe\/Berlin\)" or before/,
    });
    // One that is named binds the other.
    assert.deepEqual(await taken(wishFor(['orders', ['billing', billing[0]!]])), [orders[0], billing[0]]);
    const { bound } = await plan(wishFor(['orders', 'billing']));
    assert.deepEqual(bound.alignment, {
      skewSeconds: 7200,
      toleranceSeconds: 21_600,
      members: [
        { database: 'orders', behindSeconds: 7200, newer: orders[2] },
        { database: 'billing', behindSeconds: 0 },
      ],
    });
    const tight = await openPaper(withAlignment({ toleranceSeconds: 600 }));
    await paper.close();
    paper = tight;
    const sparse = [await put('orders', 0), await put('orders', 20), await put('orders', 90)];
    const others = [await put('billing', 30), await put('billing', 80)];
    assert.deepEqual(
      await taken(wishFor(['orders', 'billing'])),
      [sparse[2], others[1]],
      'the newer of the closest',
    );
  });

  it('count what stays: a set that fits it is taken where there is one, and else what fits each other, with a warning', async () => {
    await openWith();
    const orders = [await put('orders', 0), await put('orders', 100), await put('orders', 144)];
    const billing = await put('billing', 2);
    assert.deepEqual(await taken(wishFor(['orders'])), [orders[2]], 'nothing is known to be there');
    await refresh(['billing', billing]);
    const fitting = await plan(wishFor(['orders']));
    assert.deepEqual(
      fitting.items.map(({ backup }) => backup?.id),
      [orders[0]],
    );
    assert.equal(fitting.better, undefined);
    assert.deepEqual(fitting.bound.alignment?.members, [
      { database: 'orders', behindSeconds: 7200, newer: orders[2] },
      { database: 'billing', behindSeconds: 0, stays: true },
    ]);
    const named = await plan(wishFor([['orders', orders[2]!]]));
    assert.equal(named.bound.alignment?.skewSeconds, 142 * 3600);
    assert.equal(named.better, `/refresh ci orders --backup ${orders[0]}`);
    // What would fit is gone: now nothing fits what stays, and both together would.
    await paper.store.write((tx) => tx.backups.update(orders[0]!, { state: 'missing' }));
    const late = await put('billing', 140);
    const beyond = await plan(wishFor(['orders']));
    assert.deepEqual(beyond.items[0]?.backup?.id, orders[2]);
    assert.equal(beyond.better, `/refresh ci orders billing --backup ${orders[2]} --backup ${late}`);
    const created = await ask(wishFor(['orders']));
    assert.equal(created.alignment?.skewSeconds, 142 * 3600, 'kept as it was shown');
    assert.deepEqual((await paper.store.requests.get(created.id))?.alignment, created.alignment);
  });

  it('are refused beyond the tolerance where the environment says so, with what would fit', async () => {
    await openWith({ beyond: 'refuse' });
    const orders = [await put('orders', 0), await put('orders', 144)];
    const billing = await put('billing', 2);
    const wish = wishFor([
      ['orders', orders[1]!],
      ['billing', billing],
    ]);
    const refusal = {
      code: 'sets-not-aligned',
      message:
        'The data of "ci" would be 6 days apart (billing is 6 days older; orders is the newest); at most 6 h is allowed.',
      hint: `/refresh ci orders billing --backup ${orders[0]} --backup ${billing}`,
    };
    await assert.rejects(plan(wish), refusal);
    await assert.rejects(ask(wish), refusal);
    const faults = await paper.service.faultsOf(paper.actor('dana'), wish);
    assert.deepEqual(
      faults.map(({ error, database }) => [error.code, database]),
      [['sets-not-aligned', undefined]],
    );
    const { apart } = await paper.service.prospect(paper.actor('dana'), wish);
    assert.ok(apart !== undefined && 'refusal' in apart && apart.refusal.code === 'sets-not-aligned');
    await refresh(['orders', orders[0]!], ['billing', billing]);
    await assert.rejects(ask(wishFor([['orders', orders[1]!]])), {
      ...refusal,
      message: /billing stays as it is: 6 days older/,
      hint: `/refresh ci orders --backup ${orders[0]}`,
    });
    await paper.store.write((tx) => tx.backups.update(orders[0]!, { state: 'missing' }));
    const closest = /^The closest that there are, 5 days apart: \/refresh ci orders billing --backup/;
    const weekly = await put('billing', 24);
    await assert.rejects(ask(wishFor(['orders'])), { code: 'sets-not-aligned', hint: closest });
    await paper.store.write((tx) => tx.backups.update(weekly, { state: 'missing' }));
    await assert.rejects(ask(wishFor(['orders'])), {
      hint: /^\/backups orders lists what there is; nothing/,
    });
  });

  it('take what clocks may be off for distance', async () => {
    await openWith({ beyond: 'refuse', clockOffsetSeconds: 3600 });
    const orders = [await put('orders', 0), await put('orders', 6.5)];
    const billing = await put('billing', 1);
    assert.deepEqual(await taken(wishFor(['orders', 'billing'])), [orders[0], billing]);
    const { bound } = await plan(wishFor(['orders', 'billing']));
    assert.equal(bound.alignment?.skewSeconds, 7200);
    await assert.rejects(plan(wishFor([['orders', orders[1]!], 'billing'])), { code: 'sets-not-aligned' });
  });

  it('are never aligned by a moment that is not known', async () => {
    await openWith({ beyond: 'refuse' });
    const known = [await put('orders', 0), await put('orders', 100)];
    const { id } = await paper.store.write((tx) =>
      tx.backups.put({
        database: 'billing',
        environment: 'production',
        repository: 'nightly',
        path: 'unknown.dump',
        engine: 'postgres',
        format: 'pg-custom',
        dataAtOrigin: 'unknown',
        takenAt: at(1),
        bytes: 1,
        checksum: 'c',
        anonymisation: 'declared',
        scope: 'full',
        state: 'present',
        foundAt: at(1),
      }),
    );
    const { items, bound } = await plan(wishFor(['orders', 'billing']));
    assert.deepEqual(
      items.map(({ backup }) => backup?.id),
      [known[1], id],
    );
    assert.deepEqual(bound.alignment?.members.at(-1), { database: 'billing' });
    assert.equal(bound.alignment?.skewSeconds, 0);
    await refresh(['billing', id]);
    const beside = await plan(wishFor(['orders']));
    assert.equal(beside.items[0]?.backup?.id, known[1]);
    assert.deepEqual(beside.bound.alignment?.members.at(-1), { database: 'billing', stays: true });
  });

  it('are looked at again before they start: what stays may have changed since', async () => {
    await openWith();
    const old = [await put('orders', 0), await put('billing', 1)] as const;
    const late = [await put('orders', 144), await put('billing', 145)] as const;
    await refreshUat([['billing', old[1]]]);
    const { id } = await ask(wishFor([['orders', old[0]]], 'uat'));
    await refreshUat([['billing', late[1]]]);
    const approve = () => paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved' });
    await assert.rejects(approve(), { code: 'approval-outdated' });
    const [revised] = await paper.store.events.ofRequest(id, ['request-revised']);
    assert.ok(revised?.type === 'request-revised');
    assert.match(
      revised.why,
      /^What stays in "uat" has changed since\. .* 6 days apart \(orders is 6 days older;/,
    );
    // Now it is shown, and who approves knows.
    assert.ok((await paper.store.requests.get(id))!.alignment!.skewSeconds > 100 * 3600);
    await approve();
    assert.equal((await paper.store.requests.get(id))?.state, 'running');
  });

  it('are bound as they were shown: what moved too far is another request to say yes to, and what moved a little is not', async () => {
    await openWith();
    const old = await put('orders', 0);
    await refreshUat([['billing', await put('billing', 1)]]);
    const startAt = new Date(paper.deps.now().getTime() + 1_800_000);
    const asked = await ask({ ...wishFor([['orders', old]], 'uat'), startAt });
    const { id } = asked;
    const approve = (digest: string) =>
      paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved', digest });
    const now = async () => (await paper.store.requests.get(id))!;
    await approve(asked.digest);
    await refreshUat([['billing', await put('billing', 144)]]);
    paper.pass(1801);
    await paper.service.reconcile();
    const voided = await now();
    assert.equal(voided.state, 'pending');
    assert.equal(voided.alignment?.skewSeconds, 144 * 3600);
    assert.notEqual(voided.digest, asked.digest);
    await assert.rejects(approve(asked.digest), { code: 'approval-outdated' });
    // Somewhat further than was told: that is not worth asking anew.
    await refreshUat([['billing', await put('billing', 147)]]);
    await approve(voided.digest);
    assert.equal((await now()).state, 'running');
  });

  it('that are refused beyond the tolerance are not started either, whatever was approved', async () => {
    await openWith();
    const orders = await put('orders', 0);
    const billing = await put('billing', 100);
    const { id } = await ask(
      wishFor(
        [
          ['orders', orders],
          ['billing', billing],
        ],
        'uat',
      ),
    );
    const uat = paper.site.environments['uat']! as { alignment: AlignmentSite };
    uat.alignment = { ...uat.alignment, beyond: 'refuse' };
    await paper.service.decide(paper.actor('quinn'), { request: id, decision: 'approved' });
    const voided = await lastEvent(id);
    assert.ok(voided.type === 'approval-voided');
    assert.match(voided.why, /^The data of "uat" would be 4 days apart/);
    assert.equal((await paper.store.requests.get(id))?.state, 'pending');
  });

  it('are proposed for the first environment that somebody may ask for and that has them all', async () => {
    await openWith();
    const orders = await put('orders', 0);
    const billing = await put('billing', 2);
    const dana = paper.actor('dana');
    assert.equal((await paper.service.environmentWith(dana, ['orders', 'billing'])).name, 'uat');
    const found = await paper.service.align(dana, { environment: 'uat', databases: ['orders', 'billing'] });
    assert.equal(found.line, `/refresh uat orders billing --backup ${orders} --backup ${billing}`);
    assert.equal(found.alignment?.skewSeconds, 7200);
    await assert.rejects(paper.service.environmentWith(dana, ['orders', 'stok']), {
      code: 'database-unknown',
    });
    await assert.rejects(paper.service.environmentWith(dana, ['orders', 'stock']), {
      code: 'environment-none',
      message: 'No environment that Dana may ask for has all of "orders" and "stock".',
    });
  });
});
