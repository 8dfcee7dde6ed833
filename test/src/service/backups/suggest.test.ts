import assert from 'node:assert/strict';
import { unavailable } from '../../../../src/domain/errors.ts';
import type { Backup } from '../../../../src/domain/backup.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('what forms are made of', function () {
  let paper: Paper;
  const many = Array.from({ length: 9 }, (_, at) => `db-${at}`);

  beforeEach(async () => {
    paper = await openPaper((site) => {
      const { uat, ci } = site.environments;
      const placed = many.map((database) => [database, { ...ci!.databases['orders']!, database }]);
      return {
        ...site,
        environments: {
          ...site.environments,
          uat: { ...uat!, requesters: ['developer'] },
          ci: { ...ci!, databases: { ...ci!.databases, ...Object.fromEntries(placed) } },
        },
      };
    });
  });
  afterEach(() => paper.close());

  const ids = (backups: readonly Backup[]) => backups.map(({ id }) => id).join(' ');

  it('offers what somebody may ask for, and nothing to those who may not', async () => {
    const { service } = paper;
    const names = (person: string) => service.targetsFor(paper.actor(person)).map(({ name }) => name);
    assert.deepEqual(names('dana'), ['uat', 'ci', 'dev']);
    assert.deepEqual(names('quinn'), ['ci', 'dev']);
    const what = (environment: string, database = 'orders') => ({ environment, database, text: '' });
    const refused = [
      [what('uat'), 'request-not-allowed'],
      [what('production'), 'environment-production'],
      [what('nowhere'), 'environment-unknown'],
      [what('ci', 'stock'), 'database-unknown'],
    ] as const;
    for (const [wanted, code] of refused)
      await assert.rejects(service.suggestBackups(paper.actor('quinn'), wanted, 10), { code });
    const wish = { environment: 'uat', databases: [], reason: '' };
    await assert.rejects(service.prospect(paper.actor('quinn'), wish), { code: 'request-not-allowed' });
    const glance = { environment: 'uat', items: [{ database: 'orders' }] };
    await assert.rejects(service.glances(paper.actor('quinn'), glance, 100), { code: 'request-not-allowed' });
  });

  it('suggests what fits, and tells why another does not, as the site file declares it now', async () => {
    await paper.backup();
    await paper.backup({ repository: 'forgotten' });
    await paper.backup({ anonymisation: 'raw' });
    const suggest = async (text: string, limit = 100) => {
      const what = { environment: 'ci', database: 'orders', text };
      const { fit, unfit } = await paper.service.suggestBackups(paper.actor('dana'), what, limit);
      return [ids(fit), unfit.map(({ backup, why }) => `${backup.id} ${why.code}`).join(' ')];
    };
    assert.deepEqual(await suggest(''), ['BKP-1', '']);
    const unfit = 'BKP-3 backup-not-anonymised BKP-2 repository-unknown';
    assert.deepEqual(await suggest('orders'), ['BKP-1', unfit]);
    assert.deepEqual(await suggest('orders', 2), ['BKP-1', 'BKP-3 backup-not-anonymised']);
    assert.match((await suggest('3'))[1]!, /^BKP-3 /, 'the number before the day of the month');
    assert.deepEqual(await suggest('BKP-1'), ['BKP-1', '']);
    const { items } = await paper.service.prospect(paper.actor('dana'), {
      environment: 'ci',
      databases: [{ database: 'orders' }, { database: 'billing' }],
      reason: '',
    });
    assert.deepEqual(
      items.map(({ backup, passedOver }) => [backup?.id, passedOver?.backup.id]),
      [
        ['BKP-1', 'BKP-3'],
        [undefined, undefined],
      ],
    );
  });

  it('looks for what fits and what does not side by side once something was typed, and else only for what fits', async () => {
    await paper.backup();
    const { backups } = paper.deps.store;
    const search = backups.search.bind(backups);
    const suggest = (text: string) =>
      paper.service.suggestBackups(paper.actor('dana'), { environment: 'ci', database: 'orders', text }, 10);
    const under: (() => void)[] = [];
    // None is answered before both are asked for.
    backups.search = async (...given) => {
      await new Promise<void>((resolve) => {
        under.push(resolve);
        if (under.length === 2) for (const go of under) go();
      });
      return search(...given);
    };
    assert.equal(ids((await suggest('orders')).fit), 'BKP-1');
    assert.equal(under.length, 2);
    let asked = 0;
    backups.search = (...given) => {
      asked += 1;
      return search(...given);
    };
    assert.equal(ids((await suggest('')).fit), 'BKP-1');
    assert.equal(asked, 1);
  });

  it('finds all that speaks against a wish at once, each by its database', async () => {
    await paper.backup();
    await paper.backup({ state: 'missing' });
    await paper.backup({ database: 'db-0' });
    const faults = async (databases: [string, `BKP-${number}`?][], reason = '', environment = 'ci') => {
      const found = await paper.service.faultsOf(paper.actor('dana'), {
        environment,
        databases: databases.map(([database, backup]) => ({ database, ...(backup && { backup }) })),
        reason,
      });
      return found.map(({ error, database }) =>
        [error.about['field'], error.code, database].join(' ').trim(),
      );
    };
    assert.deepEqual(await faults([['orders'], ['db-0']]), []);
    assert.deepEqual(
      await faults([['orders', 'BKP-2'], ['db-0'], ['billing'], ['stock']], 'x'.repeat(2001)),
      [
        'reason reason-too-long',
        'backup backup-missing orders',
        'backup backup-none billing',
        'database database-unknown stock',
      ],
    );
    assert.deepEqual(await faults([['orders', 'BKP-3']]), ['backup backup-other-database orders']);
    assert.deepEqual(await faults([['orders', 'BKP-99']]), ['backup backup-unknown orders']);
    assert.deepEqual(await faults([['orders'], ['orders']]), ['database database-twice']);
    assert.deepEqual(await faults([]), ['database database-missing']);
    assert.deepEqual(await faults([['orders']], '', 'production'), ['environment environment-production']);
    const wish = { environment: 'ci', databases: [{ database: 'orders' }], reason: 'first' };
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), wish);
    assert.deepEqual(await faults([['orders']]), ['request-duplicate']);
    assert.ok((await paper.service.prospect(paper.actor('dana'), wish)).duplicate?.message.includes(id));
  });

  it('looks at few targets at a time, not again at once, and never longer than it may', async () => {
    let under = 0;
    let most = 0;
    let asked = 0;
    const inspect = paper.engine.inspect.bind(paper.engine);
    paper.engine.inspect = async (...given) => {
      asked++;
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, 20));
      under--;
      return inspect(...given);
    };
    const items = many.map((database) => ({ database }));
    const look = (withinMs: number, environment = 'ci') =>
      paper.service.glances(paper.actor('dana'), { environment, items }, withinMs);
    const seen = await look(5000);
    assert.deepEqual(Object.keys(seen).sort(), many);
    assert.ok(Object.values(seen).every((one) => 'inspection' in one));
    assert.ok(most > 1 && most <= 6, `${most} at a time`);
    await look(5000);
    assert.equal(asked, 9);

    paper.engine.inspect = () => new Promise(() => undefined);
    const late = await paper.service.glances(
      paper.actor('dana'),
      { environment: 'ci', items: [{ database: 'db-0' }, { database: 'orders' }] },
      100,
    );
    assert.ok('inspection' in late['db-0']!, 'what is known is told');
    assert.deepEqual(late['orders'], { unknown: 'It did not answer in time.' });

    let away = true;
    paper.engine.inspect = (...given) =>
      away ? Promise.reject(unavailable('host-unreachable', 'Host away.', '')) : inspect(...given);
    const one = { environment: 'dev', items: [{ database: 'orders' }] };
    assert.deepEqual(await paper.service.glances(paper.actor('dana'), one, 1000), {
      orders: { unknown: 'Host away.' },
    });
    away = false;
    assert.ok('inspection' in (await paper.service.glances(paper.actor('dana'), one, 1000))['orders']!);
  });
});
