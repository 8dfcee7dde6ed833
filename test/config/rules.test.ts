import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { ruling } from '../../src/domain/policy/rules.ts';
import { changed, faultsOf, parse } from './site.ts';
import { type Rule, ruleActions } from '../../src/domain/policy/policy.ts';

const last = { may: 'everything', roles: 'everybody', environments: 'all', allow: false };
const approving = { may: ['approve'], roles: ['qa-manager'], environments: ['uat'], allow: true };

/** The example with these rules and stages in place of its older keys. */
function ruled(
  rules: readonly unknown[],
  more: { approvers?: true; stages?: readonly unknown[] } = {},
): string {
  return changed((document) => {
    document.set('rules', document.createNode(rules));
    if (more.approvers !== true) document.deleteIn(['environments', 'uat', 'approvers']);
    document.deleteIn(['environments', 'production', 'approvers']);
    document.deleteIn(['environments', 'uat', 'requesters']);
    if (more.stages !== undefined)
      document.setIn(['environments', 'uat', 'approval'], document.createNode({ stages: more.stages }));
  });
}

function staged(stages: readonly unknown[]): string {
  return changed((document) => {
    document.setIn(['environments', 'uat', 'approval'], document.createNode({ stages }));
  });
}

async function warningsOf(text: string): Promise<string[]> {
  const { warnings } = await parse(text);
  return warnings.map(({ path, message, hint }) => `${path}: ${message} ${hint}`);
}

describe('the rules of the site file', () => {
  it('are taken as they are written', async () => {
    const { site } = await parse(ruled([{ name: 'QA', ...approving }, last]));
    assert.deepEqual(site.rules, [{ name: 'QA', ...approving }, last]);
    assert.deepEqual(site.environments['uat']!.approvers, []);
  });

  const refused: [string, string, string[]][] = [
    [
      'an action that is none',
      ruled([{ ...approving, may: ['aprove'] }, approving, last]),
      [
        'rules[0].may[0]: "aprove" is not allowed; expected "request", "approve", "take", "prove", "read-raw", "undo", "hold", "break-glass", "schedule", "cancel", "retry" or "acknowledge". Did you mean "approve"?',
      ],
    ],
    [
      'a word that stands for all, misspelt',
      ruled([{ ...approving, roles: 'everybdy' }, approving, last]),
      [
        'rules[0].roles: "everybdy" is not allowed; expected "everybody" or a list of roles. Did you mean "everybody"?',
      ],
    ],
    [
      'roles and environments that there are not',
      ruled([{ ...approving, roles: ['qa-manger'], environments: ['uta'] }, approving, last]),
      [
        'rules[0].roles[0]: Nobody in "people" holds the role "qa-manger"; expected "developer", "operator" or "qa-manager". Did you mean "qa-manager"?',
        'rules[0].environments[0]: "uta" is not an environment of this file; expected "production", "uat" or "dev". Did you mean "uat"?',
      ],
    ],
    [
      'a list without an answer to everything',
      ruled([last, approving]),
      [
        'rules[1]: The last rule must match everything and everybody, so that there is an answer to each question. Let the list end with {may: everything, roles: everybody, environments: all, allow: false}.',
      ],
    ],
    [
      'older keys beside them',
      ruled([approving, last], { approvers: true }),
      [
        'environments.uat.approvers: "approvers" can\'t be said beside "rules"; who may approve is told by one of them. Say it as a rule: {may: [approve], roles: [qa-manager], environments: [uat], allow: true}.',
      ],
    ],
    [
      'a protected environment that nobody may approve for',
      ruled([last]),
      [
        'environments.uat: It is protected, and the rules let nobody approve here; no request could ever be approved. Add a rule that lets a role "approve" here, or "protected: false".',
      ],
    ],
  ];
  for (const [title, text, faults] of refused) {
    it(`refuse ${title}`, async () => {
      const said = await faultsOf(text);
      // Where the rules let nobody approve as well, that is another matter.
      assert.deepEqual(title.startsWith('a list without') ? said.slice(-1) : said, faults);
    });
  }

  it('are warned of where one can never match, and only there', async () => {
    const covered = [approving, { ...approving, allow: false }, last];
    assert.deepEqual(await warningsOf(ruled(covered)), [
      'rules[1]: It can never match: rules before it cover all of it. Move it up, or remove it.',
    ]);
    const wider = [
      approving,
      { ...approving, environments: 'all' },
      { ...approving, roles: ['qa-manager', 'operator'] },
      { ...approving, may: ['approve', 'hold'] },
      { ...approving, may: ['hold'], environments: ['uat', 'dev'] },
      last,
    ];
    assert.deepEqual(await warningsOf(ruled(wider)), []);
    const together = [
      { ...approving, may: ['hold'], environments: ['uat'] },
      { ...approving, may: ['hold'], environments: ['dev', 'production'] },
      { ...approving, may: ['hold'], environments: 'all' },
      approving,
      last,
    ];
    assert.deepEqual(await warningsOf(ruled(together)), [
      'rules[2]: It can never match: rules before it cover all of it. Move it up, or remove it.',
    ]);
  });

  it('of the page on rules come to the table that is printed there', async () => {
    const page = await readFile(fileURLToPath(new URL('../../docs/rules.md', import.meta.url)), 'utf8');
    const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map((match) => match[1]!);
    const { rules } = parseYaml(blocks[0]!) as { rules: Rule[] };
    const roles = ['trainee', 'developer', 'qa-manager', 'data-owner', 'operator'];
    const rows = ruleActions.map((action) => {
      const cells = roles.map((role) =>
        ['production', 'uat', 'dev']
          .filter(
            (name) =>
              ruling({ rules, operators: [], environments: {} }, action, name, { roles: [role] }).allowed,
          )
          .join(' '),
      );
      return `| \`${action}\` |${cells.map((cell) => (cell === '' ? ' |' : ` ${cell} |`)).join('')}`;
    });
    const table = [`| action | ${roles.join(' | ')} |`, `|---|${'---|'.repeat(roles.length)}`, ...rows];
    assert.ok(page.includes(table.join('\n')), table.join('\n'));
    const withPeople = changed((document) => {
      document.set('rules', document.createNode(rules));
      document.deleteIn(['environments', 'uat', 'approvers']);
      document.deleteIn(['environments', 'uat', 'requesters']);
      document.deleteIn(['environments', 'production', 'approvers']);
      document.setIn(['people', 'ada', 'roles'], document.createNode(['developer', 'trainee', 'data-owner']));
      document.setIn(
        ['people', 'ben', 'roles'],
        document.createNode(['developer', 'operator', 'data-owner']),
      );
      document.setIn(
        ['environments', 'uat', 'approval'],
        (parseYaml(blocks[1]!) as { environments: { uat: { approval: unknown } } }).environments.uat.approval,
      );
    });
    const { site } = await parse(withPeople);
    assert.deepEqual(site.rules, rules);
    assert.deepEqual(site.environments['uat']!.approval, {
      stages: [
        { name: 'QA', roles: ['qa-manager'], quorum: 2 },
        { name: 'Data owner', roles: ['data-owner'], quorum: 1, when: 'raw' },
      ],
    });
  });
});

