import assert from 'node:assert/strict';
import { array, assert as holds, constantFrom, oneof, property, record, string, webUrl } from 'fast-check';
import type { Event } from '../../../../src/domain/event.ts';
import type { RequestView } from '../../../../src/service/views/view.ts';
import { adf } from '../../../../src/fronts/jira/adf.ts';
import { commentOn } from '../../../../src/fronts/jira/comments.ts';
import { descriptionOf, summaryOf } from '../../../../src/fronts/jira/description.ts';
import { atMost, line, lines, namesText, type Block } from '../../../../src/fronts/jira/text.ts';
import { adfFault, plainText, textLimit } from '../../../../src/sandbox/jira/adf.ts';
import { paperSite } from '../../../paper-site.ts';
import { swapOf } from '../slack/views.ts';
import { plainApproval, plainTerms } from '../../../plain-terms.ts';

const site = paperSite();
const digest = '8ac4201b30f6'.padEnd(64, '0');

/** A request as large as it may be, or as small. */
function view(count: number, more: Partial<RequestView['request']> = {}, text = ''): RequestView {
  const names = Array.from({ length: count }, (_, i) => `${text}database-${i}`);
  const backup = (database: string, i: number) => ({
    id: `BKP-${i + 1}` as const,
    database,
    environment: `production${text}`,
    repository: 'nightly',
    path: 'x',
    engine: 'postgres',
    format: 'pg-custom' as const,
    dataAt: new Date('2026-11-22T02:00:00Z'),
    dataAtOrigin: 'name-pattern' as const,
    takenAt: new Date('2026-11-22T02:10:00Z'),
    bytes: 240_000_000,
    checksum: 'c'.repeat(64),
    anonymisation: 'declared' as const,
    scope: 'full' as const,
    state: 'present' as const,
    foundAt: new Date(),
  });
  const at = new Date('2026-11-23T10:00:00Z');
  return {
    request: {
      id: 'REQ-12',
      kind: 'refresh',
      environment: 'uat',
      items: names.map((database, i) => ({
        database,
        server: `server${text}`,
        databaseName: `${database}_uat`,
        target: 'uat-orders',
        backup: { id: `BKP-${i + 1}`, checksum: 'c'.repeat(64) },
        state: 'waiting',
      })),
      reason: `because ${text}`,
      requestedBy: 'dana',
      front: 'slack',
      state: 'pending',
      digest,
      needsApproval: true,
      terms: plainTerms,
      createdAt: at,
      expiresAt: new Date('2026-11-23T18:00:00Z'),
      ...more,
    },
    environment: { ...site.environments.uat!, title: `UAT${text}` },
    requester: site.people.dana,
    backups: Object.fromEntries(names.map((name, i) => [name, backup(name, i)])),
    approvals: [],
    approval: plainApproval,
    approvers: [site.people.quinn!, site.people.rosa!],
    waits: [],
    swaps: [],
    events: [],
  };
}

function valid(blocks: readonly Block[]): string {
  const document = adf(blocks);
  assert.equal(adfFault(document), undefined, JSON.stringify(document).slice(0, 500));
  const plain = plainText(document);
  assert.ok(plain.length <= textLimit, `${plain.length} characters`);
  return plain;
}

const nasty = [
  ['nothing', ''],
  ['a thousand letters', 'x'.repeat(1000)],
  ['right-to-left text', 'קו אדום '.repeat(50)],
  ['faces of four bytes', '👩‍👩‍👧‍👦'.repeat(200)],
  ['half a face', '\ud83d'],
  ['control and bidirectional characters', 'a\u0000\u001b[31m\u202eevil\u2066'],
  ['lines', 'one\ntwo\r\n\n\nthree\u2028four'],
  ['what Jira would format', '*bold* {code} [link|http://x] @quinn <script>alert(1)</script>'],
] as const;

