import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { conflict } from '../../src/domain/errors.ts';
import { createLogger } from '../../src/log.ts';

function logged(secrets: string[], pretty = false) {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  return { log: createLogger({ level: 'trace', secrets: () => secrets, destination, pretty }), lines };
}

describe('the log', () => {
  it('writes one JSON object per line, with the bindings of its children', () => {
    const { log, lines } = logged([]);
    log.child({ component: 'worker' }).info({ run: 'abcdefgh' }, 'Run started');
    const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>;
    assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.deepEqual(rest, { level: 'info', component: 'worker', run: 'abcdefgh', msg: 'Run started' });
    assert(lines[0]!.endsWith('}\n'));
  });

  it('never writes a known secret, in whatever form it comes', () => {
    fc.assert(
      fc.property(
        fc
          .string({ minLength: 8, maxLength: 40, unit: 'grapheme' })
          .filter((text) => text.trim().length >= 8 && !'[redacted]'.includes(text)),
        fc.boolean(),
        (secret, pretty) => {
          const { log, lines } = logged([secret], pretty);
          const cause = new Error(secret);
          log.child({ where: secret }).error(
            {
              err: new Error(`with ${secret}`, { cause }),
              deep: { list: [{ a: `x${secret}y` }] },
              [secret]: 1,
            },
            `token ${secret}`,
          );
          log.warn({
            url: `https://x/?t=${encodeURIComponent(secret)}`,
            basic: Buffer.from(secret).toString('base64'),
          });
          const text = lines.join('');
          assert(!text.includes(secret) && !text.includes(JSON.stringify(secret).slice(1, -1)), text);
          assert(!text.includes(Buffer.from(secret).toString('base64')), text);
        },
      ),
    );
  });

  it('leaves out each line of a private key', () => {
    const key = `-----BEGIN KEY-----\n${'Ab1'.repeat(20)}\n${'Cd2'.repeat(20)}\n-----END KEY-----`;
    const { log, lines } = logged([key]);
    log.info({ got: key }, `part ${'Cd2'.repeat(20)}`);
    assert(!/Ab1Ab1|Cd2Cd2/.test(lines.join('')));
  });

  it('leaves out what stands under the name of a secret, however deep', () => {
    const { log, lines } = logged([]);
    log.info({
      password: 'a1',
      a: [{ botToken: 'b2', headers: { Authorization: 'c3' }, databaseUrl: 'd4', privateKey: { x: 'e5' } }],
    });
    for (const value of ['a1', 'b2', 'c3', 'd4', 'e5']) assert(!lines[0]!.includes(`"${value}"`), value);
  });

  it('writes our errors as code, message and hint', () => {
    const { log, lines } = logged([]);
    log.error({ err: conflict('target-busy', 'Target is busy.', 'Wait.', { host: 'db1' }) }, 'Refused');
    assert.deepEqual((JSON.parse(lines[0]!) as { err: unknown }).err, {
      code: 'target-busy',
      kind: 'Conflict',
      message: 'Target is busy.',
      hint: 'Wait.',
      about: { host: 'db1' },
    });
  });

  it('writes no cause, no detail and no quoted value of a database error', () => {
    const { log, lines } = logged([]);
    const error = Object.assign(
      new Error('invalid input syntax for type integer: "Jane Roe"', { cause: new Error('Jane Roe') }),
      {
        severity: 'ERROR',
        code: '22P02',
        detail: 'Failing row contains (Jane Roe)',
        where: 'COPY customers, line 3: Jane Roe',
      },
    );
    log.error(error, 'Load failed');
    log.error({ err: error });
    assert(!lines.join('').includes('Jane Roe'), lines.join(''));
    assert.match(lines.join(''), /database error 22P02/);
  });

  it('writes of an error of MySQL its number and name alone, as any of them can quote a row', () => {
    const { log, lines } = logged([]);
    const message = "Duplicate entry 'jane@roe.example' for key 'mail'";
    // As mysql2 makes them.
    const error = Object.assign(new Error(message), {
      code: 'ER_DUP_ENTRY',
      errno: 1062,
      sql: "INSERT INTO customer VALUES ('jane@roe.example')",
      sqlState: '23000',
      sqlMessage: message,
    });
    log.error(error, 'Load failed');
    log.error({ err: error });
    assert(!lines.join('').includes('jane@roe'), lines.join(''));
    assert.match(lines[1]!, /"code":"ER_DUP_ENTRY","message":"database error 1062"/);
  });

  it('is one plain line for people on a terminal', () => {
    const { log, lines } = logged([], true);
    log
      .child({ component: 'worker' })
      .warn({ path: 'a\nb\u001b[2J', err: conflict('target-busy', 'Busy.', 'Wait.') }, 'Held\nup');
    assert.match(
      lines[0]!,
      /^\d\d:\d\d:\d\d WARN {2}worker: Held up {2}path="a\\nb\\u001b\[2J" {2}target-busy: Busy\. Hint: Wait\.\n$/,
    );
  });
});
