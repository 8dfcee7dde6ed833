import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../src/sandbox/setup.mjs';
import { skip } from '../skip.ts';
import { filesBelow, textOf } from './tree.ts';

const pages = filesBelow().filter((path) => path.endsWith('.md'));

describe('commands that people read about', function () {
  it('npm scripts named in the pages exist', function () {
    const { scripts } = JSON.parse(textOf('package.json'));
    const wrong = pages.flatMap((path) =>
      npmScripts(textOf(path))
        .filter((script) => !(script in scripts))
        .map((script) => `${path}: npm run ${script}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('the README shows how to begin', function () {
    if (!pages.includes('README.md')) skip(this, 'README.md is not written yet');
    const readme = textOf('README.md');
    for (const command of ['npm run demo', 'npm test']) assert.ok(readme.includes(command), command);
  });

  it('npx freshet commands named in the pages exist', function () {
    this.timeout(240_000);
    const named = new Map<string, string>();
    for (const path of pages) {
      for (const words of freshetCommands(textOf(path))) named.set(words.join(' '), path);
    }
    const helps = new Map<string, string>();
    const help = (words: string[]) => {
      const key = words.join(' ');
      if (!helps.has(key)) helps.set(key, helpOf(words));
      return helps.get(key) ?? '';
    };
    const wrong = [...named].filter(([words]) => !exists(words.split(' '), help));
    assert.deepEqual(
      wrong.map(([words, path]) => `${path}: npx freshet ${words}`),
      [],
    );
  });

  it('reads commands out of a page', function () {
    const page =
      'Run `npm run demo -- --script`, `npm run -s bench`, then `npx freshet host install db1 --dry-run`.\n';
    assert.deepEqual(npmScripts(page), ['demo', 'bench']);
    assert.deepEqual(freshetCommands(page), [['host', 'install', 'db1']]);
    assert.deepEqual(freshetCommands('`npx freshet serve --no-worker`, `npx freshet --help`'), [['serve']]);
  });

  it('tells commands from arguments', function () {
    const helps: Record<string, string> = {
      '': 'Usage: freshet\n\nCommands:\n  serve [options]  runs it\n  host             hosts\n',
      host: 'Usage: freshet host\n\nCommands:\n  install <host>  prints the set-up\n',
      serve: 'Usage: freshet serve\n',
      'host install': 'Usage: freshet host install <host>\n\nArguments:\n  host  its name\n',
    };
    const help = (words: string[]) => helps[words.join(' ')] ?? '';
    assert.equal(exists(['serve'], help), true);
    assert.equal(exists(['host', 'install', 'db1'], help), true);
    assert.equal(exists(['host', 'remove'], help), false);
    assert.equal(exists(['serv'], help), false);
  });
});

function npmScripts(text: string): string[] {
  return [...text.matchAll(/\bnpm run (?:-s |--silent )?([a-z][\w:-]*)/g)].map((match) => match[1] ?? '');
}

function freshetCommands(text: string): string[][] {
  return [...text.matchAll(/\bnpx freshet((?: [a-z][\w-]*)+)/g)].map((match) =>
    (match[1] ?? '').trim().split(' '),
  );
}

/** Whether each word is listed by the help of the words before it; from the first command without subcommands on,
 *  words are arguments. */
function exists(words: string[], help: (words: string[]) => string): boolean {
  for (const [at, word] of words.entries()) {
    // Arguments are listed in the same way, above the commands.
    const [, commands = ''] = help(words.slice(0, at)).split(/^Commands:$/m);
    const listed = [...commands.matchAll(/^ {2}([a-z][\w-]*)(?:\|[\w-]+)?(?= |$)/gm)].map((one) => one[1]);
    if (listed.length === 0) return at > 0;
    if (!listed.includes(word)) return false;
  }
  return true;
}

function helpOf(words: string[]): string {
  const said = spawnSync(process.execPath, [join(root, 'src/freshet.js'), ...words, '--help'], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return said.stdout ?? '';
}
