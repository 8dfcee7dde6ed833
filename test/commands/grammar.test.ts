import assert from 'node:assert/strict';
import { understand } from '../../commands/grammar.ts';
import { commands } from '../../commands/index.ts';
import { isFreshetError } from '../../src/domain/errors.ts';
import { isReserved } from '../../src/domain/words.ts';

function spoken(group: string, line: string) {
  const { command, input } = understand(commands, group, line);
  return { words: command.words.join(' '), input };
}

function refused(group: string, line: string): { code: string; message: string; hint: string } {
  try {
    understand(commands, group, line);
  } catch (error) {
    if (isFreshetError(error, 'Input')) return error;
    throw error;
  }
  throw new Error(`"${line}" was not refused`);
}

describe('what people type', () => {
  it('is a request for an environment and its databases', () => {
    assert.deepEqual(
      spoken('refresh', 'uat orders billing --backup bkp-12 --reason "release 12, second try"'),
      {
        words: 'refresh',
        input: {
          environment: 'uat',
          databases: ['orders', 'billing'],
          backup: ['BKP-12'],
          reason: 'release 12, second try',
        },
      },
    );
  });

  it('takes the quotes and dashes that phones put in', () => {
    const { input } = spoken('refresh', 'UAT Orders \u2014reason \u201cwith \u00e9clat\u201d');
    assert.deepEqual(input, { environment: 'uat', databases: ['orders'], backup: [], reason: 'with éclat' });
  });

  it('takes options with an equals sign, and options before words', () => {
    const { input } = spoken('refresh', '--backup=12 --reason="a b" uat orders');
    assert.deepEqual(input, { environment: 'uat', databases: ['orders'], backup: ['BKP-12'], reason: 'a b' });
  });

  it('is help when nothing was typed', () => {
    assert.equal(spoken('refresh', '  ').words, 'refresh help');
    assert.equal(spoken('backups', '').words, 'backups help');
  });

  for (const [line, words] of [
    ['plan uat orders', 'refresh plan'],
    ['status', 'refresh status'],
    ['status 7', 'refresh status'],
    ['approve REQ-7', 'refresh approve'],
    ['reject 7 --reason "not today"', 'refresh reject'],
    ['cancel 7', 'refresh cancel'],
    ['retry req-7', 'refresh retry'],
    ['undo uat orders', 'refresh undo'],
    ['help', 'refresh help'],
    ['--help', 'refresh help'],
    ['-h', 'refresh help'],
  ] as const) {
    it(`"${line}" is ${words}`, () => assert.equal(spoken('refresh', line).words, words));
  }

  it('lists backups by filters', () => {
    const { input } = spoken('backups', 'orders --anonymised --since 7d --state present --page 3');
    const { since, ...rest } = input as { since: { atOrAfter: (now: Date) => Date } };
    assert.deepEqual(rest, {
      database: 'orders',
      state: 'present',
      anonymised: true,
      raw: false,
      full: false,
      subset: false,
      page: 3,
    });
    assert.deepEqual(since.atOrAfter(new Date('2026-11-23T12:00:00Z')), new Date('2026-11-16T12:00:00Z'));
  });
});

