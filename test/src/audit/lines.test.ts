import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { csvLine, csvRecord, jsonLine } from '../../../src/audit/lines.ts';
import type { SealedEvent } from '../../../src/domain/seal.ts';

const event: SealedEvent = {
  id: 7,
  at: new Date('2026-11-24T08:00:00Z'),
  request: 'REQ-12',
  actor: 'quinn',
  front: 'jira',
  data: { type: 'request-rejected', reason: 'no, "never"\nagain' },
};

describe('an exported event', () => {
  it('is one line of JSON', () => {
    assert.equal(
      jsonLine(event),
      `{"id":7,"at":"2026-11-24T08:00:00.000Z","request":"REQ-12","actor":"quinn","front":"jira","type":"request-rejected","reason":"no, \\"never\\"\\nagain"}\n`,
    );
  });

  it('is one record of CSV', () => {
    assert.equal(
      csvLine(event),
      `7,2026-11-24T08:00:00.000Z,request-rejected,REQ-12,,quinn,jira,"{""reason"":""no, \\""never\\""\\nagain""}"\r\n`,
    );
  });

  it('is never a formula, and is read back as it was', () => {
    for (const text of ['=1+1', '+1', '-1', '@x', '\t=1', ' =1', '\r=1', '|x', '%0A=1', '\0=1']) {
      assert.match(csvRecord([text]), /^"?'/, JSON.stringify(text));
    }
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 5 }), (values) => {
        const fields = parsed(csvRecord(values));
        assert.equal(fields.length, values.length);
        for (const [at, text] of fields.entries()) {
          assert.ok(text === values[at] || text === `'${values[at]}`);
          assert.doesNotMatch(text, /^\s*[=+@\-|%]/);
        }
      }),
    );
  });
});

/** The fields of one record, as RFC 4180 says. */
function parsed(record: string): string[] {
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = pattern.exec(record); match !== null; match = pattern.exec(record)) {
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === '\r\n') break;
  }
  return fields;
}
