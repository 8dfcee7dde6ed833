import assert from 'node:assert/strict';
import { schemaKinds } from '../../../../../src/domain/schema.ts';
import { conflict, inputError } from '../../../../../src/domain/errors.ts';
import { onlyStage } from '../../../../../src/domain/policy/stages.ts';
import type { EnvironmentSite } from '../../../../../src/domain/site.ts';
import { backupOption, explanation, type Option } from '../../../../../src/fronts/slack/modal/fields.ts';
import { decodeMeta, encodeMeta } from '../../../../../src/fronts/slack/modal/names.ts';
import {
  formView,
  loadingView,
  refreshForm,
  refusalView,
  type Form,
} from '../../../../../src/fronts/slack/modal/view.ts';
import type { Glance } from '../../../../../src/service/asking/glances.ts';
import { paperSite } from '../../../../paper-site.ts';
import { backupOf, now } from '../views.ts';
import { accepted, textOf } from './form.ts';

const nasty: Record<string, string> = {
  'ordinary text': 'Release 12',
  'signs that are escaped': '<&>'.repeat(600),
  'a mention of everybody': '<!channel> <@U0QUINN> <https://evil.example|approved> '.repeat(30),
  'marks that are never closed': '*_~`'.repeat(500),
  'one word of 2,000': 'x'.repeat(2000),
  'lines without end': '\n'.repeat(2000),
  emoji: '👩‍👩‍👧‍👦'.repeat(80),
  'text from right to left': 'עדכון נתונים \u202e dlrow olleh '.repeat(60),
  'halves of signs and controls': `\ud83d\u0000\u0007\u2066${'é'.repeat(1000)}`,
  nothing: ' ',
};

const site = paperSite();
const meta = { user: 'U0123456789', channel: 'C0123456789' };
/** As long as the site file allows. */
const names = (count: number) =>
  Array.from({ length: count }, (_, at) => `d${String(at).padStart(3, '0')}-${'n'.repeat(35)}`);

/** A form in which everything that can be said is said, with `text` wherever somebody's text goes. */
function formWith(text: string, environments: number, databases: number, chosen: number): Form {
  const all = names(databases);
  const uat = site.environments['uat']!;
  const placement = (database: string) => ({
    ...uat.databases['orders']!,
    database,
    databaseName: database.padEnd(63, '_'),
  });
  const environment: EnvironmentSite = {
    ...uat,
    name: `e000-${'e'.repeat(35)}`,
    title: text,
    databases: Object.fromEntries(all.map((name) => [name, placement(name)])),
  };
  const refusal = conflict('backup-corrupt', text, text);
  const glance = (at: number): Glance =>
    at % 3 === 0
      ? { unknown: text }
      : {
          inspection: {
            serverVersion: text,
            sessions: Array.from({ length: 5 }, () => ({ user: text, application: text, count: 1 })),
            problems: [{ code: 'x', message: text, hint: text }],
            warnings: [text, text, text, text],
          },
          impact: {
            database: all[at]!,
            sessions: { count: 5, names: text },
            last: {
              at: new Date().toISOString(),
              by: text,
              request: 'REQ-1',
              kind: 'refresh',
              backup: 'BKP-1',
            },
            changes: { since: '', rows: 1, tables: 1, names: [text] },
            schema: {
              differences: schemaKinds.map((kind) => ({
                kind,
                goes: { count: 99, names: [text] },
                comes: { count: 99, names: [text] },
                changes: { count: 99, names: [text] },
              })),
              uncompared: schemaKinds,
            },
            estimate: { seconds: 1, runs: 1 },
          },
        };
  return {
    meta,
    site: {
      people: { quinn: { ...site.people['quinn']!, name: text } },
      databases: Object.fromEntries(all.map((name) => [name, { name, engine: 'postgres', title: text }])),
    },
    environments: Array.from({ length: environments }, (_, at) => ({
      ...environment,
      name: at === 0 ? environment.name : `e${at}`,
    })),
    environment,
    databases: all.slice(0, chosen),
    picked: [],
    prospect: {
      environment,
      stages: [onlyStage],
      takes: text,
      reachable: true,
      approvers: Array.from({ length: 9 }, () => ({ id: 'x', name: text, roles: [] })),
      waits: Array.from({ length: 9 }, () => ({ kind: 'freeze', meets: 'wait', until: now, why: text })),
      duplicate: refusal,
      items: all.slice(0, chosen).map((database, at) => ({
        placement: placement(database),
        ...(at % 4 === 0
          ? {}
          : { suggested: backupOf(database), backup: backupOf(database, { path: text }) }),
        ...(at % 2 === 0 ? {} : { refusal }),
        passedOver: { backup: backupOf(database, { id: 'BKP-9999999999' }), why: refusal },
      })),
    },
    glances: Object.fromEntries(all.slice(0, chosen).map((database, at) => [database, glance(at)])),
    startAt: new Date(now.getTime() - 1000),
    notice: text,
    now,
  };
}

