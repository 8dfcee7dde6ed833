import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  assertMayHold,
  assertMayRequest,
  assertMayTake,
  assertMayUndo,
  mayTarget,
} from '../../../src/domain/access.ts';
import { isFreshetError } from '../../../src/domain/errors.ts';
import { type Rule, ruleActions } from '../../../src/domain/policy/policy.ts';
import { paperSite } from '../../paper-site.ts';

const asserts = { request: assertMayRequest, undo: assertMayUndo, hold: assertMayHold };

describe('who may do what to an environment', () => {
  const paper = paperSite();
  const anyRule: fc.Arbitrary<Rule> = fc.record({
    may: fc.oneof(fc.constant('everything' as const), fc.subarray([...ruleActions])),
    roles: fc.oneof(fc.constant('everybody' as const), fc.subarray(['developer', 'qa-manager', 'operator'])),
    environments: fc.oneof(fc.constant('all' as const), fc.subarray(Object.keys(paper.environments))),
    allow: fc.boolean(),
  });

  it('is answered by yes or no as by a refusal, whatever the rules', () => {
    fc.assert(
      fc.property(fc.option(fc.array(anyRule, { maxLength: 6 }), { nil: undefined }), (rules) => {
        const site = { ...paper, ...(rules === undefined ? {} : { rules }) };
        for (const environment of Object.values(site.environments)) {
          for (const person of Object.values(site.people)) {
            for (const action of ['request', 'undo', 'hold'] as const) {
              let refused = false;
              try {
                asserts[action](site, environment, person);
              } catch (error) {
                refused = isFreshetError(error, 'Forbidden');
              }
              assert.equal(mayTarget(site, action, environment, person), !refused);
            }
          }
        }
      }),
      { numRuns: 200 },
    );
    const { production, ci } = paper.environments;
    assert.equal(mayTarget(paper, 'request', production!, paper.people['dana']!), false);
    assert.equal(mayTarget(paper, 'request', ci!, paper.people['dana']!), true);
  });

  it('sends nobody to others where no role may', () => {
    const { uat } = paper.environments;
    const hintOf = (site: typeof paper) => {
      try {
        assertMayTake(site, uat!, site.people['dana']!);
      } catch (error) {
        return isFreshetError(error, 'Forbidden') ? error.hint : undefined;
      }
      return undefined;
    };
    assert.equal(hintOf(paper), 'Ask somebody who may.');
    assert.match(hintOf({ ...paper, rules: [] }) ?? '', /^Nobody may/);
  });
});
