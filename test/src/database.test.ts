import assert from 'node:assert/strict';
import { bringUp, readyToWork } from '../../src/database.ts';
import { asRuntime } from '../../src/store/embedded.ts';
import { silent } from '../../src/store/log.ts';
import { migrate } from '../../src/store/migrate.ts';
import { freshDatabase } from '../postgres.ts';

describe('the store of a process that works', function () {
  this.timeout(60_000);

  it('is waited for while serve brings an embedded one up, tables first and rights afterwards', async () => {
    const ownerUrl = await freshDatabase();
    const url = asRuntime(ownerUrl);
    const embedded = { url, ownerUrl, embedded: true, stop: () => Promise.resolve() };
    const told: string[] = [];
    let tellFirst: (() => void) | undefined;
    const waits = new Promise<void>((resolve) => (tellFirst = resolve));
    const log = { ...silent, info: (_about: unknown, text: string) => (told.push(text), tellFirst?.()) };
    const ready = readyToWork(embedded, log);
    await waits;
    await migrate(ownerUrl);
    await assert.rejects(readyToWork({ ...embedded, embedded: false }, silent), { code: 'store-refused' });
    await bringUp(embedded, silent);
    assert.equal(await ready, true);
    assert.deepEqual(told, ['Waits for serve to bring the embedded store up']);
  });
});
