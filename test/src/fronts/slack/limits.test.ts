import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { EventData } from '../../../../src/domain/event.ts';
import type { RequestView } from '../../../../src/service/views/view.ts';
import { commands } from '../../../../commands/index.ts';
import { inputError } from '../../../../src/domain/errors.ts';
import {
  corruptBackupAlert,
  failureAlert,
  frontAlert,
  hostAlert,
  type Failure,
} from '../../../../src/fronts/slack/messages/alert.ts';
import type { Message } from '../../../../src/fronts/slack/messages/blocks.ts';
import { card } from '../../../../src/fronts/slack/messages/card.ts';
import { directMessage } from '../../../../src/fronts/slack/messages/direct.ts';
import { problemMessage } from '../../../../src/fronts/slack/messages/problem.ts';
import { shown, type Around } from '../../../../src/fronts/slack/messages/shown.ts';
import { threadMessage } from '../../../../src/fronts/slack/messages/thread.ts';
import { checkMessageBlocks, interactives } from '../../../../src/sandbox/slack/blocks/surfaces.ts';
import { anyText, nasty, onlyOurs } from './nasty.ts';
import { backupOf, eventsOf, now, people, receivedOf, swapOf, viewOf } from './views.ts';
import { plainTerms } from '../../../plain-terms.ts';

const around: Around = {
  people,
  channel: 'C0REFRESH1',
  now,
  issueUrl: 'https://jira.example/browse/DBR-7',
  cardUrl: 'https://webshop.slack.com/archives/C1/p1',
};

function holds(message: Message | undefined, what: string): Message {
  assert.ok(message !== undefined, what);
  const checked = checkMessageBlocks(message.blocks);
  assert.ok(checked.ok, `${what}: ${checked.ok ? '' : `${checked.error} ${checked.messages.join('; ')}`}`);
  onlyOurs(message, what);
  assert.ok(
    message.text.trim().length > 0 && message.text.length <= 4000,
    `${what}: text has ${message.text.length}`,
  );
  return message;
}

