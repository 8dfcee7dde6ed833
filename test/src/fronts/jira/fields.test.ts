import assert from 'node:assert/strict';
import type { Field } from '../../../../src/fronts/jira/api.ts';
import { fill } from '../../../../src/fronts/jira/fields.ts';
import { project } from '../../../../src/sandbox/jira/site.ts';
import {
  screenWorkflow,
  standardWorkflow,
  statusIds,
  type Workflow,
} from '../../../../src/sandbox/jira/workflow.ts';
import { eventually, openStage, quinn, rest, rosa, type Stage, type StageOptions } from './stage.ts';

const kinds = ['cloud', 'data-center'] as const;

const fields = project({
  key: 'DBR',
  components: [
    { id: '10100', name: 'Databases' },
    { id: '10101', name: 'Network' },
  ],
  fields: [
    {
      id: 'customfield_10042',
      name: 'Team',
      kind: 'option',
      onScreens: true,
      options: [
        { id: '1', name: 'Platform' },
        { id: '2', name: 'Shop' },
      ],
    },
    { id: 'customfield_10043', name: 'Notes', kind: 'rich-text', onScreens: true },
    { id: 'customfield_10044', name: 'Cost centre', kind: 'text', onScreens: true },
  ],
});

describe('Jira: what issues have besides their words', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  type Own = Stage['paper']['site']['jira'];
  const open = async (change: (jira: Own) => Own, options: StageOptions = {}) => {
    stage = await openStage({ ...options, site: (site) => ({ ...site, jira: change(site.jira) }) });
  };
  const look = (name: string) => stage.front.probes.find((each) => each.name === name)!.run();

  for (const kind of kinds) {
    it(`${kind}: priority, labels, components, fields and the approver who can be assigned`, async () => {
      await open(
        (jira) => ({
          ...jira,
          issue: {
            priority: 'High',
            labels: ['db', 'freshet'],
            components: ['Databases'],
            fields: { customfield_10042: 'shop', customfield_10043: 'one\ntwo', customfield_10044: 4711 },
            assignee: 'approver',
          },
        }),
        { kind, project: fields, idle: true },
      );
      const account = stage.jira.site.accounts.get(quinn)!;
      stage.jira.setAccount({ ...account, permissions: ['BROWSE_PROJECTS'] });
      assert.deepEqual(await look('jira issue fields'), {
        ok: true,
        says: 'given: priority, components, customfield_10042, customfield_10043, customfield_10044',
      });
      await stage.front.start();
      const request = await stage.ask();
      const key = await stage.issueOf(request.id);
      const issue = stage.jira.issue(key);
      assert.deepEqual(issue.labels.slice(0, 3), ['freshet', `freshet-${request.id}`, 'db']);
      const { Reporter: _reporter, ...details } = issue.details;
      assert.deepEqual(details, {
        Priority: 'High',
        Components: 'Databases',
        Team: 'Shop',
        Notes: 'one\ntwo',
        'Cost centre': '4711',
        Assignee: 'Rosa',
      });
    });

    it(`${kind}: what can't be so is named with what may be, in check and in an alert`, async function () {
      await open(
        (jira) => ({
          ...jira,
          issue: {
            ...jira.issue,
            priority: 'Urgent',
            components: ['Storage'],
            fields: { customfield_1: 'x', customfield_10042: 'Sales' },
          },
        }),
        { kind, project: fields, idle: true },
      );
      const finding = await look('jira issue fields');
      assert.ok(!finding.ok);
      for (const part of [
        '"Urgent" is not allowed for "Priority"; expected "Highest", "High", "Medium", "Low" or "Lowest"',
        '"Storage" is not allowed for "Components"; expected "Databases" or "Network"',
        '"Sales" is not allowed for "Team"; expected "Platform" or "Shop"',
        'there is no field "customfield_1" here; expected ',
      ]) {
        assert.ok(finding.says.includes(part), `${part} in ${finding.says}`);
      }
      assert.match(finding.remedy!, /jira\.issue/);
      await stage.front.start();
      const request = await stage.ask();
      const alerts = () => stage.events(request.id, 'front-alert');
      await eventually(async () => (await alerts()).length > 0, 'an alert');
      const [alert] = await alerts();
      assert.ok(alert?.type === 'front-alert' && alert.code === 'jira-refuses');
      assert.match(
        alert.cause,
        /jira\.issue, priority: "Urgent" is not allowed for "Priority"; expected "Highest"/,
      );
      assert.deepEqual(stage.jira.issues(), []);
    });
  }

  it('a field that new issues need and that nobody gives is named', async () => {
    const needing = project({
      key: 'DBR',
      fields: [{ id: 'customfield_10050', name: 'System', kind: 'text', onScreens: true, required: true }],
    });
    await open((jira) => jira, { project: needing, idle: true });
    const finding = await look('jira issue fields');
    assert.equal(finding.says, 'new issues need "System" (customfield_10050)');
  });

  const given = { succeeded: { resolution: 'done' } };
  for (const kind of kinds) {
    it(`${kind}: a field that a transition asks for is given as the site file says`, async () => {
      await open((jira) => ({ ...jira, transitionFields: given }), {
        kind,
        workflow: screenWorkflow('41', 'resolution'),
      });
      const request = await stage.ask('ci');
      const key = await stage.issueOf(request.id);
      await stage.shows(key, 'In progress');
      await stage.paper.drain();
      await stage.shows(key, 'Done');
      await stage.told();
      assert.equal(stage.jira.issue(key).details['Resolution'], 'Done');
      assert.deepEqual(await stage.events(request.id, 'front-alert'), []);
    });
  }

  it('without a value, the alert names the field, the transition, the key and what may stand there', async () => {
    await open((jira) => jira, { workflow: screenWorkflow('41', 'resolution') });
    const request = await stage.ask('ci');
    const key = await stage.issueOf(request.id);
    await stage.shows(key, 'In progress');
    const finding = await (async () => {
      await rest(0.15);
      return look('jira transitions');
    })();
    assert.ok(!finding.ok);
    assert.match(finding.says, /the transition "Finish" asks for "Resolution" \(succeeded\)/);
    await stage.paper.drain();
    await eventually(async () => (await stage.events(request.id, 'front-alert')).length > 0, 'an alert');
    const [alert] = await stage.events(request.id, 'front-alert');
    assert.ok(alert?.type === 'front-alert' && alert.code === 'jira-transition-fields');
    assert.match(alert.cause, /^DBR-1 can't be moved .*: the transition "Finish" asks for "Resolution"\.$/);
    for (const text of [alert.hint, finding.remedy!]) {
      assert.match(text, /jira\.transitionFields\.succeeded\.resolution \("Done" or "Won't Do"\)/);
    }
  });

  it('a value that the transition does not take is named', async () => {
    await open((jira) => ({ ...jira, transitionFields: { succeeded: { resolution: 'Fixed' } } }), {
      workflow: screenWorkflow('41', 'resolution'),
    });
    const request = await stage.ask('ci');
    await stage.shows(await stage.issueOf(request.id), 'In progress');
    await stage.paper.drain();
    await eventually(async () => (await stage.events(request.id, 'front-alert')).length > 0, 'an alert');
    const [alert] = await stage.events(request.id, 'front-alert');
    assert.ok(alert?.type === 'front-alert');
    assert.match(alert.cause, /"Fixed" is not allowed for "Resolution"; expected "Done" or "Won't Do"\.$/);
  });

  it('check shows what leads where, what is missing, and where there is nothing to look at yet', async () => {
    const standard = standardWorkflow();
    const workflow: Workflow = {
      ...standard,
      transitions: standard.transitions.filter(({ to }) => to !== statusIds.rejected),
    };
    await open((jira) => jira, { workflow });
    await stage.issueOf((await stage.ask()).id);
    await stage.told();
    await rest(0.15);
    const finding = await look('jira transitions');
    assert.ok(!finding.ok);
    assert.match(
      finding.says,
      /^no transition from "Waiting for approval" to "Rejected" \(rejected\); no issue to look at yet in "Approved", "Rejected"/,
    );
    const statuses = await look('jira statuses');
    assert.match(
      statuses.says,
      /pending is "Waiting for approval" \(10010\), approved is "Approved" \(10011\)/,
    );
  });

  it('check of a workflow that fits', async () => {
    await open((jira) => jira);
    const key = await stage.issueOf((await stage.ask()).id);
    await stage.told();
    stage.jira.moveIssue(rosa, key, 'Rejected');
    await rest(0.15);
    const finding = await look('jira transitions');
    assert.ok(finding.ok, finding.says);
    assert.match(finding.says, /from "Rejected" "Send back" to "Waiting for approval"/);
  });
});