describe('Jira: what an issue says', () => {
  it('one line says what comes where', () => {
    assert.equal(summaryOf(view(1)), 'Refresh database-0 on uat from BKP-1');
    assert.equal(
      summaryOf(view(3)),
      'Refresh database-0, database-1 and database-2 on uat from BKP-1, BKP-2 and BKP-3',
    );
    assert.equal(summaryOf(view(1, { kind: 'undo', undoes: 'REQ-7' })), 'Undo database-0 of REQ-7 on uat');
  });

  it('says from when on it may start, in the zone of the environment', () => {
    const startAt = new Date('2026-11-24T21:00:00Z');
    const asked = valid(descriptionOf(view(1, { startAt }), undefined));
    assert.match(asked, /It starts not before 24 Nov 2026, 22:00 \(Europe\/Berlin\), once approved\./);
    assert.match(
      asked,
      /to an approved status to have it start 24 Nov 2026, 22:00 \(Europe\/Berlin\), or at once if that is past, or reject it/,
    );
    const byRule = valid(descriptionOf(view(1, { startAt, needsApproval: false }), undefined));
    assert.match(byRule, /It starts not before 24 Nov 2026, 22:00 \(Europe\/Berlin\)\.$/m);
    assert.doesNotMatch(valid(descriptionOf(view(1), undefined)), /It starts/);
  });

  it('what will be overwritten by what, how old, by whom and why', () => {
    const plain = valid(descriptionOf(view(1), 'https://x.slack.com/archives/C1/p1'));
    assert.equal(
      plain,
      [
        'While it waits, Quinn and Rosa can approve it: move this issue to an approved status to start it, or reject it. It lapses 2026-11-23 18:00 UTC.',
        'Dana asked for it 2026-11-23 10:00 UTC, in Slack.',
        '“because”',
        'Overwritten on UAT',
        'Overwritten | From | Data of | Size | Data',
        'database-0_uat on server server | BKP-1 of production | 2026-11-22 02:00 UTC | 240 MB | anonymised (declared)',
        'What is there now, if anything, is kept for 24 h, for an undo.',
        'Card in Slack <https://x.slack.com/archives/C1/p1> · REQ-12 · what an approval is bound to: 8ac4201b30f6',
      ].join('\n'),
    );
  });

  for (const [what, text] of nasty) {
    for (const count of [1, 50, 500]) {
      it(`${count} databases and ${what}: within Jira’s limits`, () => {
        const long = view(count, { reason: text }, text);
        valid(descriptionOf(long, `https://x.slack.com/${'p'.repeat(3000)}`));
        valid(descriptionOf({ ...long, request: { ...long.request, kind: 'undo' } }, undefined));
        const summary = summaryOf(long);
        assert.ok(summary.length < 255 && !/[\r\n]/.test(summary), summary);
      });
    }
  }

  it('a link that a browser should not follow is text', () => {
    const document = JSON.stringify(adf(descriptionOf(view(1), 'javascript:alert(1)')));
    assert.ok(!document.includes('javascript:'));
  });
});

describe('Jira: what is said of an event', () => {
  const about = { id: 5, at: new Date(), request: 'REQ-12', actor: 'quinn', front: 'slack' } as const;
  const long = 'y'.repeat(5000);
  const events = (text: string): Event[] => [
    { ...about, type: 'request-approved', digest },
    { ...about, type: 'request-approved', digest, byRule: true },
    { ...about, type: 'request-rejected', reason: text },
    { ...about, type: 'request-cancelled' },
    { ...about, type: 'request-cancelled', why: text },
    { ...about, type: 'request-expired' },
    { ...about, type: 'approval-voided', why: text },
    { ...about, type: 'decision-refused', code: 'x', why: text, who: text, front: 'jira' },
    { ...about, type: 'request-rejected', reason: text, hold: 'HLD-1' },
    {
      ...about,
      type: 'request-held',
      why: text,
      until: text,
      digest,
      hold: 'HLD-1',
      holder: text,
      asks: true,
    },
    { ...about, type: 'hold-allowed', hold: 'HLD-1', actor: text },
    {
      ...about,
      type: 'glass-broken',
      reason: text,
      passed: Array.from({ length: 10 }, () => text),
      holds: [],
    },
    { ...about, type: 'request-retried' },
    { ...about, type: 'run-started', attempt: 2, worker: text },
    { ...about, type: 'item-put-back', database: text },
    { ...about, type: 'run-succeeded', seconds: 61 },
    {
      ...about,
      type: 'run-failed',
      code: text,
      cause: text,
      hint: text,
      step: text,
      host: text,
      targetTouched: true,
    },
    { ...about, type: 'run-fenced', code: text, cause: text, hint: text },
    { ...about, type: 'alert-acknowledged', actor: text },
    { ...about, type: 'front-alert', code: 'jira-no-way', cause: text, hint: text, front: 'jira' },
  ];
  for (const text of [...nasty.map(([, each]) => each), long]) {
    it(`is valid whatever it holds: ${JSON.stringify(text.slice(0, 20))}`, () => {
      for (const event of events(text)) {
        const blocks = commentOn(view(1), event, site.people);
        assert.ok(blocks !== undefined, event.type);
        assert.notEqual(valid(blocks), '', event.type);
      }
    });
  }

  it('says in plain words what it waits for, and that the glass was broken', () => {
    const said = (event: Event, more = {}) => valid(commentOn(view(1, more), event, site.people)!);
    const why = 'uat is held by Rosa until 27 Nov 2026, 17:00 (Europe/Berlin): regression';
    const held: Event = { ...about, type: 'request-held', why, until: 'x', digest, asks: true };
    assert.match(
      said(held),
      /^Approved, and it waits: uat is held by Rosa .*: regression\. The holder is asked/,
    );
    assert.match(
      said({ ...about, type: 'hold-allowed', hold: 'HLD-1' }),
      /^Quinn in Slack, who holds uat, lets it go on/,
    );
    const no: Event = { ...about, type: 'request-rejected', reason: why, hold: 'HLD-1' };
    assert.match(said(no), /^Rejected by Quinn in Slack, who holds uat\./);
    const glass: Event = { ...about, type: 'glass-broken', reason: 'prices', passed: [why], holds: [] };
    assert.match(
      said(glass),
      /without anybody's approval\. prices[^]*broken by Quinn in Slack[^]*Passed over:[^]*Rosa/,
    );
    assert.match(said(glass, { startAt: new Date() }), /It starts later: holds and freeze windows/);
    const ruled: Event = { ...about, type: 'request-approved', digest, byRule: true };
    assert.match(said(ruled, { breakGlass: true }), /Nobody approved it: the glass was broken/);
    const described = view(1, { breakGlass: true, needsApproval: false });
    assert.match(
      valid(descriptionOf(described, undefined)),
      /^Break-glass: Dana has this carried out without/,
    );
  });

  it('says of an approval from when on it starts, while that is ahead', () => {
    const startAt = new Date('2026-11-24T21:00:00Z');
    const said = (at: Date) => {
      const approved: Event = { ...about, at, type: 'request-approved', digest };
      return valid(commentOn(view(1, { startAt }), approved, site.people)!);
    };
    assert.match(
      said(new Date('2026-11-24T20:00:00Z')),
      /It starts 24 Nov 2026, 22:00 \(Europe\/Berlin\)\.$/m,
    );
    assert.doesNotMatch(said(new Date('2026-11-24T21:00:01Z')), /It starts/);
  });

  it('with many databases the last one speaks for all', () => {
    const swapped = Array.from({ length: 50 }, (_, i): Event => ({
      ...about,
      id: 10 + i,
      type: 'item-swapped',
      database: `database-${i}`,
      kept: `database-${i}_uat__old_aaaaaaaa`,
      outageSeconds: 0.02,
      notCarried: Array.from({ length: 20 }, (_, j) => `grant ${j} ${'z'.repeat(500)}`),
    }));
    const all = { ...view(50), events: swapped };
    assert.equal(commentOn(all, swapped[48]!, site.people), undefined);
    const plain = valid(commentOn(all, swapped[49]!, site.people)!);
    assert.match(plain, /- database-49: nobody could connect for 0\.02 s/);
    assert.match(plain, /and 961 more/);
  });

  it('of a first refresh no copy that is not there, and no undo', () => {
    const swapped: Event = {
      ...about,
      id: 10,
      type: 'item-swapped',
      database: 'database-0',
      kept: 'database-0_uat__old_aaaaaaaa',
      outageSeconds: 0,
      notCarried: [],
    };
    const done: Event = { ...about, id: 11, type: 'run-succeeded', seconds: 60 };
    const saidWith = (keptRef: string) => {
      const swaps = [{ ...swapOf('database-0'), keptRef }];
      const all = { ...view(1), swaps, events: [swapped, done] };
      return [swapped, done].map((event) => valid(commentOn(all, event, site.people)!)).join('\n');
    };
    assert.match(saidWith('2'), /kept as database-0_uat__old_[^]*It can be undone until/);
    assert.doesNotMatch(saidWith(''), /__old_|undo/);
    assert.match(saidWith(''), /there was none before it, so none is kept/);
  });

  it('what only the status shows is not said as well', () => {
    assert.equal(commentOn(view(1), { ...about, type: 'request-created' }, site.people), undefined);
    assert.equal(
      commentOn(view(1), { ...about, type: 'front-alert', code: 'x', cause: 'x', hint: '' }, site.people),
      undefined,
    );
  });
});

