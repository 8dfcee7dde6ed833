import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  isSigned,
  signatureOf,
  signedHeaders,
  skewSeconds,
} from '../../../../../src/fronts/slack/connection/http-signature.ts';
import { signature } from '../../../../../src/sandbox/slack/http-mode.ts';

const secret = '8a1f0c2e4b6d8a1f0c2e4b6d8a1f0c2e';
const timestamp = '1790000000';

describe("the signature of Slack's requests", () => {
  it('is the one that Slack itself makes, of any bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (body) => {
        const bytes = Buffer.from(body);
        assert.equal(signatureOf(secret, timestamp, bytes), signature(secret, timestamp, bytes.toString()));
      }),
    );
  });

  it('is of exactly one secret, one moment and one body', () => {
    const body = Buffer.from('text=uat+orders');
    const headers = { timestamp, signature: signatureOf(secret, timestamp, body) };
    assert.equal(isSigned(secret, headers, body), true);
    assert.equal(isSigned(`${secret}0`, headers, body), false);
    assert.equal(isSigned(secret, { ...headers, timestamp: '1790000001' }, body), false);
    for (let at = 0; at < body.length; at++) {
      const other = Buffer.from(body);
      other[at]! ^= 1;
      assert.equal(isSigned(secret, headers, other), false, `byte ${at}`);
    }
    assert.equal(isSigned(secret, headers, Buffer.concat([body, Buffer.from([0])])), false);
    for (const short of ['', 'v0=', headers.signature.slice(0, -1), `${headers.signature}0`]) {
      assert.equal(isSigned(secret, { timestamp, signature: short }, body), false);
    }
  });

  it('comes in two headers of a fixed form', () => {
    const right = `v0=${'a'.repeat(64)}`;
    assert.deepEqual(signedHeaders(timestamp, right), { timestamp, signature: right });
    for (const [moment, given] of [
      [undefined, right],
      [timestamp, undefined],
      ['', right],
      ['1e9', right],
      ['-1', right],
      [`${timestamp} `, right],
      ['1'.repeat(12), right],
      [timestamp, right.toUpperCase()],
      [timestamp, `v1=${'a'.repeat(64)}`],
      [timestamp, `${right}, ${right}`],
    ] as const) {
      assert.equal(signedHeaders(moment, given), undefined, `${moment} ${given}`);
    }
  });

  it('is early or late by the seconds between two clocks', () => {
    assert.equal(skewSeconds('1000', new Date(1_000_999)), 0);
    assert.equal(skewSeconds('1301', new Date(1_000_000)), 301);
    assert.equal(skewSeconds('699', new Date(1_000_000)), -301);
  });
});