/** Every message that a request can bring about, with `text` wherever somebody's text goes. */
function messagesWith(text: string, databases: readonly string[]): [string, Message | undefined][] {
  const failed: EventData = {
    type: 'run-failed',
    code: 'restore-failed',
    cause: text,
    hint: text,
    step: text,
    host: text,
    targetTouched: true,
  };
  const told: EventData[] = [
    { type: 'request-created' },
    { type: 'request-approved', digest: 'd' },
    { type: 'request-rejected', reason: text },
    { type: 'request-cancelled', why: text },
    { type: 'approval-voided', why: text },
    { type: 'decision-refused', code: 'x', why: text, who: text },
    { type: 'run-started', attempt: 1, worker: 'w' },
    ...databases.map((database): EventData => ({
      type: 'step-done',
      step: `${database}.load`,
      title: text,
      seconds: 40,
      host: text,
    })),
    {
      type: 'item-neutralised',
      database: databases[0]!,
      held: Array.from({ length: 30 }, () => ({ name: text, rows: 3 })),
    },
    {
      type: 'item-swapped',
      database: databases[0]!,
      kept: text.slice(0, 63),
      outageSeconds: 0.2,
      notCarried: Array.from({ length: 100 }, () => text),
    },
    failed,
    { type: 'run-fenced', code: 'fenced', cause: text, hint: text, step: text, host: text },
    { type: 'run-fenced', code: 'fenced', cause: text, hint: text, unseen: true },
    { type: 'run-succeeded', seconds: 1000 },
    { type: 'hook-failed', hook: text, code: 'hook-failed', cause: text, hint: text, left: [text, text] },
    { type: 'request-expired' },
  ];
  const events = eventsOf(told);
  const long = (database: string) => `${database}${text}`.slice(0, 63);
  const named = { ...viewOf().environment, name: text, title: text, approvers: [text] };
  const base = (more: Partial<RequestView> = {}, state: RequestView['request']['state'] = 'pending') =>
    viewOf({
      databases,
      request: { reason: text, environment: text, requestedBy: text, state },
      more: { events, environment: named, ...more },
      liveName: long,
    });
  const crowd = Array.from({ length: 40 }, () => people['quinn']!);
  const swaps = databases.map((database) => swapOf(database, { databaseName: long(database) }));
  const running = base(
    {
      run: { id: swaps[0]!.run, request: 'REQ-12', attempt: 1, fence: 1, active: true, startedAt: now },
      progress: {
        run: swaps[0]!.run,
        step: 'x',
        title: text,
        host: text,
        fraction: 0.52,
        secondsLeft: 180,
        at: now,
      },
    },
    'running',
  );
  const failure = events.find((event): event is Failure => event.type === 'run-failed')!;
  const fenced = events.find((event): event is Failure => event.type === 'run-fenced')!;
  const backup = backupOf('orders', { path: text, stateReason: text, state: 'corrupt' });
  return [
    ['card, pending', card(base({ approvers: crowd }), around)],
    ['card, running', card(running, around)],
    ...(['approved', 'rejected', 'cancelled', 'expired', 'failed', 'fenced', 'succeeded'] as const).map(
      (state): [string, Message] => [
        `card, ${state}`,
        card(
          base(
            { swaps, events: events.filter((event) => endOf[state]?.includes(event.type) ?? true) },
            state,
          ),
          around,
        ),
      ],
    ),
    ...events.map((event): [string, Message | undefined] => [
      `thread, ${event.type}`,
      threadMessage(base({ events, swaps }), event, around),
    ]),
    ...events.map((event): [string, Message | undefined] => [
      `direct, ${event.type}`,
      directMessage(base({ swaps }), event, around),
    ]),
    ['alert, failed', failureAlert(base({ swaps }, 'failed'), failure, around)],
    ['alert, fenced', failureAlert(base({ swaps }, 'fenced'), fenced, around)],
    ['alert, corrupt backup', corruptBackupAlert(backup, text)],
    [
      'alert, host',
      hostAlert({ type: 'host-alert', host: text, code: 'x', cause: text, hint: text, id: 1, at: now }),
    ],
    [
      'alert, front',
      frontAlert({ type: 'front-alert', code: 'x', cause: text, hint: text, id: 1, at: now }, around),
    ],
    ['problem', problemMessage(inputError('code', text, text))],
    ['request', shown({ kind: 'request', view: base() }, around)],
    ['requested', shown({ kind: 'requested', view: base({ approvers: crowd }) }, around)],
    ['backup', shown({ kind: 'backup', backup, provable: true }, around)],
    ['received', shown({ kind: 'received', backup, received: receivedOf(20, text), more: true }, around)],
    [
      'backups',
      shown(
        {
          kind: 'backups',
          backups: Array.from({ length: 10 }, () => backup),
          unreadable: {},
          total: 5000,
          page: 3,
          pageSize: 10,
          filter: { database: 'orders' },
          again: '/backups orders',
        },
        around,
      ),
    ],
    [
      'requests',
      shown(
        {
          kind: 'requests',
          requests: Array.from({ length: 10 }, () => base().request),
          total: 5000,
          page: 3,
          pageSize: 10,
          again: '/refresh status',
        },
        around,
      ),
    ],
    ['preview', shown({ kind: 'preview', reason: text, preview: previewOf(databases, text) }, around)],
  ];
}

const endOf: Partial<Record<string, string[]>> = {
  rejected: ['request-rejected'],
  cancelled: ['request-cancelled'],
  expired: ['request-expired'],
  failed: ['run-failed'],
  fenced: ['run-fenced'],
  succeeded: ['run-started', 'item-swapped', 'run-succeeded'],
};

function previewOf(databases: readonly string[], text: string) {
  const { environment } = viewOf();
  return {
    kind: 'refresh' as const,
    environment,
    needsApproval: true,
    breakGlass: false,
    waits: Array.from({ length: 9 }, () => ({
      kind: 'freeze' as const,
      meets: 'wait' as const,
      until: now,
      why: text,
    })),
    bound: { items: [], backups: [], terms: plainTerms, digest: 'd' },
    items: databases.map((database) => ({
      database,
      databaseName: `${database}_uat`,
      server: 'test-pg',
      host: 'test-db',
      backup: backupOf(database),
      inspection: {
        serverVersion: '15.18',
        live: { ref: '1', bytes: 1e9 },
        sessions: Array.from({ length: 9 }, () => ({ user: text, application: text, count: 2 })),
        freeBytes: 1e12,
        problems: [{ code: 'x', message: text, hint: text }],
        warnings: [text, text],
      },
      steps: Array.from({ length: 12 }, (_, at) => ({
        kind: 'act' as const,
        id: `${database}.${at}`,
        stage: 'load' as const,
        title: text,
        weight: 1,
        server: 'test-pg',
        database: 'x',
        name: 'verify',
        args: {},
      })),
    })),
  };
}