/** What in a text could mention, link or call; only our own may. */
function tokens(view: unknown): string[] {
  const texts: string[] = [];
  JSON.stringify(view, (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') texts.push(value);
    return value;
  });
  return texts.flatMap((text) => text.match(/<[^>]*>?/g) ?? []);
}

const ours = /^<(?:@U0[A-Z]+|!date\^\d+\^\{date_short_pretty\}, \{time\}\|[^<>]*)>$/;

describe("the form within Slack's limits", function () {
  for (const [name, text] of Object.entries(nasty)) {
    it(`holds ${name} wherever it may stand`, function () {
      for (const [environments, databases, chosen] of [
        [1, 1, 1],
        [3, 9, 9],
        [100, 100, 50],
        [101, 101, 50],
      ] as const) {
        const view = formView(formWith(text, environments, databases, chosen));
        accepted(view);
        assert.deepEqual(
          tokens(view).filter((token) => !ours.test(token)),
          [],
        );
        assert.ok(view.private_metadata!.length <= 3000);
        assert.doesNotMatch(JSON.stringify(view), /[\u202a-\u202e]/);
        JSON.stringify(view, (_key, value: { type?: unknown; verbatim?: unknown } | null) => {
          if (value?.type === 'mrkdwn') assert.equal(value.verbatim, true);
          return value;
        });
      }
      accepted(refusalView(meta, inputError('x', text, text)));
      const option = explanation(text);
      assert.ok(option.text.text.length <= 75);
    });
  }

  it('has a backup for each of 50 databases, and names everything that is overwritten', function () {
    const form = formWith('Release 12', 2, 50, 50);
    const view = formView(form);
    const blocks = view.blocks.map((block) => block.block_id ?? '');
    for (const database of form.databases)
      assert.ok(
        blocks.some((id) => `${id}:`.startsWith(`backup:${form.environment!.name}:${database}:`)),
        database,
      );
    assert.ok(view.blocks.length <= 100);
    assert.match(
      textOf({ content: view as never }),
      /Overwritten, too: d008-n+_+, .* and \d+ more\. :warning: 140 sessions/,
    );
  });

  it('shows menus that hold all their options, and asks for those that do not', function () {
    const kinds = (form: Form) =>
      formView(form).blocks.flatMap((block) => ('element' in block ? [block.element.type] : []));
    assert.deepEqual(kinds(formWith('x', 100, 100, 1)).slice(0, 2), ['static_select', 'multi_static_select']);
    assert.deepEqual(kinds(formWith('x', 101, 101, 1)).slice(0, 2), [
      'external_select',
      'multi_external_select',
    ]);
  });

  it('chooses no more than 50 databases by itself', function () {
    const view = formView(formWith('x', 1, 60, 60));
    accepted(view);
    assert.equal(view.blocks.filter((block) => block.block_id?.startsWith('backup:')).length, 50);
  });

  it('tells of a backup what people choose by, and cuts the least of it first', function () {
    const text = (option: Option) => [option.text.text, option.description?.text];
    assert.deepEqual(text(backupOption(backupOf('orders'), now)), [
      'BKP-12 · 23 Nov 2026, 02:00 UTC · 10 h old · 240 MB · anonymised · full',
      'nightly · 2026-11-22.dump',
    ]);
    assert.deepEqual(
      text(
        backupOption(
          backupOf('orders', {
            id: 'BKP-9999999999',
            dataAt: new Date('2021-11-02T22:22:00Z'),
            bytes: 4.25e12,
            scope: 'subset',
            repository: 'r'.repeat(40),
            path: `${'d'.repeat(200)}/${'f'.repeat(300)}`,
          }),
          now,
        ),
      ),
      [
        'BKP-9999999999 · 2 Nov 2021, 22:22 UTC · 4.25 TB · anonymised · subset',
        `${'r'.repeat(40)} · ${'f'.repeat(29)}…`,
      ],
    );
    const { dataAt: _dataAt, ...undated } = backupOf('orders', { anonymisation: 'raw' });
    const why = conflict('backup-not-anonymised', 'Backup BKP-12 is raw.', '');
    assert.deepEqual(text(backupOption({ ...undated, dataAtOrigin: 'unknown' }, now, why)), [
      '✗ BKP-12 · written 23 Nov 2026, 02:04 UTC · 240 MB · raw · full',
      'Backup BKP-12 is raw.',
    ]);
  });

  it('carries whom it is for, and takes nothing else for it', function () {
    accepted(loadingView(meta, refreshForm));
    assert.deepEqual(decodeMeta(encodeMeta(meta)), meta);
    for (const text of [
      '',
      'null',
      '[]',
      '{',
      '{"v":1}',
      '{"v":2,"user":"U1","channel":"C1"}',
      `"${'x'.repeat(3000)}"`,
    ])
      assert.equal(decodeMeta(text), undefined, text);
  });
});
