import assert from 'node:assert/strict';
import { importsOf, scan, specifiers } from './imports.ts';

describe('reading imports', function () {
  const cases: [name: string, text: string, expected: string[]][] = [
    ['a named import', `import { a, b as c } from './a.ts';`, ['./a.ts']],
    ['a default and a namespace import', `import x from "x";\nimport * as y from 'y';`, ['x', 'y']],
    ['a type import', `import type { A } from './a.ts';`, ['./a.ts']],
    ['an import over lines', `import {\n  a,\n  type B,\n} from './a.ts';`, ['./a.ts']],
    ['a bare import', `import './a.ts';`, ['./a.ts']],
    ['a re-export', `export { a } from './a.ts';\nexport * from './b.ts';`, ['./a.ts', './b.ts']],
    ['a type re-export', `export type { A } from './a.ts';`, ['./a.ts']],
    ['a dynamic import', `const a = await import('./a.ts');`, ['./a.ts']],
    ['the type of a module', `type A = import('./a.ts').A;`, ['./a.ts']],
    ['require', `const a = require('./a.cjs');`, ['./a.cjs']],
    ['an ordinary export followed by a string', `export const from = 1;\nconst a = 'from';`, []],
    ['a comment', `// import './a.ts'\n/* import './b.ts' */`, []],
    ['a string', `const a = "import './a.ts'";`, []],
    ['a template', 'const a = `import "./a.ts" ${b("import \'./c.ts\'")} import "./d.ts"`;', []],
    ['an import after a template with braces', 'const a = `${{ b: `${1}` }}`;\nimport "./a.ts";', ['./a.ts']],
    ['an import after a regular expression', `const a = /['"/]/;\nimport './a.ts';`, ['./a.ts']],
    [
      'a slash inside a class of characters',
      `const a = b.replace(/[/'"]/g, '');\nimport './a.ts';`,
      ['./a.ts'],
    ],
    ['an import after divisions', `const a = b / c / d; // it's\nimport './a.ts';`, ['./a.ts']],
  ];
  for (const [name, text, expected] of cases) {
    it(name, function () {
      assert.deepEqual(specifiers(text), expected);
    });
  }

  it('resolves paths from the root, and names packages without their subpaths', function () {
    const text = `import '../domain/ids.ts';\nimport '@slack/bolt/x';\nimport 'pg/lib';\nimport 'node:fs/promises';`;
    assert.deepEqual(importsOf('src/store/a.ts', text), [
      'src/domain/ids.ts',
      '@slack/bolt',
      'pg',
      'node:fs/promises',
    ]);
  });

  it('keeps code apart from strings', function () {
    assert.equal(scan(`const a = 'Date.now()'; // Date.now()\n`).code, `const a = "0"; \n`);
  });
});
