import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isFreshetError, type ErrorKind } from '../../../src/domain/errors.ts';
import { bundled, migrate, pendingMigrations } from '../../../src/store/migrate.ts';
import { administer, freshDatabase } from '../../postgres.ts';

const run = promisify(execFile);

describe('Migrations', function () {
  it('are applied once by five processes that start at once', async () => {
    const database = await freshDatabase();
    const all = (await bundled()).map((one) => `${String(one.number).padStart(4, '0')}-${one.title}`);
    assert.deepEqual(await pendingMigrations(database), all);
    const script = new URL('./migrate-once.ts', import.meta.url).pathname;
    const outputs = await Promise.all(
      Array.from({ length: 5 }, () => run(process.execPath, ['--import=tsx', script, database])),
    );
    const applied = outputs.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean));
    assert.deepEqual(applied.sort(), all);
    assert.deepEqual(await pendingMigrations(database), []);
    assert.deepEqual(await migrate(database), []);
  });

  it('leave nothing of a migration that fails', async () => {
    const database = await freshDatabase();
    // Something is in the way half-way through the first one.
    await administer(database, 'create schema freshet; create table freshet.inbox (in_the_way int)');
    await assert.rejects(migrate(database), /already exists/);
    const [row] = await administer(database, `select to_regclass('freshet.requests')::text as requests`);
    assert.equal(row!.requests, null);
    await administer(database, 'drop table freshet.inbox');
    assert.equal((await migrate(database)).length, (await bundled()).length);
  });

  it('refuse a database that is ahead of the program, or whose history differs', async () => {
    const database = await freshDatabase({ migrated: true });
    await administer(
      database,
      `insert into freshet.migrations (number, title, checksum) values (9999, 'from-the-future', 'x')`,
    );
    await refusal(migrate(database), 'Config', 'store-newer');
    await refusal(pendingMigrations(database), 'Config', 'store-newer');
    await administer(database, 'delete from freshet.migrations where number = 9999');
    await administer(database, `update freshet.migrations set checksum = 'x' where number = 1`);
    await refusal(migrate(database), 'Config', 'store-migration-changed');
  });

  it('tell a refused login and a missing database from a server that is away', async () => {
    const url = new URL(await freshDatabase());
    url.password = 'wrong';
    await refusal(migrate(url.href), 'Config', 'store-refused');
    url.href = await freshDatabase();
    url.pathname = '/nowhere';
    await refusal(pendingMigrations(url.href), 'Config', 'store-refused');
    await refusal(migrate('postgresql://a:b@127.0.0.1:1/c'), 'Unavailable', 'store-unavailable');
  });
});

async function refusal(asked: Promise<unknown>, kind: ErrorKind, code: string): Promise<void> {
  await assert.rejects(asked, (error) => {
    assert.ok(isFreshetError(error, kind), String(error));
    assert.equal(error.code, code);
    assert.ok(!error.message.includes('wrong') && error.hint !== '');
    return true;
  });
}
