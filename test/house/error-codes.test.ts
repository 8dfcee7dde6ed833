import assert from 'node:assert/strict';
import { codesIn, codesOfProgram, codesOfTheSource } from './error-codes.ts';
import { filesBelow, isSource, textOf } from './tree.ts';

const page = 'docs/troubleshooting.md';

describe('codes of errors', function () {
  const { found, unreadable } = codesOfTheSource();

  it('are read from the source', function () {
    assert.ok(found.size > 150, `only ${found.size} codes are seen`);
    for (const code of [
      'environment-unknown',
      'loader-owns',
      'stats-missing',
      'host-refused',
      'step-killed',
    ]) {
      assert.ok(found.has(code), `${code} is not seen`);
    }
  });

  it('stand where they are thrown, so that a search finds them', function () {
    assert.deepEqual(unreadable, []);
    const direct = filesBelow('src')
      .concat(filesBelow('runners'), filesBelow('config'), filesBelow('commands'))
      .filter((path) => isSource(path) && /new FreshetError\(/.test(textOf(path)));
    // The makers themselves; and the host program's refusals, which are collected from the program.
    assert.deepEqual(direct.sort(), ['runners/host-program/channel.ts', 'src/domain/errors.ts']);
  });

  it('are explained, each once, and none that is gone', function () {
    const explained = codesOn(textOf(page));
    const twice = explained.filter((code, at) => explained.indexOf(code) !== at);
    const missing = [...found].filter(([code]) => !explained.includes(code));
    assert.deepEqual(
      missing.map(([code, files]) => `${page} lacks ${code} of ${files.join(', ')}`),
      [],
    );
    assert.deepEqual(
      explained.filter((code) => !found.has(code)),
      [],
      `${page} explains codes that nothing throws any more`,
    );
    assert.deepEqual(twice, []);
  });

  it('are read out of calls, tables and the host program', function () {
    const source = `throw inputError('first-code', \`no, "\${x}"\`, 'a-hint');
      throw conflict(
        hard ? 'second-code' : 'third-code', 'Text (with brackets).', '');
      right('fourth-code', f(1, 2), 'x-y'), { code: cause?.code ?? (a > 1 ? 'fifth-code' : 'sixth-code'), cause: 'no-code' };
      throw notFound(problem.code, problem.message, ''); throw configError(whatever, 'x', ''); export function forbidden(code) {}`;
    assert.deepEqual(codesIn(source), {
      codes: ['first-code', 'second-code', 'third-code', 'fourth-code', 'fifth-code', 'sixth-code'],
      unreadable: ['configError(whatever'],
    });
    assert.deepEqual(
      codesOfProgram(
        "refuse Config seventh-code 'words of-text'\n  printf '%s no Unavailable eighth-code the\\n'",
      ),
      ['seventh-code', 'eighth-code'],
    );
    assert.deepEqual(
      codesOn('| `one-a`, `two-b` | `not-this` |\n\n## Faults of Freshet\n\n`three-c` (`x`)\n'),
      ['one-a', 'two-b', 'three-c'],
    );
  });
});

/** Codes in the first column of tables, and all in the last section. */
function codesOn(text: string): string[] {
  const [tables = '', faults = ''] = text.split('\n## Faults of Freshet\n');
  const cells = [...tables.matchAll(/^\|((?: `[a-z-]+`,?)+) \|/gm)].map((match) => match[1]!);
  return [...cells, faults].flatMap((cell) =>
    [...cell.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map((match) => match[1]!),
  );
}