describe('what is refused says why, and what to do', () => {
  const cases: readonly [string, string, string, RegExp, RegExp][] = [
    [
      'refresh',
      'uat',
      'input-invalid',
      /^Something is missing: name at least one database\.$/,
      /Usage: \/refresh uat orders/,
    ],
    [
      'refresh',
      'uat orders --backup orders',
      'input-invalid',
      /^"--backup" was refused: "orders" is no backup; expected a number such as BKP-12\.$/,
      /Usage: \/refresh uat orders/,
    ],
    [
      'refresh',
      'undo',
      'input-invalid',
      /^Something is missing: name a request such as REQ-12, or an environment and a database\.$/,
      /Usage: \/refresh undo/,
    ],
    [
      'refresh',
      'uat orders --bakup BKP-1',
      'option-unknown',
      /"--bakup" is not known; expected --backup, --reason/,
      /"--backup"/,
    ],
    [
      'refresh',
      'uat orders --backup',
      'option-value-missing',
      /"--backup" was given without its value/,
      /Usage/,
    ],
    ['refresh', 'uat orders --backup --reason "x"', 'option-value-missing', /"--backup"/, /Usage/],
    [
      'refresh',
      'uat orders --backup twelve',
      'input-invalid',
      /"twelve" is no backup; expected a number such as BKP-12/,
      /Usage/,
    ],
    ['refresh', 'uat orders --backup REQ-1', 'input-invalid', /"REQ-1" is no backup/, /Usage/],
    ['refresh', 'uat orders --reason "unfinished', 'quote-open', /is not closed/, /Close it/],
    ['refresh', 'uat orders --reason a --reason b', 'option-twice', /"--reason" was given twice/, /Usage/],
    ['refresh', 'approve', 'input-invalid', /name a request such as REQ-12/, /Usage: \/refresh approve/],
    ['refresh', 'approve 7 now', 'word-unexpected', /"now" was not expected/, /Usage/],
    ['refresh', 'cancel 0', 'input-invalid', /"0" is no request/, /Usage/],
    ['refresh', 'undo', 'input-invalid', /environment and a database/, /Usage/],
    [
      'backups',
      'orders --since yesterday',
      'input-invalid',
      /"yesterday" is no moment; expected 12h, 7d/,
      /Usage/,
    ],
    [
      'backups',
      'orders --state gone',
      'input-invalid',
      /^"--state gone" was refused: expected "present", "missing" or "corrupt"\.$/,
      /Usage/,
    ],
    ['backups', 'orders --anonymised --raw', 'input-invalid', /exclude each other/, /Usage/],
    [
      'backups',
      'orders --page 0',
      'input-invalid',
      /^"--page 0" was refused: a page is a number from 1 up\.$/,
      /Usage/,
    ],
    // Words of a command are said as they were typed, not as the command calls them.
    ['refresh', 'delegate quinn', 'input-invalid', /^"quinn" was refused: say whom and until when/, /Usage/],
    ['refresh', 'unlink slac', 'input-invalid', /^"slac" was refused: expected "/, /Usage: \/refresh unlink/],
    [
      'backups',
      'shwo BKP-12',
      'word-unexpected',
      /"BKP-12" was not expected/,
      /^did you mean "\/backups show"\? Usage: \/backups orders/,
    ],
    [
      'refresh',
      'statsu',
      'input-invalid',
      /^Something is missing: name at least/,
      /^did you mean "\/refresh status"\?/,
    ],
    ['refresh', 'approve foo', 'input-invalid', /^"foo" is no request; expected a number such as/, /Usage/],
    [
      'refresh',
      'schedule add ci "0 3 * * *" --databases orders',
      'input-invalid',
      /^"--name" is missing: name a schedule such as nightly-ci\.$/,
      /Usage/,
    ],
    [
      'refresh',
      'uat orders --reason "open',
      'quote-open',
      /^The quote before "open" is not closed/,
      /Close it/,
    ],
    ['backups', 'orders BKP-12', 'word-unexpected', /"BKP-12" was not expected/, /^Usage: \/backups orders/],
    ['backups', 'who', 'input-invalid', /name a backup such as BKP-12/, /Usage: \/backups who/],
    ['backups', 'who orders', 'input-invalid', /"orders" is no backup/, /Usage: \/backups who/],
    ['backups', 'show', 'input-invalid', /name a backup such as BKP-12/, /Usage: \/backups show/],
  ];
  for (const [group, line, code, message, hint] of cases) {
    it(`/${group} ${line}`, () => {
      const error = refused(group, line);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.match(error.hint, hint);
    });
  }

  it('no environment or database may be called like a verb', () => {
    const verbs = new Set(commands.map(({ words }) => words[1]).filter((verb) => verb !== undefined));
    assert.ok(verbs.size > 20);
    assert.deepEqual(
      [...verbs].filter((verb) => !isReserved(verb)),
      [],
    );
  });

  it('never gives control characters back', () => {
    const error = refused('refresh', 'approve 7 \u202eevil\u0007');
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    assert.doesNotMatch(error.message, /[\u202e\u0007]/);
  });
});

describe('what people type behind /refresh schedule', () => {
  for (const [line, words, input] of [
    ['schedule', 'refresh schedule', { page: 1 }],
    ['schedule Nightly-CI', 'refresh schedule', { name: 'nightly-ci', page: 1 }],
    [
      'schedule add ci "0 3 * * mon-fri" --databases orders,Billing --name nightly-ci',
      'refresh schedule add',
      {
        environment: 'ci',
        cron: '0 3 * * mon-fri',
        databases: ['orders', 'billing'],
        name: 'nightly-ci',
        reason: '',
      },
    ],
    [
      'schedule approve nightly-uat until 31 dec',
      'refresh schedule approve',
      { name: 'nightly-uat', until: '31 dec' },
    ],
    ['schedule approve nightly-uat', 'refresh schedule approve', { name: 'nightly-uat', until: '' }],
    ['schedule skip nightly-ci', 'refresh schedule skip', { name: 'nightly-ci' }],
  ] as const) {
    it(`/refresh ${line}`, () => {
      const said = spoken('refresh', line);
      assert.deepEqual(said, { words, input });
      // What was read once is read the same again.
      const command = commands.find((one) => one.words.join(' ') === words)!;
      assert.deepEqual(command.input.parse(said.input), input);
    });
  }

  it('is refused with what is allowed', () => {
    assert.match(refused('refresh', 'schedule add ci "0 3 * * *" --name x').message, /databases/);
    assert.match(refused('refresh', 'schedule pause').message, /name a schedule such as nightly-ci/);
    assert.equal(refused('refresh', 'schedule nightly-ci now').code, 'word-unexpected');
  });
});
