import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyOfMade, foundOnce } from './made.ts';

describe('what the test files of a run share', () => {
  let folder: string;
  let made = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'made-'));
    made = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const long = new Date('2026-01-02T03:04:05Z');
  async function make(place: string): Promise<void> {
    made += 1;
    const number = made;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await writeFile(join(place, 'text'), `made ${number}`, { mode: 0o600 });
    await utimes(join(place, 'text'), long, long);
  }
  const copy = (name: string) => copyOfMade('thing', join(folder, name), make, folder);

  it('is made once, however many want it at the same time, and copied with its times', async () => {
    assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(copy)), [true, true, true]);
    assert.equal(await copy('d'), true);
    assert.equal(made, 1);
    for (const name of ['a', 'b', 'c', 'd']) {
      assert.equal(await readFile(join(folder, name, 'text'), 'utf8'), 'made 1');
      assert.deepEqual((await stat(join(folder, name, 'text'))).mtime, long);
    }
  });

  it('is made by the next one where its maker failed or died', async () => {
    const fails = () => Promise.reject(new Error('no'));
    await assert.rejects(copyOfMade('thing', join(folder, 'a'), fails, folder), /no/);
    // A number that no process has.
    await writeFile(join(folder, 'thing.maker'), String(2 ** 22 + 1));
    assert.equal(await copy('b'), true);
    assert.equal(made, 1);
  });

  it('is nothing where nothing is shared', async () => {
    assert.equal(await copyOfMade('thing', join(folder, 'a'), make, ''), false);
    assert.equal(made, 0);
  });

  it('is found out once', async () => {
    let asked = 0;
    const find = () => Promise.resolve(`found ${(asked += 1)}`);
    assert.equal(await foundOnce('fact', find, folder), 'found 1');
    assert.equal(await foundOnce('fact', find, folder), 'found 1');
    assert.equal(await foundOnce('fact', find, ''), 'found 2');
  });
});
