import assert from 'node:assert/strict';
import { pino } from 'pino';
import type { EnvironmentSite, Site } from '../../../../../src/domain/site.ts';
import { actionIds, blockIds } from '../../../../../src/fronts/slack/modal/names.ts';
import { optionsFor } from '../../../../../src/fronts/slack/modal/options.ts';
import { openPaper, type Paper } from '../../../../house-of-paper.ts';

const team = 'T0SHOP';
const names = Array.from({ length: 250 }, (_, at) => `e-${at}`);

/** Two teams with half of the environments each, and one environment with many databases. */
function largeSite(site: Site): Site {
  const ci = site.environments['ci']!;
  const many = names.map((name) => [name, { ...ci.databases['orders']!, database: name }]);
  const all = names.map((name, at): [string, EnvironmentSite] => [
    name,
    { ...ci, name, title: `Shop no. ${at}`, ...(at === 0 ? { databases: Object.fromEntries(many) } : {}) },
  ]);
  return {
    ...site,
    environments: { production: site.environments['production']!, ...Object.fromEntries(all) },
    databases: Object.fromEntries(
      names.map((name, at) => [name, { name, engine: 'postgres', title: `Part no. ${at}` }]),
    ),
    rules: [
      {
        may: 'everything',
        roles: ['developer'],
        environments: ['production', ...names.slice(0, 150)],
        allow: true,
      },
      { may: ['request'], roles: ['qa-manager'], environments: names.slice(150), allow: true },
      { may: 'everything', roles: 'everybody', environments: 'all', allow: false },
    ],
  };
}

describe('menus of very many', function () {
  this.timeout(60_000);
  let paper: Paper;
  before(async () => void (paper = await openPaper(largeSite)));
  after(() => paper.close());

  async function offered(who: string, blockId: string, actionId: string, text: string): Promise<string[]> {
    const user = paper.site.people[who]!.slackUserId!;
    const front = {
      service: paper.service,
      site: paper.site,
      workspace: () => Promise.resolve(team),
      log: pino({ level: 'silent' }),
    };
    const options = await optionsFor(front, { user, teams: [team], blockId, actionId, text });
    return options.map((option) => option.value!);
  }

  const environments = (who: string, text: string) =>
    offered(who, blockIds.environment, actionIds.environment, text);
  const databases = (who: string, environment: string, text: string) =>
    offered(who, blockIds.databases(environment), actionIds.databases, text);

  it('hold the first 100 that somebody may ask for, in the order of the site file', async () => {
    assert.deepEqual(await environments('dana', ''), names.slice(0, 100));
    assert.deepEqual(await environments('quinn', ' '), names.slice(150));
    assert.deepEqual(await environments('otto', ''), ['none']);
    assert.deepEqual(await databases('dana', 'e-0', ''), names.slice(0, 100));
  });

  it('find the others by words of name and title, as they are typed or as they are shown', async () => {
    assert.deepEqual(await environments('dana', 'e-14'), ['e-14', ...names.slice(140, 150)]);
    assert.deepEqual(await environments('dana', 'SHOP 149'), ['e-149']);
    assert.deepEqual(await environments('dana', 'e-149 · Shop no. 149'), ['e-149']);
    assert.deepEqual(await environments('dana', '249'), ['none'], 'they may not ask for it');
    assert.deepEqual(await environments('quinn', '249'), ['e-249']);
    assert.deepEqual(await environments('dana', 'production'), ['none']);
    assert.deepEqual(await databases('dana', 'e-0', 'part 249'), ['e-249']);
    for (const [who, environment] of [
      ['dana', 'e-249'],
      ['quinn', 'e-0'],
      ['dana', 'production'],
      ['dana', 'constructor'],
    ] as const)
      assert.deepEqual(await databases(who, environment, ''), ['none']);
  });
});
