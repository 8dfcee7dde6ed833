import assert from 'node:assert/strict';
import { requestStates } from '../../../../src/domain/request.ts';
import type { Transition } from '../../../../src/fronts/jira/api.ts';
import {
  agrees,
  meant,
  nextTransition,
  stateOf,
  statusesFor,
  takesBack,
  type Standing,
} from '../../../../src/fronts/jira/statuses.ts';
import { standardWorkflow, transitionsFrom } from '../../../../src/sandbox/jira/workflow.ts';
import { paperSite } from '../../../paper-site.ts';

const { statuses } = paperSite().jira;
const { approved, cancelled, failed, pending, rejected, running, succeeded } = statuses;
const at = (state: Standing['state'], more: Partial<Standing> = {}): Standing => ({
  state,
  started: false,
  cancelling: false,
  stages: ['approval'],
  ...more,
});

describe('Jira: where an issue belongs', () => {
  it('every state has a status of its own or shares one', () => {
    assert.deepEqual(
      Object.fromEntries(requestStates.map((state) => [state, statusesFor(statuses, at(state))[0]])),
      {
        pending,
        approved: approved[0],
        rejected,
        expired: cancelled,
        cancelled,
        running,
        succeeded,
        failed,
        fenced: failed,
      },
    );
  });

  it('agrees only with what was decided already', () => {
    assert.ok(agrees(statuses, at('running'), approved[0]!));
    assert.ok(agrees(statuses, at('running', { cancelling: true }), cancelled));
    assert.ok(!agrees(statuses, at('running'), cancelled));
    assert.ok(!agrees(statuses, at('pending'), approved[0]!));
    assert.ok(!agrees(statuses, at('rejected'), approved[0]!));
    assert.ok(!agrees(statuses, at('expired'), approved[0]!));
    assert.ok(!agrees(statuses, at('running'), succeeded));
  });

  /** The statuses an issue is taken through in the workflow that the documentation recommends. */
  function walk(from: string, target: string): string[] {
    const visited = new Set<string>();
    const path = [from];
    for (let here = from; here !== target;) {
      visited.add(here);
      const transitions = transitionsFrom(standardWorkflow(), here).map((each): Transition => ({
        id: each.id,
        name: each.name,
        to: each.to,
        fields: [],
      }));
      const transition = nextTransition(statuses, target, transitions, visited, () => true);
      if (transition === undefined) return [...path, 'no way'];
      here = transition.to;
      path.push(here);
    }
    return path;
  }

  it('goes straight where it can, else over what lies before', () => {
    assert.deepEqual(walk(pending, succeeded), [pending, approved[0], running, succeeded]);
    assert.deepEqual(walk(pending, failed), [pending, approved[0], running, failed]);
    assert.deepEqual(walk(failed, succeeded), [failed, running, succeeded]);
    assert.deepEqual(walk(approved[0]!, rejected), [approved[0], pending, rejected]);
    assert.deepEqual(walk(rejected, running), [rejected, pending, approved[0], running]);
    assert.deepEqual(walk(running, cancelled), [running, cancelled]);
    assert.deepEqual(walk(approved[0]!, pending), [approved[0], pending]);
  });

  it('says so where nothing leads there', () => {
    assert.deepEqual(walk(succeeded, pending), [succeeded, 'no way']);
    assert.deepEqual(walk(cancelled, running), [cancelled, 'no way']);
  });

  it('never goes over an approval that there is none of', () => {
    const transitions: Transition[] = [{ id: '1', name: 'Approve', to: approved[0]!, fields: [] }];
    for (const target of [pending, rejected, cancelled]) {
      assert.equal(
        nextTransition(statuses, target, transitions, new Set(), () => true),
        undefined,
      );
    }
  });

  it('takes no way that is closed, but another one to the same place', () => {
    const transitions: Transition[] = ['1', '2'].map((id) => ({
      id,
      name: 'Reject',
      to: rejected,
      fields: [],
    }));
    assert.equal(
      nextTransition(statuses, rejected, transitions, new Set(), () => false),
      undefined,
    );
    assert.equal(nextTransition(statuses, rejected, transitions, new Set(), ({ id }) => id === '2')?.id, '2');
  });

  it('knows what a status stands for', () => {
    assert.deepEqual(
      [pending, approved[0]!, cancelled, '777'].map((id) => stateOf(statuses, id)),
      ['pending', 'approved', 'cancelled', undefined],
    );
  });

  const staged = { ...statuses, stages: { QA: '10021', Owner: '10022' } };
  const open = (stage: string) => at('pending', { stages: ['QA', 'Owner'], open: stage });

  it('with the stage that is open, where that has a status', () => {
    assert.deepEqual(statusesFor(staged, open('QA')), ['10021']);
    assert.deepEqual(statusesFor(staged, open('Other')), [pending]);
    assert.equal(stateOf(staged, '10022'), 'pending');
    assert.ok(agrees(staged, open('QA'), pending));
    assert.ok(!agrees(staged, open('QA'), '10022'));
  });

  it('takes a move out of a stage for a yes of that stage only', () => {
    const says = (stage: string, from: string, to: string) => meant(staged, open(stage), { from, to });
    assert.deepEqual(says('QA', '10021', '10022'), { word: 'approved', stage: 'QA' });
    assert.deepEqual(says('QA', '10021', approved[0]!), { word: 'approved', stage: 'QA' });
    assert.deepEqual(says('Owner', '10021', approved[0]!), { word: 'passed', stage: 'QA' });
    assert.deepEqual(says('QA', '10022', approved[0]!), { word: 'passed', stage: 'Owner' });
    assert.deepEqual(says('QA', pending, approved[0]!), { word: 'approved' });
    assert.deepEqual(says('QA', '10021', rejected), { word: 'rejected' });
    assert.equal(says('QA', pending, '10022'), undefined);
    assert.equal(says('Owner', '10022', '10021'), undefined);
    assert.equal(says('QA', '10021', running), undefined);
  });

  it('knows what takes a yes back', () => {
    assert.ok(takesBack(staged, '10021', '10021'));
    assert.ok(takesBack(staged, '10022', '10021'));
    assert.ok(takesBack(staged, pending, rejected));
    assert.ok(!takesBack(staged, '10021', '10022'));
    assert.ok(!takesBack(staged, '10021', approved[0]!));
  });
});
