import assert from 'node:assert/strict';
import { neutralise } from '../../config/schema/neutralise.ts';
import { packNames } from '../../src/domain/neutralising.ts';
import { engines } from '../../runners/index.ts';
import { benches } from '../runners/benches.ts';
import { importsOf } from './imports.ts';
import { filesBelow, foldersIn, isSource, textOf } from './tree.ts';

// A family's members are folders or files; its registry is the one place that lists them. Each test fails, too, when
// members exist without the registry.

/** Folders of `runners` that are no engine. */
const aroundEngines = ['walk', 'neutralising', 'transport', 'host-program', 'repository'];
/** What each engine consists of. */
const engineFiles = [
  'index.ts',
  'shell.ts',
  'sql.ts',
  'quote.ts',
  'causes.ts',
  'setup.ts',
  'inspect.ts',
  'readme.md',
];

describe('registries', function () {
  it('runners/index.ts lists each engine', function () {
    const engines = foldersIn('runners').filter((name) => !aroundEngines.includes(name));
    assert.deepEqual(
      enginesListed(),
      engines.map((name) => `runners/${name}/index.ts`),
    );
  });

  it('each engine has the same files', function () {
    const wrong = foldersIn('runners')
      .filter((name) => !aroundEngines.includes(name))
      .flatMap((name) => {
        const files = filesBelow(`runners/${name}`);
        return engineFiles
          .filter((file) => !files.includes(`runners/${name}/${file}`))
          .map((file) => `${name}/${file}`);
      });
    assert.deepEqual(wrong, [], 'missing');
  });

  it('each engine is called like its folder, and each format is of one engine', function () {
    for (const [name, engine] of Object.entries(engines)) assert.equal(engine.name, name);
    assert.deepEqual(
      Object.keys(engines).toSorted(),
      enginesListed().map((path) => path.split('/')[1]),
    );
    const formats = Object.values(engines).flatMap((engine) => engine.formats);
    assert.deepEqual(formats.toSorted(), [...new Set(formats)].toSorted());
  });

  it('each engine has a bench, on which the contract runs', function () {
    assert.deepEqual(benches.map(({ engine }) => engine.name).toSorted(), Object.keys(engines).toSorted());
  });

  it('each pack has a folder, words in the site file, and files for engines only', function () {
    const folders = foldersIn('config/packs');
    assert.deepEqual([...packNames].sort(), folders);
    assert.deepEqual(
      Object.keys(neutralise.shape)
        .filter((key) => key !== 'files')
        .sort(),
      folders,
    );
    const engines = foldersIn('runners').filter((name) => !aroundEngines.includes(name));
    for (const name of folders) {
      const files = filesBelow(`config/packs/${name}`).map((path) => path.slice(path.lastIndexOf('/') + 1));
      assert.ok(files.length > 0, name);
      assert.deepEqual(
        files.filter((file) => !engines.some((engine) => file === `${engine}.sql`)),
        [],
      );
    }
  });

  it('commands/index.ts lists each command', function () {
    const commands = filesBelow('commands').filter((path) => isSource(path) && path.split('/').length > 2);
    const listed = listedIn('commands/index.ts', commands.length > 0).filter(
      (path) => path.split('/').length > 2,
    );
    assert.deepEqual(listed, commands);
  });

  it('app.ts or main.ts picks each front', function () {
    const fronts = foldersIn('src/fronts');
    const picked = ['src/app.ts', 'src/main.ts'].flatMap((path) => listedIn(path, false));
    const idle = fronts.filter((name) => !picked.some((path) => path.startsWith(`src/fronts/${name}/`)));
    assert.deepEqual(idle, []);
  });

  it('migrations are numbered without gaps or doubles', function () {
    const numbers = filesBelow('src/store/migrations')
      .map((path) => /\/(\d{4})-[^/]+\.(ts|sql)$/.exec(path)?.[1])
      .filter((number) => number !== undefined)
      .map(Number);
    assert.deepEqual(
      numbers,
      numbers.map((_, at) => at + 1),
    );
  });
});

function enginesListed(): string[] {
  const engines = foldersIn('runners').filter((name) => !aroundEngines.includes(name));
  return listedIn('runners/index.ts', engines.length > 0).filter((path) =>
    /^runners\/[^/]+\/index\.ts$/.test(path),
  );
}

/** What a registry imports, sorted; a registry that must exist and doesn't is an error. */
function listedIn(path: string, mustExist: boolean): string[] {
  const exists = filesBelow(path.slice(0, path.lastIndexOf('/'))).includes(path);
  if (!exists && mustExist) assert.fail(`${path} is missing: nothing lists the members of its family`);
  return exists ? importsOf(path, textOf(path)).sort() : [];
}
