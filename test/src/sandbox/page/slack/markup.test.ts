import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { dateText } from '../../../../../src/sandbox/page/client/slack/markup/date.ts';
import { drawFlows, type Names } from '../../../../../src/sandbox/page/client/slack/markup/draw.ts';
import { markdown } from '../../../../../src/sandbox/page/client/slack/markup/markdown.ts';
import { mrkdwn, plainText } from '../../../../../src/sandbox/page/client/slack/markup/mrkdwn.ts';
import type { Flow } from '../../../../../src/sandbox/page/client/slack/markup/tree.ts';
import { emoji } from '../../../../../src/sandbox/slack/emoji.ts';

const names: Names = {
  user: (id) => ({ U0DANA: 'Dana' })[id],
  channel: (id) => ({ C0OPS: 'ops' })[id],
  me: 'U0DANA',
  now: () => new Date('2026-11-23T15:00:00Z'),
  timeZone: 'UTC',
};

type Node = { type: unknown; props: Record<string, unknown> & { children?: unknown } };

function isNode(one: unknown): one is Node {
  return typeof one === 'object' && one !== null && 'props' in one && 'type' in one;
}

/** Every element of what is drawn. */
function elements(drawn: unknown): Node[] {
  if (Array.isArray(drawn)) return drawn.flatMap(elements);
  return isNode(drawn) ? [drawn, ...elements(drawn.props.children)] : [];
}

/** What is drawn as text: elements as `<b>...</b>`, for short cases to be read. */
function shown(drawn: unknown, tags = true): string {
  if (Array.isArray(drawn)) return drawn.map((one) => shown(one, tags)).join('');
  if (typeof drawn === 'string') return drawn;
  if (!isNode(drawn)) return '';
  const inside = shown(drawn.props.children, tags);
  if (!tags) return drawn.type === 'br' ? '\n' : inside;
  const { href } = drawn.props as { href?: string };
  const kind = String(drawn.type);
  return `<${kind}${href === undefined ? '' : ` ${href}`}>${inside}</${kind}>`;
}

function html(flows: Flow[]): string {
  return shown(drawFlows(flows, names));
}

const allowed = new Set([
  'p',
  'br',
  'b',
  'i',
  's',
  'code',
  'pre',
  'a',
  'span',
  'time',
  'blockquote',
  'ul',
  'li',
  'hr',
]);
const allowedProps = new Set([
  'children',
  'class',
  'href',
  'target',
  'rel',
  'title',
  'dateTime',
  'style',
  'role',
  'aria-label',
]);