describe('Jira: values of the site file as the API takes them', () => {
  const api = { text: (text: string) => ({ doc: text }) };
  const field = (type: string, more: Partial<Field> = {}): Field => ({
    id: 'f',
    name: 'F',
    required: false,
    type,
    items: '',
    rich: false,
    ...more,
  });
  const cases: [string, Field, unknown, unknown][] = [
    ['text', field('string'), 12, '12'],
    ['formatted text', field('string', { rich: true }), 'a', { doc: 'a' }],
    ['a number', field('number'), '12', 12],
    ['a priority without a list', field('priority'), 'High', { name: 'High' }],
    ['an option without a list', field('option'), 'A', { value: 'A' }],
    ['one of a list, by id', field('option', { allowed: [{ id: '7', name: 'A' }] }), '7', { id: '7' }],
    ['labels', field('array', { items: 'string' }), ['a', 'b'], ['a', 'b']],
    ['one version for a list of them', field('array', { items: 'version' }), '1.0', [{ name: '1.0' }]],
    ['a mapping as it is', field('user'), { accountId: 'x' }, { accountId: 'x' }],
    ['anything', field('any'), true, true],
  ];
  for (const [what, known, given, value] of cases) {
    it(what, () =>
      assert.deepEqual(fill(api, [known], { f: given }), { values: { f: value }, problems: [] }),
    );
  }
  for (const [what, known, given, says] of [
    ['a number that is none', field('number'), 'many', /"F" takes a number, not "many"/],
    ['a list where one goes', field('string'), ['a'], /"F" takes one value, not a list/],
    ['a user by name', field('user'), 'quinn', /"F" takes a user as Jira names one, as a mapping/],
  ] as const) {
    it(`not ${what}`, () => assert.match(fill(api, [known], { f: given }).problems[0]!.says, says));
  }
});
