import assert from 'node:assert/strict';
import { understand } from '../../commands/grammar.ts';
import { commands } from '../../commands/index.ts';
import { filesBelow, textOf } from '../house/tree.ts';
import { formsOf, typed } from './usage-forms.ts';

/** The words of the command that a line is understood as. */
function meant(line: string): string {
  const { group, rest } = typed(line);
  return understand(commands, group, rest).command.words.join(' ');
}

describe('lines that people read of', () => {
  it('the usage of each command is understood as that command, in all its forms', () => {
    const wrong = commands.flatMap(({ usage, words }) =>
      formsOf(usage, words.join(' ')).filter((line) => meant(line) !== words.join(' ')),
    );
    assert.deepEqual(wrong, []);
  });

  it('what the pages say to type is understood, or is the bare name of a command', () => {
    const names = commands.map(({ words }) => words.join(' '));
    const said = filesBelow()
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...textOf(path).matchAll(/(?:`|^ {4})(\/(?:refresh|backups)\b[^`\n]*)/gm)].map(([, line = '']) => ({
          path,
          line: line.trim(),
        })),
      );
    assert.ok(said.length > 50, `${said.length} lines were found`);
    const wrong = said
      .filter(({ line }) => !names.includes(line.slice(1)))
      .flatMap(({ path, line }) => {
        const known = names
          .filter((words) => line.startsWith(`/${words} `))
          .sort((a, b) => b.length - a.length);
        return formsOf(line, known[0] ?? typed(line).group)
          .map((form) => ({ path, form, why: whyNot(form) }))
          .filter(({ why }) => why !== undefined);
      });
    assert.deepEqual(wrong, []);
  });

  function whyNot(line: string): string | undefined {
    try {
      meant(line);
      return undefined;
    } catch (error) {
      return String(error);
    }
  }

  for (const [line, words] of [
    ['/refresh hold uat until friday 17:00 "regression of release 12"', 'refresh hold'],
    ['/refresh uat orders billing --as-of "monday 03:00" --reason "as on monday"', 'refresh'],
    ['/refresh uat orders --at "22:00" --reason "tonight"', 'refresh'],
    ['/refresh uat orders --at "22:00-05:00" --for SHOP-123 --reason "tonight"', 'refresh'],
    ['/backups align orders billing catalog', 'backups align'],
    ['/backups align orders billing catalog --as-of "monday 03:00"', 'backups align'],
    ['/refresh link jira', 'refresh link'],
  ] as const) {
    it(`"${line}" is ${words}`, () => assert.equal(meant(line), words));
  }
});
