import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Backup } from '../../../src/domain/backup.ts';
import { seed, span } from '../../faults/durations.ts';
import { type Random, randomFrom } from '../../rig/random.ts';
import { needs, skip } from '../../skip.ts';
import { randomDumpOptions, randomTables, type TablesAsked } from './random-tables.ts';
import { type Rig, startRig } from './rig.ts';

describe('what is MySQL’s own: any table as the plain client restores it', function () {
  this.timeout(span(240, 3600) * 1000);
  let rig: Rig;

  before(async function () {
    needs(this, 'mariadb-server', 'openssh-server');
    rig = await startRig({ databases: { uat: 'orders_uat' } });
    if (!rig.server.isMariadb) skip(this, 'its types are those of MariaDB');
  });
  after(() => rig?.stop());

  async function made(random: Random, asked: TablesAsked): Promise<readonly string[]> {
    await rig.drop(...(await rig.databases()));
    const tables = randomTables(random, asked);
    await rig.client(`CREATE DATABASE orders_uat; CREATE DATABASE source; USE source; ${tables.sql}`);
    return tables.definitions;
  }

  async function refresh(random: Random, backup: Backup) {
    const placed = { jobs: random.pick([1, 2, 3]) };
    return (await rig.walk(rig.planOf(rig.context('uat', { backup, placed })))).outcome;
  }

  for (let at = 0; at < span(4, 100); at += 1) {
    it(`of random types, names and rows, dumped in any way (${seed + at})`, async () => {
      const random = randomFrom(seed + at);
      const words = randomDumpOptions(random);
      const definitions = await made(random, { dumpedWith: words });
      const path = `${seed + at}.sql`;
      const file = join(rig.near.root, path);
      await rig.dumped(...words, `--result-file=${file}`, 'source');

      const byHand = await rig.server.restoreByHand(file, 'by_hand').then(
        () => 'succeeded',
        () => 'failed',
      );
      const outcome = await refresh(random, await rig.backupAt(rig.near, path, 'mysql-plain'));
      const told = [words.join(' '), ...definitions, JSON.stringify(outcome)].join('\n');
      assert.equal(outcome.end, byHand, told);
      if (byHand === 'succeeded')
        assert.deepEqual(await rig.contentOf('orders_uat'), await rig.contentOf('by_hand'), told);
    });
  }

  for (let at = 0; at < span(1, 20); at += 1) {
    it(`of random types, names and rows, in folders of mydumper (${seed - at})`, async function () {
      needs(this, 'mydumper');
      const random = randomFrom(seed - at);
      const definitions = await made(random, { inFolder: true });
      const source = await rig.contentOf('source');
      const outcome = await refresh(random, await rig.dump('source', 'mydumper'));
      const told = [...definitions, JSON.stringify(outcome)].join('\n');
      assert.deepEqual(outcome, { end: 'succeeded' }, told);
      assert.deepEqual(await rig.contentOf('orders_uat'), source, told);
    });
  }
});