describe('the stages of the site file', () => {
  it('let approvers be left out', async () => {
    const text = changed((document) => {
      document.deleteIn(['environments', 'uat', 'approvers']);
      document.setIn(
        ['environments', 'uat', 'approval'],
        document.createNode({ stages: [{ name: 'QA', roles: ['qa-manager'] }] }),
      );
    });
    assert.deepEqual((await parse(text)).site.environments['uat']!.approvers, ['qa-manager']);
  });

  it('refuse what could never be met, and names that are not told apart', async () => {
    const at = 'environments.uat.approval.stages';
    assert.deepEqual(await faultsOf(staged([{ name: 'QA', roles: ['qa-manager'], quorum: 3 }])), [
      `${at}[0]: It takes 3 different people, and 2 may decide here; no request could ever be approved. Give the role to more people who may approve, or lower the quorum.`,
    ]);
    const twice = [
      { name: 'QA', roles: ['qa-manager'], quorum: 2 },
      { name: 'Again', roles: ['qa-manager'] },
    ];
    assert.deepEqual(await faultsOf(staged(twice)), [
      `${at}: Each person counts in one stage only, and there are too few for all of them; no request could ever be approved. Give the roles to more people, or lower a quorum.`,
    ]);
    const same = [
      { name: 'QA', roles: ['qa-manager'] },
      { name: 'QA', roles: ['qa-manager'] },
    ];
    assert.deepEqual(
      (await faultsOf(staged(same)))[0],
      `${at}[1].name: An earlier stage has this name; what was approved in which must be told apart. Give it a name of its own.`,
    );
    assert.deepEqual(
      await faultsOf(staged([{ name: 'QA', roles: ['qa-manger'] }])).then((all) => all[0]),
      `${at}[0].roles[0]: Nobody in "people" holds the role "qa-manger"; expected "developer", "operator" or "qa-manager". Did you mean "qa-manager"?`,
    );
  });

  it('are warned of where somebody’s own request could not be approved, and where nothing is protected', async () => {
    assert.deepEqual(await warningsOf(staged([{ name: 'QA', roles: ['qa-manager'], quorum: 2 }])), [
      'environments.uat.approval.stages: Without "chen" there are too few people; as nobody approves an own request, theirs can\'t be approved. Give the roles to one more person.',
    ]);
    const open = changed((document) => {
      document.setIn(
        ['environments', 'dev', 'approval'],
        document.createNode({ stages: [{ name: 'QA', roles: ['qa-manager'] }] }),
      );
    });
    assert.match((await warningsOf(open)).join(), /^environments\.dev\.approval: It means nothing here/);
  });
});
