import assert from 'node:assert/strict';
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from 'kysely';
import { announceHead } from '../../../../src/service/audit/announce-head.ts';
import { seal } from '../../../../src/service/audit/seal.ts';
import { verify } from '../../../../src/service/audit/verify.ts';
import { createClock } from '../../../../src/store/clock.ts';
import { asRuntime } from '../../../../src/store/embedded.ts';
import { silent } from '../../../../src/store/log.ts';
import { openPool } from '../../../../src/store/pool.ts';
import { prune } from '../../../../src/store/prune.ts';
import { openSeals } from '../../../../src/store/seals.ts';
import type { Tables } from '../../../../src/store/tables.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { administer } from '../../../postgres.ts';

const year = 365.25 * 86_400;

describe('the removal of events whose time is over', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper();
  });
  afterEach(() => paper.close());

  async function happen(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) {
      await paper.store.write((tx) =>
        tx.events.append({ type: 'host-alert', host: `db-${at}`, code: 'c', cause: '', hint: '' }),
      );
    }
  }

  /** Seals what there is, as it would have been so many years ago. */
  async function sealed(yearsAgo: number): Promise<void> {
    const seconds = yearsAgo * year;
    await administer(
      paper.connectionString,
      `set session_replication_role = replica;
       update freshet.events set at = clock_timestamp() - make_interval(secs => ${seconds})
       where number > (select coalesce(max(through), 0) from freshet.seals)`,
    );
    const now = () => new Date(Date.now() - seconds * 1000);
    await seal({ ...paper.deps, now });
  }

  async function announced(keepSeconds?: number): Promise<void> {
    const { keepSeconds: _, ...audit } = paper.site.audit;
    const site = {
      ...paper.site,
      audit: { ...audit, atMinute: 0, ...(keepSeconds === undefined ? {} : { keepSeconds }) },
    };
    await paper.store.setNote('audit-head', '2000-01-01');
    await announceHead({ ...paper.deps, site });
  }

  it('leaves a chain that fits, and ends before what is too young or not over', async () => {
    await paper.backup();
    await happen(5);
    await sealed(4);
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: 'release 12',
    });
    await sealed(3);
    await happen(5);
    await sealed(3);
    const whole = await verify(paper.store);
    assert.deepEqual(await prune(paper.connectionString, 5 * year), { events: 0, seal: 0 }, 'too young');
    await assert.rejects(prune(asRuntime(paper.connectionString), year), { code: 'prune-not-owner' });
    assert.deepEqual(
      await prune(paper.connectionString, year),
      { events: 5, seal: 1 },
      'the request is open',
    );
    const pruned = await verify(paper.store, { head: whole.head!.hash });
    assert.deepEqual(
      [pruned.misfit, pruned.pruned, pruned.seals, pruned.head?.hash],
      [undefined, 1, 3, whole.head!.hash],
    );
    await paper.service.decide(paper.actor('quinn'), { request: id, decision: 'rejected', reason: 'no' });
    await sealed(2);
    assert.equal((await prune(paper.connectionString, year)).seal, 4);
    assert.equal((await verify(paper.store)).pruned, 4);
    await happen(2);
    await sealed(0);
    const { misfit, events } = await verify(paper.store);
    assert.deepEqual([misfit, events], [undefined, 2]);
  });

  it('is refused under a time that nobody was told of', async () => {
    await happen(1);
    await sealed(4);
    await announced(3 * year);
    await assert.rejects(prune(paper.connectionString, 2 * year), { code: 'prune-not-told' });
    await announced();
    await assert.rejects(prune(paper.connectionString, 3 * year), /kept for ever until/);
    await announced(2 * year);
    assert.deepEqual(await prune(paper.connectionString, 2 * year), { events: 1, seal: 1 });
    const [told] = await administer(
      paper.connectionString,
      `select data -> 'keeps' as keeps from freshet.events where type = 'head-announced' order by number desc limit 1`,
    );
    assert.equal(told!['keeps'], 2 * year);
    const { misfit, remarks } = await verify(paper.store, { keepSeconds: 3 * year });
    assert.deepEqual(
      [misfit, remarks],
      [
        undefined,
        ['events were removed when they were to be kept for 2 years; the site file says for 3 years'],
      ],
    );
  });

  it('is refused by the database itself, whatever it is told', async () => {
    await happen(3);
    await sealed(4);
    await happen(3);
    await sealed(0);
    const tried = (...statements: string[]) =>
      administer(paper.connectionString, `begin; ${statements.join('; ')}; commit`);
    const remove = (number: number, seconds: number) => [
      `set local freshet.pruning = '${seconds}'`,
      `delete from freshet.events where number in (
         select events.number from freshet.events join freshet.seals on events.number > "after" and events.number <= through
         where seals.number = ${number})`,
    ];
    const say = (number: number, seconds: number, at = 'default') =>
      `insert into freshet.prunes (seal, through, events, keep_seconds, at)
       values (${number}, (select through from freshet.seals where number = ${number}), 3, ${seconds}, ${at})`;
    await assert.rejects(tried(...remove(2, year)), /younger than the retention/);
    await assert.rejects(tried(...remove(1, 1), say(1, 1)), /removal of seal 1 .* is refused/);
    await assert.rejects(tried(...remove(1, 1), say(1, year)), /removal of seal 1 .* is refused/);
    await assert.rejects(tried(say(1, year)), /refused/, 'nothing is removed');
    await assert.rejects(tried(...remove(2, 0), say(2, year)), /refused/, 'not the next one');
    assert.equal((await verify(paper.store)).events, 6);
    await tried(...remove(1, year), say(1, year, `'2001-01-01'`));
    const [kept] = await administer(
      paper.connectionString,
      `select at > clock_timestamp() - interval '1 hour' as now from freshet.prunes`,
    );
    assert.deepEqual(kept, { now: true }, 'its moment is that of the clock');
    const { misfit, pruned } = await verify(paper.store);
    assert.deepEqual([misfit, pruned], [undefined, 1]);
  });

  describe('by somebody mightier than any trigger', () => {
    let db: Kysely<Tables>;
    beforeEach(() => {
      db = new Kysely<Tables>({
        dialect: new PostgresDialect({ pool: openPool(paper.connectionString, silent, 1, createClock()) }),
        plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
      });
    });
    afterEach(() => db.destroy());

    /** What is found where the events of a seal are gone and this is written down of it; it is taken back. */
    async function found(removal: string | undefined, wanted: Parameters<typeof verify>[1] = {}) {
      let says: string | undefined;
      const undone = new Error('undone');
      const work = db.transaction().execute(async (tx) => {
        await sql`set local session_replication_role = replica`.execute(tx);
        await sql`delete from freshet.events where number <= (select through from freshet.seals where number = 1)`.execute(
          tx,
        );
        if (removal !== undefined) {
          const columns = 'seal, through, events, keep_seconds, at';
          await sql.raw(`insert into freshet.prunes (${columns}) values ${removal}`).execute(tx);
        }
        const { misfit, remarks } = await verify({ seals: openSeals(tx) }, wanted);
        says = misfit?.says ?? remarks[0];
        throw undone;
      });
      await assert.rejects(work, (error) => error === undone);
      return says;
    }
    const through = '(select through from freshet.seals where number = 1)';
    const ago = (years: number) => `clock_timestamp() - interval '${years * 12} months'`;

    it('is found out where events were young, or nothing fits', async () => {
      await happen(2);
      await sealed(2);
      assert.match((await found(undefined))!, /an event of seal 1 is missing/);
      assert.equal(await found(`(1, ${through}, 2, ${year}, ${ago(0)})`), undefined, 'a rightful one');
      assert.match((await found(`(1, ${through}, 2, ${3 * year}, ${ago(0)})`))!, /younger .*for 3 years/);
      assert.match((await found(`(1, ${through}, 2, 60, ${ago(1.5)})`))!, /younger .*for 1 year\)/);
      const unknown = await found(`(1, ${through}, 2, null, ${ago(0)})`, { keepSeconds: 3 * year });
      assert.match(unknown!, /under a retention that is not known; the site file says for 3 years/);
      assert.match((await found(`(1, ${through}, 2, ${year}, ${ago(-9)})`))!, /not what can have happened/);
      assert.match((await found(`(1, ${through}, 1, ${year}, ${ago(0)})`))!, /not what can have happened/);
      const twice = `(1, ${through}, 2, ${year}, ${ago(0)})`;
      assert.match((await found(`${twice}, ${twice}`))!, /not what can have happened/);
      assert.match((await found(`(2, ${through}, 2, ${year}, ${ago(0)})`))!, /seal 1 is missing/);
    });

    it('is found out where people were told otherwise', async () => {
      await happen(2);
      await sealed(4);
      await announced(5 * year);
      await sealed(1);
      const says = await found(`(1, ${through}, 2, ${year}, ${ago(0)})`);
      assert.match(says!, /younger than events had to be kept \(for 5 years\)/, 'told before');
      const dated = await found(`(1, ${through}, 2, ${year}, ${ago(2)})`);
      assert.match(dated!, /the message of .* told of removed events of none/, 'told afterwards');
    });
  });
});
