import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from 'kysely';
import { Client } from 'pg';
import { verify, type Verdict } from '../../../../src/service/audit/verify.ts';
import { announceHead, overdueEvents } from '../../../../src/service/audit/announce-head.ts';
import { seal, sealForEver } from '../../../../src/service/audit/seal.ts';
import { asRuntime } from '../../../../src/store/embedded.ts';
import { createClock } from '../../../../src/store/clock.ts';
import { silent } from '../../../../src/store/log.ts';
import { openPool } from '../../../../src/store/pool.ts';
import { openSeals } from '../../../../src/store/seals.ts';
import type { Tables } from '../../../../src/store/tables.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import type { Store } from '../../../../src/store/store.ts';
import { administer } from '../../../postgres.ts';
import { held, until } from '../../../until.ts';

describe('the chain over the events', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper();
  });
  afterEach(() => paper.close());

  /** As many events, of all that they can carry. */
  async function happen(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) {
      await paper.store.write((tx) =>
        tx.events.append({
          type: 'host-alert',
          host: `db-${at}`,
          code: 'c',
          cause: '=1',
          hint: '',
          actor: 'dana',
          front: 'slack',
        }),
      );
    }
  }

  it('holds every event once, and goes on where it ended', async () => {
    await happen(3);
    assert.equal(await seal(paper.deps), 3);
    assert.equal(await seal(paper.deps), 0);
    await happen(1203);
    assert.equal((await verify(paper.store)).unsealed, true);
    assert.equal(await seal(paper.deps), 1203);
    const { misfit, seals, events, head, unsealed } = await verify(paper.store);
    assert.deepEqual([misfit, seals, events, head?.number, unsealed], [undefined, 3, 1206, 3, false]);
  });

  it('tell how many events are older than the site file keeps them', async () => {
    await happen(3);
    await seal(paper.deps);
    assert.equal(await overdueEvents(paper.deps), 0);
    paper.site.audit.keepSeconds = 3600;
    assert.equal(await overdueEvents(paper.deps), 0);
    paper.pass(7200);
    assert.equal(await overdueEvents(paper.deps), 3);
    const probe = paper.service.probes().find(({ name }) => name === 'audit');
    assert.match((await probe!.run()).says, /^3 events are older than audit.keep/);
  });

  it('waits for a transaction that has a number and is not over, and skips none', async () => {
    await happen(1);
    const slow = new Client({ connectionString: asRuntime(paper.connectionString) });
    await slow.connect();
    try {
      await slow.query('begin');
      await slow.query(`insert into freshet.events (data) values ('{"type": "backup-missing"}')`);
      await happen(2);
      const { seals } = paper.store;
      const marked = held();
      const mark = () => seals.mark().finally(marked.letGo);
      let looks = 0;
      const isFinal: typeof seals.isFinal = (what) => {
        looks += 1;
        return seals.isFinal(what);
      };
      let over = false;
      const store = { ...paper.store, seals: { ...seals, mark, isFinal } };
      const sealing = seal({ ...paper.deps, store }).finally(() => (over = true));
      await marked.until;
      await happen(1);
      await until('it has looked in vain', () => looks > 1 || over);
      assert.equal(
        await paper.store.seals.latest(),
        undefined,
        'nothing is sealed above what can still appear',
      );
      await slow.query('commit');
      assert.equal(await sealing, 4);
    } finally {
      await slow.end();
    }
    assert.equal((await verify(paper.store)).misfit, undefined);
  });

  it('does not fork when several seal at once', async () => {
    await happen(60);
    const sealed = await Promise.all(Array.from({ length: 6 }, () => seal(paper.deps)));
    assert.equal(
      sealed.reduce((sum, one) => sum + one, 0),
      60,
    );
    const { misfit, events } = await verify(paper.store);
    assert.deepEqual([misfit, events], [undefined, 60]);
    const [last] = await paper.store.seals.after(0, 1);
    assert.equal(
      await paper.store.seals.add({ ...last!, number: 99, hash: 'f'.repeat(64) }),
      false,
      'one successor',
    );
  });

  describe('tells where', () => {
    let db: Kysely<Tables>;
    /** The seal of each event. */
    let sealOf: Map<number, number>;
    let heads: string[];

    beforeEach(async () => {
      sealOf = new Map();
      heads = [];
      for (let round = 1; round <= 4; round += 1) {
        await happen(5);
        // A number that nothing came of.
        await assert.rejects(
          paper.store.write(async (tx) => {
            await tx.events.append({ type: 'backup-missing', backup: 'BKP-1' });
            throw new Error('no');
          }),
        );
        await seal(paper.deps);
        const last = (await paper.store.seals.latest())!;
        for (const { id } of await paper.store.seals.events(last, 100)) sealOf.set(id, round);
        heads.push(last.hash);
      }
      db = new Kysely<Tables>({
        dialect: new PostgresDialect({ pool: openPool(paper.connectionString, silent, 1, createClock()) }),
        plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
      });
    });
    afterEach(() => db.destroy());

    /** What is found after a statement of somebody mightier than any trigger; it is taken back. */
    async function after(statement: string, wanted: Parameters<typeof verify>[1] = {}): Promise<Verdict> {
      let verdict: Verdict | undefined;
      const undone = new Error('undone');
      const work = db.transaction().execute(async (tx) => {
        await sql`set local session_replication_role = replica`.execute(tx);
        const { numAffectedRows } = await sql.raw(statement).execute(tx);
        assert.ok((numAffectedRows ?? 0n) > 0n, statement);
        verdict = await verify({ seals: openSeals(tx) }, wanted);
        throw undone;
      });
      await assert.rejects(work, (error) => error === undone);
      return verdict!;
    }

    const changesOfEvents = [
      `at = at + interval '1 millisecond'`,
      `data = data || '{"cause": "another"}'`,
      `data = data || '{"more": null}'`,
      `data = data - 'hint'`,
      `data = jsonb_set(data, '{type}', '"backup-missing"')`,
      `actor = 'quinn'`,
      'actor = null',
      `actor = null, data = data || '{"actor": "dana"}'`,
      `front = 'jira'`,
      'request = 7',
      `run = 'aaaaaaaa'`,
    ];

    it('any one event was changed, removed, moved or put in', async () => {
      const ids = [...sealOf.keys()];
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...ids),
          fc.constantFrom(...changesOfEvents, 'removed', 'put in'),
          async (id, change) => {
            const where = `where number = ${id}`;
            const number = sealOf.get(id)!;
            if (change === 'removed') {
              const { misfit } = await after(`delete from freshet.events ${where}`);
              assert.equal(misfit?.seal, number);
              assert.match(misfit.says, /is missing/);
            } else if (change === 'put in') {
              // Where a number was left out: behind the last event of its seal.
              const free = Math.max(...ids.filter((one) => sealOf.get(one) === number)) + 1;
              const { misfit } = await after(
                `insert into freshet.events (number, data) values (${free}, '{"type": "backup-found"}')`,
              );
              assert.deepEqual([misfit?.seal, misfit?.event], [number, free]);
              assert.match(misfit!.says, /put in/);
            } else {
              const { misfit } = await after(`update freshet.events set ${change} ${where}`);
              assert.deepEqual([misfit?.seal, misfit?.event], [number, id], change);
            }
          },
        ),
        { numRuns: 120 },
      );
      assert.match(
        (await after(`insert into freshet.events (number, data) values (-5, '{"type": "backup-found"}')`))
          .misfit!.says,
        /event -5 was put in/,
      );
      assert.equal((await verify(paper.store)).misfit, undefined, 'nothing of it lasted');
    });

    it('any one seal was changed, removed or put elsewhere', async () => {
      const changes = [
        `hash = repeat('a', 64)`,
        `previous = repeat('b', 64)`,
        `at = at + interval '1 second'`,
        'count = count - 1',
        'through = through + 1',
        '"after" = "after" - 1',
        `leaves = set_byte(leaves, 40, 255 - get_byte(leaves, 40))`,
        'leaves = substr(leaves, 1, 96)',
      ];
      for (const number of [1, 2, 3, 4]) {
        for (const change of changes) {
          const { misfit } = await after(`update freshet.seals set ${change} where number = ${number}`);
          assert.equal(misfit?.seal, number, `${change} of ${number}`);
        }
      }
      for (const number of [1, 2, 3]) {
        const { misfit } = await after(`delete from freshet.seals where number = ${number}`);
        assert.equal(misfit?.seal, number);
      }
      const swapped =
        'update freshet.seals set number = case number when 2 then 103 else 102 end where number in (2, 3)';
      assert.equal((await after(swapped)).misfit?.seal, 2);
    });

    it('the end was cut off, by a hash that was told of', async () => {
      const cut =
        'with gone as (delete from freshet.seals where number >= 3) delete from freshet.events where number > (select through from freshet.seals where number = 2)';
      assert.equal((await after(cut)).misfit, undefined, 'the rest alone is whole');
      assert.match(
        (await after(cut, { head: heads[3]! })).misfit!.says,
        /no seal has the hash .*; it ends with seal 2/,
      );
      for (const head of heads) assert.equal((await verify(paper.store, { head })).misfit, undefined);
    });

    it('within the seals that are asked for', async () => {
      const id = [...sealOf].find(([, number]) => number === 2)![0];
      const change = `update freshet.events set actor = null where number = ${id}`;
      assert.equal((await after(change, { from: 3 })).misfit, undefined);
      assert.equal((await after(change, { from: 2, to: 2 })).misfit?.event, id);
      assert.equal((await after(change, { to: 1 })).seals, 1);
      assert.equal((await verify(paper.store, { to: 9 })).misfit?.seal, 5);
      assert.equal((await verify(paper.store, { from: 9 })).misfit?.seal, 8);
    });
  });

  it('has its head told of once a day, from its hour on, by however many processes', async () => {
    await happen(1);
    await seal(paper.deps);
    const told = () =>
      administer(paper.connectionString, `select data from freshet.events where type = 'head-announced'`);
    const at = async (moment: string) => {
      const deps = { ...paper.deps, now: () => new Date(moment) };
      await Promise.all(Array.from({ length: 5 }, () => announceHead(deps)));
      return (await told()).length;
    };
    assert.equal(await at('2026-11-23T12:00:00Z'), 0, 'not on the first day');
    assert.equal(await at('2026-11-24T07:59:00Z'), 0, '08:59 in Berlin');
    assert.equal(await at('2026-11-24T08:00:00Z'), 1);
    assert.equal(await at('2026-11-24T22:59:00Z'), 1);
    assert.equal(await at('2026-11-24T23:30:00Z'), 1, 'the next day there, and too early');
    assert.equal(await at('2026-11-27T10:00:00Z'), 2, 'days that were missed are not made good');
    const head = (await paper.store.seals.latest())!;
    assert.equal(((await told())[0]!['data'] as { hash: string }).hash, head.hash);
    const waiting = await administer(paper.connectionString, `select front, kind from freshet.outbox`);
    assert.deepEqual(waiting, [
      { front: 'slack-alerts', kind: 'alert' },
      { front: 'slack-alerts', kind: 'alert' },
    ]);
  });

  it('is kept by one process among all', async () => {
    const stopping = new AbortController();
    await happen(2);
    const begun: string[] = [];
    const refused: string[] = [];
    const working = ['paper-1', 'paper-2'].map((worker) => {
      const { seals } = paper.store;
      const store = {
        ...paper.store,
        seals: { ...seals, mark: () => (begun.push(worker), seals.mark()) },
        async lease(...wanted: Parameters<Store['lease']>) {
          const taken = await paper.store.lease(...wanted);
          if (!taken) refused.push(worker);
          return taken;
        },
      };
      return sealForEver({ ...paper.deps, worker, store }, stopping.signal);
    });
    try {
      await until('it is sealed', async () => (await paper.store.seals.latest()) !== undefined);
      await until('the other one has asked as well', () => refused.length > 0);
      assert.equal(new Set(begun).size, 1, begun.join(', '));
      assert.ok(!refused.includes(begun[0]!));
    } finally {
      stopping.abort();
      await Promise.all(working);
    }
    assert.equal((await verify(paper.store)).events, 2);
  });
});
