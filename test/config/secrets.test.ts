import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { absoluteRef, openSecrets } from '../../config/secrets.ts';

describe('secrets', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freshet-secrets-'));
  });
  afterEach(async () => rm(folder, { recursive: true }));

  it('come from variables and files, without the line break at the end, and are known then', async () => {
    const secrets = openSecrets({ TOKEN: 'from-variable' });
    await writeFile(join(folder, 'key'), 'line 1\nline 2\n', { mode: 0o600 });
    assert.equal(await secrets.resolve('env:TOKEN'), 'from-variable');
    assert.equal(await secrets.resolve(absoluteRef('file:key', folder)), 'line 1\nline 2');
    secrets.know('another');
    assert.deepEqual([...secrets.known()], ['from-variable', 'line 1\nline 2', 'another']);
  });

  it('are read anew each time', async () => {
    const secrets = openSecrets({});
    await writeFile(join(folder, 'key'), 'old', { mode: 0o600 });
    assert.equal(await secrets.resolve(`file:${folder}/key`), 'old');
    await writeFile(join(folder, 'key'), 'new');
    assert.equal(await secrets.resolve(`file:${folder}/key`), 'new');
  });

  for (const mode of [0o640, 0o604, 0o644, 0o660]) {
    it(`are refused in a file of mode ${mode.toString(8)}, without being shown`, async () => {
      const path = join(folder, 'key');
      await writeFile(path, 'hush-hush');
      await chmod(path, mode);
      await assert.rejects(openSecrets({}).resolve(`file:${path}`), (error: Error) => {
        assert.match(
          error.message,
          new RegExp(`"file:${path}" may be read by others \\(mode 0${mode.toString(8)}\\)`),
        );
        assert(!inspect(error).includes('hush-hush'));
        return true;
      });
    });
  }

  it('that are missing or empty are named', async () => {
    const secrets = openSecrets({ EMPTY: '\n' });
    await assert.rejects(secrets.resolve('env:NONE'), {
      code: 'secret-missing',
      message: 'Secret "env:NONE" is missing: the process has no variable NONE.',
    });
    await assert.rejects(secrets.resolve('env:toString'), { code: 'secret-missing' });
    await assert.rejects(secrets.resolve('env:EMPTY'), { code: 'secret-empty' });
    await assert.rejects(secrets.resolve(`file:${folder}/none`), { code: 'secret-missing' });
    await assert.rejects(secrets.resolve(`file:${folder}`), { code: 'secret-unreadable' });
  });
});
