import assert from 'node:assert/strict';
import { array, assert as holds, constantFrom, property, string, tuple } from 'fast-check';
import { line, panel, paragraph, type Block, type Span } from '../../../../src/fronts/jira/text.ts';
import { escaped, longestWiki, wiki } from '../../../../src/fronts/jira/wiki.ts';
import { readWiki } from '../../../../src/sandbox/jira/v2/wiki.ts';

/** Pieces that Jira makes something of, in every mixture. */
const pieces = constantFrom(
  '{code}',
  '{',
  '}',
  '[~quinn]',
  '[',
  ']',
  '|',
  '||',
  '!',
  'x.png',
  '*',
  '_',
  '-',
  '--',
  '---',
  '+',
  '^',
  '~',
  '??',
  '#',
  '\\',
  '\\\\',
  '&amp;',
  '&#42;',
  '&',
  ':)',
  ';)',
  '(!)',
  '(on)',
  ':',
  'http://evil.example',
  'mailto:a@b.example',
  'file:///etc',
  'HR-1',
  'A_B-2',
  '@quinn',
  '%',
  'h1. ',
  'bq. ',
  '----',
  '* ',
  '# ',
  '- ',
  'word',
  'orders_uat',
  'two words',
  ' ',
  'é',
  '‏',
  '👩‍👩‍👧',
  '0',
  '7',
  '"',
  "'",
  '<b>',
  '{{x}}',
  '{anchor:x}',
  '{panel}',
);
const nasty = array(pieces, { maxLength: 12 }).map((list) => line(list.join(''), 500));
const anything = string({ unit: 'grapheme', maxLength: 60 }).map((text) => line(text, 500));

describe('Jira Data Center: wiki text', () => {
  for (const [what, texts] of [
    ['pieces of markup', nasty],
    ['any characters', anything],
  ] as const) {
    it(`${what} of people stay what they typed: nothing is formatted, linked, mentioned or run`, () => {
      holds(
        property(texts, (text) => {
          const { plain, active } = readWiki(wiki([paragraph('“', text, '”')]));
          assert.deepEqual(active, [], text);
          assert.equal(plain, `“${text}”`);
        }),
        { numRuns: 2000 },
      );
    });
  }

  it('also where they begin a line, stand in a cell, in a list, in bold, in code or behind a link', () => {
    const places: ((text: string) => { block: Block; allowed: string[] })[] = [
      (text) => ({ block: paragraph(text), allowed: [] }),
      (text) => ({ block: panel('warning', text), allowed: [] }),
      (text) => ({ block: { heading: text }, allowed: [] }),
      (text) => ({ block: { list: [[text], ['next']] }, allowed: [] }),
      (text) => ({ block: { table: { head: [text, 'b'], rows: [[text, text]] } }, allowed: [] }),
      (text) => ({ block: paragraph('by ', { strong: text }, '.'), allowed: ['strong'] }),
      (text) => ({ block: paragraph('at ', { code: text }, '.'), allowed: [] }),
      (text) => ({
        block: paragraph({ link: 'https://x.example/a', text: text === '' ? 'x' : text }),
        allowed: ['link https://x.example/a'],
      }),
    ];
    holds(
      property(tuple(nasty, constantFrom(...places)), ([text, place]) => {
        const { block, allowed } = place(text);
        const source = wiki([block]);
        const { active, plain } = readWiki(source);
        const more = active.filter((each) => !allowed.some((one) => each.startsWith(one)));
        assert.deepEqual(more, [], source);
        for (const word of text.split(/\s+/)) assert.ok(plain.includes(word), `${word} in ${plain}`);
      }),
      { numRuns: 2000 },
    );
  });

  it('what is meant as markup is', () => {
    const source = wiki([
      panel('success', 'Done.'),
      paragraph('by ', { strong: 'Quinn' }, ' with ', { code: 'orders_uat' }),
      { list: [['one'], ['two']] },
      { table: { head: ['A', 'B'], rows: [['1'], ['2', '3']] } },
    ]);
    assert.equal(
      source,
      [
        '{panel:bgColor=#e3fcef|borderColor=#57d9a3}\nDone.\n{panel}',
        'by *Quinn* with {{orders\\_uat}}',
        '* one\n* two',
        '||A||B||\n|1| |\n|2|3|',
      ].join('\n\n'),
    );
    assert.deepEqual(readWiki(source).active, ['strong Quinn']);
  });

  it('links lead only where a browser may go, and no address breaks out of its link', () => {
    for (const link of ['javascript:alert(1)', 'data:text/html,x', 'ftp://x.example/', 'nonsense']) {
      assert.deepEqual(readWiki(wiki([paragraph({ link, text: 'here' })])).active, []);
    }
    const link = 'https://x.example/a|b]c[~quinn]{code}!x!\\?q=*bold*_em_#^~';
    const { active } = readWiki(wiki([paragraph({ link, text: 'here' })]));
    assert.equal(active.length, 1);
    assert.ok(URL.canParse(active[0]!.slice(5)));
  });

  it('never longer than Jira takes, and whole: rows go first', () => {
    const cell: Span = '*|'.repeat(120);
    for (const rows of [1, 60, 500]) {
      const table: Block = {
        table: { head: ['A', 'B', 'C'], rows: Array.from({ length: rows }, () => [cell, cell, cell]) },
      };
      const source = wiki([paragraph('first'), table, paragraph('last')]);
      assert.ok(source.length <= longestWiki, `${source.length}`);
      const { plain, active } = readWiki(source);
      assert.match(plain, /^first[^]*last$/);
      assert.deepEqual(active, []);
      if (rows > 60) assert.match(plain, /and \d+ more/);
    }
    const many = Array.from({ length: 40 }, () => paragraph('-'.repeat(2000)));
    assert.ok(wiki(many).length <= longestWiki);
  });

  it('a backslash is one backslash, and an entity is what was typed', () => {
    assert.equal(escaped('a\\b'), 'a&#92;b');
    assert.equal(escaped('\\\\host'), '&#92;&#92;host');
    assert.equal(readWiki(escaped('&amp;&#42;')).plain, '&amp;&#42;');
    assert.equal(escaped('release-12 at 10:30'), 'release-12 at 10:30');
  });
});
