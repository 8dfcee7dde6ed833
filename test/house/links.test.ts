import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from '../../src/sandbox/setup.mjs';
import { filesBelow, textOf } from './tree.ts';

const pages = filesBelow().filter((path) => path.endsWith('.md'));

describe('links of the pages', function () {
  it('lead to files that exist, and to headings that are there', function () {
    const relative = pages.flatMap((page) => linksOf(textOf(page)).map((link) => ({ page, link })));
    assert.ok(relative.length > 20, `only ${relative.length} links are seen`);
    const wrong = relative.filter(({ page, link }) => !leadsSomewhere(page, link));
    assert.deepEqual(
      wrong.map(({ page, link }) => `${page}: ${link}`),
      [],
    );
  });

  it('reach every page below docs/ from the README or another page', function () {
    const linked = new Set(
      pages.flatMap((page) => linksOf(textOf(page)).map((link) => targetOf(page, link).path)),
    );
    assert.deepEqual(
      pages.filter((page) => page.startsWith('docs/') && !linked.has(page)),
      [],
    );
  });

  it('list every decision under its own title', function () {
    const index = textOf('docs/decisions/readme.md');
    const wrong = pages
      .filter((page) => /^docs\/decisions\/\d/.test(page))
      .flatMap((page) => {
        const [, number, title] = /^# (\d{4}):? (.+)$/m.exec(textOf(page)) ?? [];
        const name = posix.basename(page);
        const row = `| [${number}](${name}) | ${title} |`;
        return name.startsWith(`${number}-`) && index.includes(row) ? [] : [row];
      });
    assert.deepEqual(wrong, [], 'docs/decisions/readme.md lacks these rows, or the file begins otherwise');
  });

  it('are told from code and from addresses', function () {
    const page =
      '[a](b.md), [c]( d/e.md#f ) `[no](no.md)`\n\n    [no](no.md)\n\n```\n[no](no.md)\n```\n[w](https://x.org) ![i](i.png) [h](#here)\n';
    assert.deepEqual(linksOf(page), ['b.md', 'd/e.md#f', 'i.png', '#here']);
    assert.deepEqual(headingsOf('# A page\n\n## What `freshet-host` is: it, and more\n'), [
      'a-page',
      'what-freshet-host-is-it-and-more',
    ]);
    assert.equal(leadsSomewhere('docs/hosts.md', '../README.md#no-such-heading'), false);
    assert.equal(leadsSomewhere('docs/hosts.md', 'no-such-page.md'), false);
  });
});

/** Targets of links and pictures that are no addresses of other sites. */
function linksOf(text: string): string[] {
  const prose = text
    .replaceAll(/^(```|~~~)[^]*?^\1.*$/gm, '')
    .replaceAll(/(?<=^\n)(?: {4}.*\n)+/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(\s*([^)\s]+)\s*\)/g)]
    .map((match) => match[1]!)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function targetOf(page: string, link: string): { path: string; heading: string | undefined } {
  const [path = '', heading] = link.split('#');
  return { path: path === '' ? page : posix.join(posix.dirname(page), path), heading };
}

function leadsSomewhere(page: string, link: string): boolean {
  const { path, heading } = targetOf(page, link);
  if (path.startsWith('..') || !existsSync(join(root, path))) return false;
  return heading === undefined || headingsOf(textOf(path)).includes(heading);
}

/** Anchors of headings, as code hosts make them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}
