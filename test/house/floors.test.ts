import assert from 'node:assert/strict';
import { heads, placeOf, refusal } from './floors.ts';
import { importsOf, scan } from './imports.ts';
import { filesBelow, isSource, textOf } from './tree.ts';

const rooms = ['src', 'config', 'runners', 'commands'];
const sources = rooms.flatMap((room) => filesBelow(room)).filter(isSource);
const graph = new Map(sources.map((path) => [path, importsOf(path, textOf(path))]));

describe('floors', function () {
  it('sees the sources and their imports', function () {
    assert.ok(
      sources.includes('src/main.ts'),
      'src/main.ts is not seen: these tests look in the wrong place',
    );
    const edges = [...graph.values()].flat().filter((to) => graph.has(to));
    assert.ok(edges.length > 10, `only ${edges.length} imports between files are seen`);
  });

  it('every file lies in a room', function () {
    assert.deepEqual(
      sources.filter((path) => !placeOf(path)),
      [],
    );
  });

  it('imports go down only, never to a sibling, and to heads where heads are asked for', function () {
    const wrong = [...graph].flatMap(([from, targets]) =>
      targets.flatMap((to) => {
        const why = refusal(from, to);
        return why ? [`${from} imports ${to}: ${why}`] : [];
      }),
    );
    assert.deepEqual(wrong, []);
  });

  it('every import names a file that exists', function () {
    const all = new Set(filesBelow());
    // A declaration beside plain JavaScript stands for it, and the other way round.
    const exists = (to: string) => all.has(to) || all.has(to.replace(/\.mjs$/, '.d.mts'));
    const wrong = [...graph].flatMap(([from, targets]) =>
      targets
        .filter((to) => to.includes('/') && !to.startsWith('@') && !to.startsWith('node:'))
        .filter((to) => !exists(to))
        .map((to) => `${from} imports ${to}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('no imports in a circle', function () {
    assert.deepEqual(circles(graph), []);
  });

  it('the domain has no clock, no chance and no IO', function () {
    const impure =
      /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\brandom(?:UUID|Bytes|Int)\b|\bprocess\.|\bset(?:Timeout|Interval)\b|\bfetch\(|\bconsole\./;
    const wrong = sources
      .filter((path) => path.startsWith('src/domain/'))
      .flatMap((path) => {
        const found = impure.exec(scan(textOf(path)).code);
        return found ? [`${path}: ${found[0]}`] : [];
      });
    assert.deepEqual(wrong, []);
  });
});

describe('the rules of the floors', function () {
  const cases: [from: string, to: string, allowed: boolean][] = [
    ['src/domain/site.ts', 'zod', true],
    ['src/domain/site.ts', 'node:crypto', true],
    ['src/domain/site.ts', 'node:fs', false],
    ['src/domain/site.ts', 'src/log.ts', false],
    ['src/domain/site.ts', 'src/store/store.ts', false],
    ['src/store/requests.ts', 'src/domain/request.ts', true],
    ['src/store/requests.ts', 'src/log.ts', true],
    ['src/store/requests.ts', 'src/store/store.ts', true],
    ['src/store/requests.ts', 'src/queue/queue.ts', false],
    ['runners/execute.ts', 'config/load.ts', false],
    ['runners/postgres/index.ts', 'runners/transport/ssh.ts', true],
    ['src/service/asking/requests.ts', 'src/store/store.ts', true],
    ['src/service/asking/requests.ts', 'src/service/runs/dispatch.ts', true],
    ['src/service/runs/dispatch.ts', 'src/service/asking/requests.ts', false],
    ['src/service/feed.ts', 'src/service/approvals/decisions.ts', false],
    ['src/service/service.ts', 'src/service/approvals/decisions.ts', true],
    ['src/service/nowhere/new.ts', 'src/service/runs/dispatch.ts', false],
    ['src/service/asking/requests.ts', 'src/store/requests.ts', false],
    ['src/service/asking/requests.ts', 'runners/postgres/index.ts', false],
    ['src/service/asking/requests.ts', 'config/load.ts', false],
    ['src/service/asking/requests.ts', 'pg', false],
    ['src/service/asking/requests.ts', 'commands/index.ts', false],
    ['commands/refresh/plan.ts', 'src/service/asking/requests.ts', true],
    ['commands/refresh/plan.ts', 'src/store/store.ts', false],
    ['commands/refresh/plan.ts', '@slack/bolt', false],
    ['src/fronts/slack/cards.ts', 'commands/index.ts', true],
    ['src/fronts/slack/cards.ts', 'src/service/feed.ts', true],
    ['src/fronts/slack/cards.ts', 'src/fronts/jira/issue.ts', false],
    ['src/fronts/slack/cards.ts', 'src/store/store.ts', false],
    ['src/fronts/slack/cards.ts', 'src/app.ts', false],
    ['src/app.ts', 'src/store/database.ts', true],
    ['src/sandbox/demo.ts', 'src/app.ts', true],
    ['src/app.ts', 'test/skip.ts', false],
    ['src/log.ts', 'src/service/feed.ts', false],
    ['src/utils/text.ts', 'src/domain/ids.ts', false],
  ];
  for (const [from, to, allowed] of cases) {
    it(`${from} ${allowed ? 'may' : 'may not'} import ${to}`, function () {
      assert.equal(refusal(from, to) === undefined, allowed, refusal(from, to));
    });
  }

  it('heads are files of floor 1', function () {
    for (const head of heads) assert.equal(placeOf(head)?.floor, 1, head);
  });

  it('finds a circle', function () {
    const ring = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b', 'd']],
      ['d', []],
    ]);
    assert.deepEqual(circles(ring), ['b > c > b']);
  });
});

/** Each circle once, as the path that closes it. */
function circles(imports: Map<string, string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  function walk(at: string): void {
    const seenAt = path.indexOf(at);
    if (seenAt >= 0) {
      found.push([...path.slice(seenAt), at].join(' > '));
      return;
    }
    if (done.has(at)) return;
    path.push(at);
    for (const to of imports.get(at) ?? []) if (imports.has(to)) walk(to);
    path.pop();
    done.add(at);
  }
  for (const start of imports.keys()) walk(start);
  return found;
}
