import type { Site } from '../src/domain/site.ts';

/** The paper site with rules: QA says yes twice on uat, then an owner for raw data, which developers may not read. */
export function stagedSite(site: Site): Site {
  const { uat } = site.environments;
  const owner = { ...site.people['otto']!, id: 'olga', name: 'Olga', roles: ['owner', 'qa-manager'] };
  return {
    ...site,
    people: {
      ...site.people,
      olga: { ...owner, slackUserId: 'U0OLGA', jiraAccountId: '70121:olga' },
    },
    rules: [
      { may: ['read-raw'], roles: ['developer'], environments: ['production'], allow: false },
      { may: ['approve'], roles: ['qa-manager', 'owner', 'operator'], environments: 'all', allow: true },
      { may: ['request', 'undo', 'read-raw'], roles: 'everybody', environments: 'all', allow: true },
      { may: ['cancel', 'retry', 'acknowledge'], roles: ['operator'], environments: 'all', allow: true },
      { may: 'everything', roles: 'everybody', environments: 'all', allow: false },
    ],
    repositories: { nightly: { ...site.repositories['nightly']!, anonymisation: 'raw' } },
    environments: {
      ...site.environments,
      uat: {
        ...uat!,
        approvers: [],
        accepts: ['raw', 'declared', 'proven'],
        approval: {
          stages: [
            { name: 'QA', roles: ['qa-manager'], quorum: 2 },
            { name: 'Data owner', roles: ['owner'], quorum: 1, when: 'raw' },
          ],
        },
      },
    },
  };
}

/** The same for whatever data, with the operator as the owner: everybody in it is known to the stand-ins of Slack and Jira. */
export function ownedSite(site: Site): Site {
  const staged = stagedSite(site);
  const stages = [
    { name: 'QA', roles: ['qa-manager'], quorum: 2 },
    { name: 'Data owner', roles: ['operator'], quorum: 1 },
  ];
  const uat = { ...staged.environments['uat']!, approval: { stages } };
  const { people, repositories } = site;
  return { ...staged, people, repositories, environments: { ...staged.environments, uat } };
}