describe('Jira: pieces of text', () => {
  it('any blocks whatever become a valid document', () => {
    const span = oneof(
      string(),
      record({ strong: string() }),
      record({ code: string() }),
      record({ link: oneof(webUrl(), string()), text: string() }),
    );
    const spans = array(span, { maxLength: 4 });
    const block = oneof(
      record({ paragraph: spans }),
      record({ heading: string() }),
      record({ list: array(spans, { maxLength: 3 }) }),
      record({ panel: constantFrom('info', 'success', 'warning', 'error'), body: spans }),
      record({
        table: record({
          head: array(string(), { minLength: 1, maxLength: 3 }),
          rows: array(spans, { maxLength: 3 }),
        }),
      }),
    );
    holds(
      property(array(block, { maxLength: 5 }), (blocks) => {
        assert.equal(adfFault(adf(blocks as Block[])), undefined);
      }),
      { numRuns: 300 },
    );
  });

  it('a line is one line of at most so many characters', () => {
    assert.equal(line(' a\tb\n c ', 10), 'a b c');
    assert.equal(line('abcdef', 4), 'abc…');
    assert.equal(line('👍👍👍', 2), '👍…');
    assert.equal(line('a\u202eb\ud83dc', 10), 'ab\ufffdc');
    assert.deepEqual(lines('a\r\n\n b \u2028c', 100), ['a', 'b', 'c']);
  });

  it('lists as people write them', () => {
    assert.deepEqual(
      atMost([1, 2, 3, 4], 3, (left) => left * 100),
      [1, 2, 200],
    );
    assert.deepEqual(
      atMost([1, 2, 3], 3, () => 0),
      [1, 2, 3],
    );
    assert.equal(namesText(['a', 'b', 'c'], 100), 'a, b and c');
    assert.equal(namesText(['aaaa', 'bbbb', 'cccc'], 16), 'aaaa and 2 more');
    assert.equal(namesText(['aaaaaaaaaaaaaaaaaaaa', 'b'], 12), '2 databases');
  });
});
