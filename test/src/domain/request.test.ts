import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  digestOf,
  isOver,
  nextState,
  requestStates,
  stateAfter,
  transitionNames,
  type Binding,
  type RequestState,
} from '../../../src/domain/request.ts';
import { plainTerms } from '../../plain-terms.ts';

describe('the states of a request', () => {
  /** The arrows of the design, written out once more by hand: a change of the table must be meant. */
  const arrows = new Set([
    'pending approve approved',
    'pending reject rejected',
    'approved decline rejected',
    'pending expire expired',
    'pending cancel cancelled',
    'approved void pending',
    'approved start running',
    'approved cancel cancelled',
    'approved expire expired',
    'running succeed succeeded',
    'running fail failed',
    'running cancel cancelled',
    'running fence fenced',
    'fenced resume running',
    'fenced fail failed',
    'failed retry approved',
  ]);

  for (const state of requestStates) {
    for (const transition of transitionNames) {
      const next = stateAfter(state, transition);
      it(`${state} ${transition} -> ${next ?? 'refused'}`, () => {
        if (next === undefined) {
          assert.ok(![...arrows].some((arrow) => arrow.startsWith(`${state} ${transition} `)));
          assert.throws(() => nextState('REQ-1', state, transition), {
            code: 'request-state',
            kind: 'Conflict',
          });
        } else assert.ok(arrows.has(`${state} ${transition} ${next}`));
      });
    }
  }

  it('never run without having been approved, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...transitionNames), { maxLength: 40 }), (walk) => {
        let state: RequestState = 'pending';
        let approvals = 0;
        for (const transition of walk) {
          const next = stateAfter(state, transition);
          if (next === undefined) continue;
          if (transition === 'approve') approvals++;
          if (transition === 'void') approvals = 0;
          state = next;
          if (state === 'running') assert.ok(approvals > 0);
        }
        if (isOver(state) && state !== 'failed') {
          for (const transition of transitionNames) assert.equal(stateAfter(state, transition), undefined);
        }
      }),
    );
  });
});

describe('the digest of what is approved', () => {
  const binding: Binding = {
    kind: 'refresh',
    environment: 'uat',
    requestedBy: 'dana',
    terms: plainTerms,
    items: [
      {
        database: 'orders',
        server: 'test-pg',
        databaseName: 'orders_uat',
        target: 'uat-orders',
        backup: {
          id: 'BKP-1',
          checksum: 'a'.repeat(64),
          anonymisation: 'declared',
          scope: 'full',
          format: 'pg-custom',
          lies: 'prod-db nightly a.dump',
        },
        scripts: [{ path: 'urls.sql', sha256: 'b'.repeat(64) }],
        options: { jobs: 2, minimumRows: { customers: 1 } },
      },
    ],
  };

  it('does not depend on the order of keys', () => {
    const turned = {
      ...binding,
      items: binding.items.map((item) => Object.fromEntries(Object.entries(item).toReversed())),
    };
    assert.equal(digestOf(turned as unknown as Binding), digestOf(binding));
  });

  const item = binding.items[0]!;
  const changes: Record<string, Binding> = {
    environment: { ...binding, environment: 'ci' },
    requester: { ...binding, requestedBy: 'sam' },
    target: { ...binding, items: [{ ...item, databaseName: 'orders_ci' }] },
    backup: { ...binding, items: [{ ...item, backup: { ...item.backup!, id: 'BKP-2' } }] },
    checksum: { ...binding, items: [{ ...item, backup: { ...item.backup!, checksum: 'c'.repeat(64) } }] },
    anonymisation: { ...binding, items: [{ ...item, backup: { ...item.backup!, anonymisation: 'raw' } }] },
    place: { ...binding, items: [{ ...item, backup: { ...item.backup!, lies: 'prod-db nightly b.dump' } }] },
    script: { ...binding, items: [{ ...item, scripts: [{ path: 'urls.sql', sha256: 'd'.repeat(64) }] }] },
    'no script': { ...binding, items: [{ ...item, scripts: [] }] },
    option: { ...binding, items: [{ ...item, options: { jobs: 2, minimumRows: { customers: 2 } } }] },
    'another item': { ...binding, items: [item, { ...item, database: 'billing' }] },
  };
  for (const [what, changed] of Object.entries(changes)) {
    it(`changes with the ${what}`, () => assert.notEqual(digestOf(changed), digestOf(binding)));
  }
});