function assertHarmless(flows: Flow[]): void {
  for (const { type, props } of elements(drawFlows(flows, names))) {
    assert.ok(allowed.has(String(type)), `draws a <${String(type)}>`);
    for (const name of Object.keys(props)) assert.ok(allowedProps.has(name), `sets "${name}"`);
    if ('href' in props) assert.match(String(props['href']), /^https?:\/\//i);
  }
}

describe("Slack's markup in the page", () => {
  const cases: [source: string, drawn: string][] = [
    ['*bold* _it_ ~gone~ `code`', '<p><b>bold</b> <i>it</i> <s>gone</s> <code>code</code></p>'],
    ['_*both*_', '<p><i><b>both</b></i></p>'],
    ['2*3*4 snake_case_name a~b~c', '<p>2*3*4 snake_case_name a~b~c</p>'],
    ['* no* *no * yes', '<p>* no* *no * yes</p>'],
    ['*over\na line*', '<p>*over<br></br>a line*</p>'],
    ['`*no* <@U0DANA>`', '<p><code>*no* <@U0DANA></code></p>'],
    ['*a `*` b*', '<p><b>a <code>*</code> b</b></p>'],
    ['&lt;b&gt; &amp;amp; & <b>', '<p><b> &amp; & <b></p>'],
    ['<https://a.example/?a=1&amp;b=2|label *x*>', '<p><a https://a.example/?a=1&b=2>label *x*</a></p>'],
    ['<https://a.example>', '<p><a https://a.example>https://a.example</a></p>'],
    ['<javascript:alert(1)|here> <data:text/html,x>', '<p>here data:text/html,x</p>'],
    ['<mailto:a@b.example|a@b.example>', '<p>a@b.example</p>'],
    [
      '<@U0DANA> <@U0NOBODY> <@U0NOBODY|sam>',
      '<p><span>@Dana</span> <span>@U0NOBODY</span> <span>@sam</span></p>',
    ],
    ['<#C0OPS> <#C0GONE|old>', '<p><span>#ops</span> <span>#old</span></p>'],
    ['<!here> <!subteam^S1|@qa>', '<p><span>@here</span> <span>@qa</span></p>'],
    [':warning: :nonsense: 10:30:45', '<p><span>⚠️</span> :nonsense: 10:30:45</p>'],
    ['&gt; said\n&gt; *twice*\nnot', '<blockquote><p>said<br></br><b>twice</b></p></blockquote><p>not</p>'],
    ['a\n```\nx *y*\n &lt;z&gt;```\nb', '<p>a</p><pre>x *y*\n <z></pre><p>b</p>'],
    [
      '• one\n• _two_\nthree',
      '<ul><li><span>• </span><span>one</span></li><li><span>• </span><span><i>two</i></span></li></ul><p>three</p>',
    ],
    ['<!date^1795442400^{date_short_pretty}, {time}|fallback>', '<p><time>today, 14:00</time></p>'],
    ['<!date^1795442400^^|fallback>', '<p><time>fallback</time></p>'],
  ];
  for (const [source, drawn] of cases) {
    it(`draws ${JSON.stringify(source)}`, () => {
      assert.equal(html(mrkdwn(source)), drawn);
      assertHarmless(mrkdwn(source));
    });
  }

  it('leaves unformatted text alone, but for emoji', () => {
    assert.equal(
      html(plainText('*a* `b` <@U0DANA> &lt; :lock:')),
      '<p>*a* `b` <@U0DANA> &lt; <span>🔒</span></p>',
    );
  });

  it('draws markdown', () => {
    const source =
      '# Title\n**b** *i* [l](https://a.example) [x](javascript:1)\n\n- one\n- two\n\n> q\n\n```sh\nls *\n```';
    assert.equal(
      html(markdown(source)),
      '<p>Title</p><p><b>b</b> <i>i</i> <a https://a.example>l</a> x</p><ul><li><span>• </span><span>one</span></li><li><span>• </span><span>two</span></li></ul><blockquote><p>q</p></blockquote><pre>ls *</pre>',
    );
  });

  it('whatever the text, draws only harmless elements', () => {
    const sign = fc.constantFrom(
      ...'*_~`<>|&;:!@#^\n •-"\'=()[]/\\ab1',
      'https://x.example',
      'javascript:',
      '```',
      '&lt;',
      '<!date^1',
      '<@U',
      '{date}',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(sign, { maxLength: 60 }).map((signs) => signs.join('')),
    );
    fc.assert(
      fc.property(text, (source) => {
        for (const read of [mrkdwn, plainText, markdown]) assertHarmless(read(source));
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps every word in its order, however it is marked', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcdeé文😀0'), minLength: 1, maxLength: 6 });
    const piece = fc.oneof(
      word.map((one) => ({ source: one, words: [one] })),
      fc
        .tuple(fc.constantFrom('*', '_', '~', '`', '```'), word)
        .map(([mark, one]) => ({ source: mark + one + mark, words: [one] })),
      fc.tuple(word, word).map(([a, b]) => ({ source: `*${a} _${b}_*`, words: [a, b] })),
      word.map((one) => ({ source: `<https://x.example/y|${one}>`, words: [one] })),
      word.map((one) => ({ source: `<javascript:alert()|${one}>`, words: [one] })),
      word.map((one) => ({ source: `&lt;${one}&gt;`, words: [`<${one}>`] })),
      fc
        .tuple(fc.constantFrom('*', '_', '~', '`', '<', '>', '&', ':', '|', '!'), word)
        .map(([mark, one]) => ({ source: `${mark} ${one}`, words: [one] })),
    );
    const gap = fc.constantFrom(' ', '\n', '\n&gt; ', '\n• ', ', ');
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, gap), { minLength: 1, maxLength: 12 }), (pieces) => {
        const source = pieces.map(([{ source: text }, between]) => text + between).join('');
        const text = shown(drawFlows(mrkdwn(source), names), false);
        let at = 0;
        for (const one of pieces.flatMap(([{ words }]) => words)) {
          const found = text.indexOf(one, at);
          assert.ok(found >= 0, `"${one}" of ${JSON.stringify(source)} is lost in ${JSON.stringify(text)}`);
          at = found + one.length;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads long and hostile text in a moment', () => {
    for (const text of [
      '*a '.repeat(13_000),
      '<'.repeat(40_000),
      '*_'.repeat(1500),
      '`'.repeat(40_000),
      '[x]('.repeat(3000),
    ]) {
      const from = performance.now();
      for (const read of [mrkdwn, markdown]) drawFlows(read(text), names);
      assert.ok(
        performance.now() - from < 10_000,
        `${JSON.stringify(text.slice(0, 10))} took ${performance.now() - from} ms`,
      );
    }
  });

  it('tells moments in words of the reader', () => {
    const clock = { now: new Date('2026-11-23T23:30:00Z'), timeZone: 'Europe/London' };
    const at = Date.UTC(2026, 10, 22, 9, 5) / 1000;
    assert.equal(dateText(at, '{date_short_pretty} at {time}', clock), 'yesterday at 09:05');
    assert.equal(
      dateText(at, '{date_num} {date} {date_long}', clock).replace('Sunday,', 'Sunday'),
      '2026-11-22 22 November 2026 Sunday 22 November 2026',
    );
    assert.equal(dateText(at, '{ago}, {other}', clock), 'yesterday, {other}');
    assert.equal(dateText(at, '{date_pretty}', { ...clock, timeZone: 'Asia/Tokyo' }), '22 November 2026');
  });

  it('has a sign for each emoji that Freshet writes', async () => {
    const folder = 'src/fronts/slack';
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
    const used = new Set<string>();
    for (const file of files)
      for (const [, name] of (await readFile(join(folder, file), 'utf8')).matchAll(
        /(?<=['"`\s]):([a-z][a-z0-9_]+):(?=[\s'"`$])/g,
      ))
        used.add(name!);
    assert.ok(used.size >= 8, `found only ${[...used].join(', ')}`);
    assert.deepEqual(
      [...used].filter((name) => !Object.hasOwn(emoji, name)),
      [],
    );
  });
});
