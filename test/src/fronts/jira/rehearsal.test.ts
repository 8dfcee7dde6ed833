import assert from 'node:assert/strict';
import type { Leg } from '../../../../src/fronts/jira/rehearsal.ts';
import { memberPermissions } from '../../../../src/sandbox/jira/model.ts';
import {
  oneWayWorkflow,
  screenWorkflow,
  stageStatusIds,
  stagedWorkflow,
  standardWorkflow,
  statusIds,
  type Workflow,
} from '../../../../src/sandbox/jira/workflow.ts';
import { bot, openStage, type Stage, type StageOptions } from './stage.ts';

for (const kind of ['cloud', 'data-center'] as const) {
  describe(`check --workflow, in Jira (${kind})`, function () {
    this.timeout(120_000);
    let stage: Stage;
    afterEach(() => stage.close());

    async function rehearsed(options: StageOptions = {}): Promise<Leg[]> {
      stage = await openStage({ kind, idle: true, ...options });
      return legs();
    }
    async function legs(): Promise<Leg[]> {
      const found: Leg[] = [];
      for await (const leg of stage.front.rehearse()) found.push(leg);
      return found;
    }
    const failed = (all: readonly Leg[]) => all.filter(({ ok }) => !ok);
    const without = (...ids: string[]): Workflow => ({
      ...standardWorkflow(),
      transitions: standardWorkflow().transitions.filter(({ id }) => !ids.includes(id)),
    });

    it('goes all ways of a good workflow, leaves no issue open, and takes none for a request', async () => {
      stage = await openStage({ kind, pollEvery: 1 });
      const all = await legs();
      assert.deepEqual(failed(all), []);
      assert.ok(!all.some(({ name }) => /not tried/.test(name)), 'all was tried');
      const issues = stage.jira.issues();
      assert.equal(issues.length, 4);
      for (const issue of issues) {
        assert.ok(['Done', 'Cancelled'].includes(issue.status), issue.status);
        assert.ok(issue.labels.includes('freshet-dry-run') && !issue.labels.includes('freshet'));
        assert.match(issue.summary, /^Dry run .* not a request/);
      }
      const taken = all.map(({ name }) => name.replace(/^DBR-\d+ /, ''));
      for (const leg of [
        '"Waiting for approval" to "Approved"',
        '"Approved" to "Waiting for approval"',
        '"Approved" to "In progress"',
        '"In progress" to "Failed"',
        '"Failed" to "In progress"',
        '"In progress" to "Done"',
        '"Waiting for approval" to "Rejected"',
        '"Rejected" to "Waiting for approval"',
        '"In progress" to "Cancelled"',
        '"Approved" to "Cancelled"',
      ])
        assert.ok(taken.includes(leg), leg);
      // A request that comes now has an issue of its own, and nothing of the dry run was ever taken for its.
      const { id } = await stage.ask();
      assert.equal(await stage.state(id), 'pending');
      assert.ok(!issues.map(({ key }) => key).includes(await stage.issueOf(id)));
    });

    it('deletes them where the bot may', async () => {
      stage = await openStage({ kind, idle: true });
      const account = stage.jira.site.accounts.get(bot)!;
      stage.jira.setAccount({ ...account, permissions: [...memberPermissions, 'DELETE_ISSUES'] });
      assert.deepEqual(failed(await legs()), []);
      assert.deepEqual(stage.jira.issues(), []);
    });

    it('finds ways that are missing, with the remedy, and still tries the others', async () => {
      const all = await rehearsed({ workflow: oneWayWorkflow() });
      const wrong = failed(all);
      assert.deepEqual(
        wrong.map(({ name }) => name.replace(/^DBR-\d+ /, '')),
        ['"Approved" to "Waiting for approval"', '"Rejected" to "Waiting for approval"'],
      );
      assert.match(
        wrong[0]!.says,
        /no transition from "Approved" leads there; the bot is offered "Start" to/,
      );
      assert.match(wrong[0]!.remedy!, /Add one from "Approved" to "Waiting for approval" to the workflow/);
      assert.ok(all.some(({ ok, name }) => ok && /"In progress" to "Done"/.test(name)));
      await stage.close();

      const unable = failed(await rehearsed({ workflow: without('31', '71') }));
      assert.ok(unable.some(({ name }) => /"Approved" to "In progress"/.test(name)));
      const left = unable.find(({ name }) => name === 'tidying up');
      assert.match(left?.says ?? '', /DBR-\d+.* could not be closed/);
    });

    it('finds fields that a transition asks for, and a value that is missing in the site file', async () => {
      const wrong = failed(await rehearsed({ workflow: screenWorkflow('41', 'resolution') }));
      assert.equal(wrong.length, 1);
      assert.match(wrong[0]!.says, /the transition "Finish" asks for "Resolution"/);
      assert.match(wrong[0]!.remedy!, /jira\.transitionFields\.succeeded\.resolution \("?Done/);
    });

    it('finds a workflow that begins elsewhere, and a type of link that is not there', async () => {
      const wrong = failed(
        await rehearsed({
          workflow: { ...standardWorkflow(), initialStatusId: statusIds.rejected },
          site: (site) => ({ ...site, jira: { ...site.jira, linkType: 'Tests' } }),
        }),
      );
      assert.ok(
        wrong.some(({ says }) => /new issues start in "Rejected", not in "Waiting for approval"/.test(says)),
      );
      assert.ok(wrong.some(({ name, says }) => name === 'link' && /no type of link "Tests"/.test(says)));
    });

    it('tries stages with statuses of their own, both ways', async () => {
      const stages = { QA: stageStatusIds.qa, 'Data owner': stageStatusIds.owner };
      const site: StageOptions['site'] = (one) => ({
        ...one,
        jira: { ...one.jira, statuses: { ...one.jira.statuses, stages } },
      });
      assert.deepEqual(failed(await rehearsed({ workflow: stagedWorkflow(), site })), []);
      await stage.close();
      const workflow = stagedWorkflow();
      const transitions = workflow.transitions.filter(({ id }) => id !== '121');
      const wrong = failed(await rehearsed({ workflow: { ...workflow, transitions }, site }));
      assert.ok(wrong.some(({ name }) => /"With QA" to "With the data owner"/.test(name)));
    });

    it('says what the bot may not do, and ends', async () => {
      stage = await openStage({ kind, idle: true });
      const account = stage.jira.site.accounts.get(bot)!;
      stage.jira.setAccount({ ...account, permissions: ['BROWSE_PROJECTS'] });
      const [first, ...more] = await legs();
      assert.ok(first !== undefined && !first.ok);
      assert.deepEqual(more, []);
      stage.jira.setAccount({ ...account, permissions: ['BROWSE_PROJECTS', 'CREATE_ISSUES', 'EDIT_ISSUES'] });
      const wrong = failed(await legs());
      assert.ok(wrong.some(({ name }) => name === 'comment'));
      assert.ok(wrong.some(({ says }) => /the bot is offered nothing/.test(says)));
    });
  });
}

describe('check --workflow, where Jira limits writes', function () {
  this.timeout(120_000);
  it('waits as long as Jira asks', async () => {
    // Its time passes only while it is waited for, so that a slow machine meets the limit as well.
    let waits = () => 0;
    const begun = Date.now();
    const stage = await openStage({
      idle: true,
      indexDelayMs: 0,
      writeLimits: [{ count: 6, withinMs: 1500 }],
      now: () => begun + 1501 * waits(),
    });
    waits = () => stage.jira.calls.filter(({ status }) => status === 429).length;
    try {
      const legs: Leg[] = [];
      for await (const leg of stage.front.rehearse()) legs.push(leg);
      assert.deepEqual(
        legs.filter(({ ok }) => !ok),
        [],
      );
      assert.ok(waits() > 0);
    } finally {
      await stage.close();
    }
  });
});
