import assert from 'node:assert/strict';
import { importsOf, scan } from './imports.ts';
import { filesBelow, isSource, textOf } from './tree.ts';

/** Files above 350 lines, each with the reason why it is not two. */
const longOnPurpose: Record<string, string> = {};
const mostLines = 350;

/** Paths of people's machines that are none: what they are. */
const harmlessPaths: Record<string, string> = {};

const files = filesBelow();
const texts = files.filter((path) =>
  /\.(ts|mts|js|mjs|json|ya?ml|md|sh|sql|html|css)$|^\.ci\/run$|\/?\.[a-z]+rc$/.test(path),
);

describe('names and sizes', function () {
  it('sees the files', function () {
    assert.ok(files.includes('package.json') && files.includes('.ci/run'));
    assert.ok(texts.length > 20);
  });

  it('files and folders are in kebab-case', function () {
    const capitals = /^(README|CHANGELOG|CONTRIBUTING|SECURITY|LICENSE)(\.md)?$/;
    const kebab = /^\.?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/;
    const wrong = files.filter((path) =>
      path.split('/').some((part) => !kebab.test(part) && !capitals.test(part)),
    );
    assert.deepEqual(wrong, []);
  });

  it('no folder or file is named after nothing', function () {
    const empty = /^(utils?|helpers?|managers?|ports|misc|common|shared)(\.|$)/;
    const wrong = files.filter((path) => path.split('/').some((part) => empty.test(part)));
    assert.deepEqual(wrong, []);
  });

  it(`no source is longer than ${mostLines} lines without a reason`, function () {
    const long = files
      .filter((path) => isSource(path) || /\.(sh|sql)$/.test(path))
      .map((path) => ({ path, lines: textOf(path).split('\n').length - 1 }))
      .filter(({ lines }) => lines > mostLines);
    const wrong = long.filter(({ path }) => !longOnPurpose[path]);
    assert.deepEqual(wrong, []);
    const stale = Object.keys(longOnPurpose).filter((path) => !long.some((one) => one.path === path));
    assert.deepEqual(stale, [], 'no longer long');
  });

  it('exports have names', function () {
    // Mocha takes a reporter by its default export only.
    const wrong = files
      .filter((path) => isSource(path) && path !== 'test/run/reporter.mjs')
      .filter((path) => /(?:^|[;}\n])\s*export\s+default\b/.test(scan(textOf(path)).code));
    assert.deepEqual(wrong, []);
  });

  it('tests import no test, and nothing but tests imports tests', function () {
    const wrong = files
      .filter(isSource)
      .flatMap((path) => importsOf(path, textOf(path)).map((to) => ({ path, to })))
      .filter(
        ({ path, to }) =>
          to.endsWith('.test.ts') || (to.startsWith('test/') && !/^(test|bench)\//.test(path)),
      )
      .map(({ path, to }) => `${path} imports ${to}`);
    assert.deepEqual(wrong, []);
  });
});

describe('test files', function () {
  // Outside of a describe a hook is run around the tests of every file that shares the process.
  it('keep their hooks to themselves', function () {
    const wrong = files
      .filter((path) => path.endsWith('.test.ts'))
      .filter((path) => /^(?:before|after)(?:Each)?\(/m.test(scan(textOf(path)).code));
    assert.deepEqual(wrong, []);
  });

  it('lie where the runner looks', function () {
    const wrong = files.filter(
      (path) => /\.(test|spec)\.[a-z]+$/.test(path) && !/^test\/.*\.test\.ts$/.test(path),
    );
    assert.deepEqual(wrong, []);
  });
});

describe('what stays out of the repository', function () {
  // Service accounts of the product may have a home; people may not.
  const somebodysPath =
    /(?<![\w.~$}/-])\/(?:(?:home|Users)\/(?!freshet\b)[\w.-]+|root\/[\w.-]+|work\/[\w.-]+)/;
  const registryHost =
    /\bregistry\.[\w.-]+\.(?:org|com|net|io|dev|cn|internal|local)\b|"resolved":\s*"https?:|^\s*(?:@[\w-]+:)?registry\s*=/m;

  it('knows them when it sees them', function () {
    for (const path of ['ana/app', 'bob']) assert.match(` ${['', 'home', path].join('/')}`, somebodysPath);
    assert.match(['', 'root', 'x'].join('/'), somebodysPath);
    assert.doesNotMatch('https://example.org/work/x ./work/x src/root/x', somebodysPath);
    assert.match(['registry', 'npmjs', 'org'].join('.'), registryHost);
    assert.match(['registry', 'https://example.org'].join('='), registryHost);
    assert.doesNotMatch('import "./registry.test.ts"', registryHost);
  });

  it('no path of a machine of ours', function () {
    const wrong = texts.flatMap((path) => {
      const found = somebodysPath.exec(textOf(path));
      return found && !harmlessPaths[path] ? [`${path}: ${found[0]}`] : [];
    });
    assert.deepEqual(wrong, []);
  });

  it('no host of a package registry', function () {
    const wrong = texts.flatMap((path) => {
      const found = registryHost.exec(textOf(path));
      return found ? [`${path}: ${found[0].trim()}`] : [];
    });
    assert.deepEqual(wrong, []);
  });

  it('no private key', function () {
    const key = /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40,}/;
    assert.deepEqual(
      texts.filter((path) => key.test(textOf(path))),
      [],
    );
  });
});
