import assert from 'node:assert/strict';
import { Client } from 'pg';
import { seal } from '../../../../src/service/audit/seal.ts';
import { verify } from '../../../../src/service/audit/verify.ts';
import { asRuntime } from '../../../../src/store/embedded.ts';
import type { Mark } from '../../../../src/store/store.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { administer } from '../../../postgres.ts';

describe('events whose numbers jump', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper();
  });
  afterEach(() => paper.close());

  async function happen(count: number): Promise<number> {
    let last = 0;
    for (let at = 0; at < count; at += 1) {
      const event = await paper.store.write((tx) =>
        tx.events.append({ type: 'backup-missing', backup: 'BKP-1' }),
      );
      last = event.id;
    }
    return last;
  }

  /** Somebody mightier than any trigger puts one in. */
  const putIn = (number: number) =>
    administer(
      paper.connectionString,
      `set session_replication_role = replica;
       insert into freshet.events (number, data) values (${number}, '{"type": "backup-found"}')`,
    );

  it('are sealed like all others, and so is what comes afterwards', async () => {
    await happen(3);
    await putIn(5_000_000_000);
    await happen(2);
    assert.equal(await seal(paper.deps), 6, 'with the far one');
    assert.ok((await happen(2)) > 5_000_000_000, 'numbers go on behind it');
    assert.equal(await seal(paper.deps), 2);
    const { misfit, events, unsealed, remarks } = await verify(paper.store);
    assert.deepEqual([misfit, events, unsealed], [undefined, 8, false]);
    assert.deepEqual(remarks.length, 1);
    assert.match(remarks[0]!, /no event is numbered between 5 and 5000000000/);
  });

  it('are sealed when the sequence was set forward, and several seal at once', async () => {
    await happen(2);
    await administer(paper.connectionString, `select setval('freshet.event_numbers', 900000000000000)`);
    await putIn(900_000_000_001_000);
    await happen(3);
    const sealed = await Promise.all(Array.from({ length: 4 }, () => seal(paper.deps)));
    assert.equal(
      sealed.reduce((all, one) => all + one),
      6,
    );
    await happen(1200);
    assert.equal(await seal(paper.deps), 1200);
    const { misfit, events, remarks } = await verify(paper.store);
    assert.deepEqual([misfit, events, remarks.length], [undefined, 1206, 1]);
  });

  it('are nobody to say but the store', async () => {
    const last = await happen(1);
    for (const number of [last + 1, 5_000_000_000]) {
      await assert.rejects(
        administer(
          paper.connectionString,
          `insert into freshet.events (number, data) values (${number}, '{"type": "backup-found"}')`,
        ),
        /lies ahead of the numbers that were given/,
      );
    }
    await assert.rejects(putIn(Number.MAX_SAFE_INTEGER + 1), /events_numbered/);
    await assert.rejects(
      administer(paper.connectionString, `select setval('freshet.event_numbers', 9007199254740992)`),
      /out of bounds/,
    );
  });

  it('and small gaps of what was rolled back are no matter', async () => {
    await happen(1);
    for (let at = 0; at < 3; at += 1) {
      const rolledBack = paper.store.write(async (tx) => {
        await tx.events.append({ type: 'backup-missing', backup: 'BKP-1' });
        throw new Error('no');
      });
      await assert.rejects(rolledBack);
    }
    await happen(1);
    await seal(paper.deps);
    const { misfit, remarks } = await verify(paper.store);
    assert.deepEqual([misfit, remarks], [undefined, []]);
  });

  it('are sealed up to the oldest open transaction, though there is always one', async () => {
    const open = async () => {
      const client = new Client({ connectionString: asRuntime(paper.connectionString) });
      await client.connect();
      await client.query('begin');
      await client.query(`insert into freshet.events (data) values ('{"type": "backup-missing"}')`);
      return client;
    };
    const waiting: Mark[] = [];
    const round = () => seal(paper.deps, undefined, waiting, 0);
    await happen(2);
    const first = await open();
    const clients = [first];
    try {
      await happen(1);
      assert.equal(await round(), 0, 'a smaller number can still appear');
      clients.push(await open());
      await first.query('commit');
      await happen(5);
      assert.equal(await round(), 4, 'what was there when the second began');
      assert.equal(await round(), 0);
      await clients[1]!.query('rollback');
      assert.equal(await round(), 5);
    } finally {
      for (const client of clients) await client.end();
    }
    const { misfit, events } = await verify(paper.store);
    assert.deepEqual([misfit, events], [undefined, 9]);
  });
});