const one = ['orders'];
const fifty = Array.from({ length: 50 }, (_, at) => `database_${at}`);

describe("Slack's limits", function () {
  for (const [name, text] of Object.entries({ 'ordinary text': 'Release 12', ...nasty })) {
    for (const [count, databases] of [
      ['one database', one],
      ['50 databases', fifty],
    ] as const) {
      it(`hold in every message with ${name} and ${count}`, function () {
        for (const [what, message] of messagesWith(text, databases)) {
          if (message === undefined) continue;
          holds(message, what);
        }
      });
    }
  }

  it('hold in every message, whatever is written in it', function () {
    fc.assert(
      fc.property(anyText, fc.constantFrom(one, fifty), (text, databases) => {
        for (const [what, message] of messagesWith(text, databases)) {
          if (message !== undefined) holds(message, what);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('leave no message out: every kind of event that is told of has its words', function () {
    const said = messagesWith('Release 12', one)
      .filter(([, message]) => message !== undefined)
      .map(([what]) => what);
    for (const what of [
      'thread, request-approved',
      'thread, decision-refused',
      'thread, item-swapped',
      'thread, run-failed',
      'direct, run-succeeded',
      'direct, run-failed',
      'direct, run-fenced',
      'direct, request-rejected',
      'direct, request-cancelled',
      'direct, request-expired',
      'direct, approval-voided',
    ]) {
      assert.ok(said.includes(what), what);
    }
  });

  it('do not keep the card from naming everything that is overwritten', function () {
    const liveName = (database: string) => `${database}_${'n'.repeat(63)}`.slice(0, 63);
    const message = holds(
      card(viewOf({ databases: fifty, liveName, request: { reason: 'r'.repeat(2000) } }), around),
      'card',
    );
    const text = JSON.stringify(message.blocks);
    for (const database of fifty) assert.ok(text.includes(liveName(database)), database);
    const [approve] = message.blocks
      .flatMap((block) => interactives(block as never))
      .map(({ element }) => element);
    assert.ok(approve?.type === 'button' && approve.confirm !== undefined);
    assert.equal(approve.confirm.title.text, 'Overwrite 50 databases on uat?');
    assert.match(
      approve.confirm.text.text,
      /^Replaced on uat: database_0_n+, .* and 4\d more\. What is there now, if anything, is kept for 24 h\.$/,
    );
    assert.equal(approve.value, `REQ-12 ${'d'.repeat(64)}`);
  });

  it('leave a right-to-left reason a matter of its own, and nothing turns what follows it', function () {
    const message = card(viewOf({ request: { reason: 'סיבה \u202e gpj.exe' } }), around);
    const text = JSON.stringify(message);
    assert.doesNotMatch(text, /[\u202a-\u202e]/);
    assert.match(text, /\u2068סיבה[^\u2069]*\u2069/);
  });

  it('what is read aloud calls people by their names', function () {
    for (const [what, message] of messagesWith('Release 12', one)) {
      if (message !== undefined && /^(?:card|thread|direct)/.test(what))
        assert.doesNotMatch(message.text, /<@/, what);
    }
    const view = viewOf({ request: { state: 'cancelled' } });
    const [event] = eventsOf([{ type: 'request-cancelled' }]);
    const cancelled = { ...event!, actor: 'dana', front: 'slack' as const };
    const seen = { ...view, events: [cancelled] };
    assert.match(card(seen, around).text, /Cancelled by Dana in Slack\. No live database was touched\./);
    assert.match(JSON.stringify(card(seen, around).blocks), /Cancelled by <@U0DANA> in Slack/);
    assert.match(threadMessage(seen, cancelled, around)!.text, /Cancelled by Dana in Slack/);
  });

  it('help fits, with every command', function () {
    for (const group of ['refresh', 'backups']) {
      const lines = commands
        .filter((command) => command.words[0] === group)
        .map(({ usage, summary }) => ({ usage, summary }));
      const message = holds(shown({ kind: 'help', title: 'x', lines }, around), group);
      for (const { usage } of lines)
        assert.ok(JSON.stringify(message.blocks).includes(JSON.stringify(usage).slice(1, -1)), usage);
    }
  });
});
