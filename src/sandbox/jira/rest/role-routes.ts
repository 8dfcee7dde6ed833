import { JiraError, badRequest } from '../errors.ts';
import { pageOf, type Http } from '../http.ts';
import type { Account } from '../model.ts';
import { may, type ProjectRole } from '../site.ts';
import type { State } from '../state.ts';
import { userJson, type Json, type Renderer } from './render.ts';

/**
 * Who has which role in the project: it takes the right to administer the project, without it there is none to be seen. And who is in a
 * group of the site, which takes the right to browse users and groups.
 */
export function addRoleRoutes(http: Http, { site }: State, renderer: Renderer): void {
  const selfOf = ({ id }: ProjectRole) =>
    `${renderer.base}/rest/api/${renderer.dialect.api}/project/${site.project.id}/role/${id}`;

  function checkProject(idOrKey: string, account: Account): void {
    // Keys are case sensitive here.
    const named = idOrKey === site.project.id || idOrKey === site.project.key;
    if (named && may(account, 'ADMINISTER_PROJECTS')) return;
    throw new JiraError(404, [`No project could be found with key '${idOrKey}'.`]);
  }

  http.route('get', '/project/:projectIdOrKey/role', ({ account, params }) => {
    checkProject(params['projectIdOrKey'] ?? '', account);
    return {
      status: 200,
      body: Object.fromEntries([...site.roles.values()].map((role) => [role.name, selfOf(role)])),
    };
  });

  http.route('get', '/project/:projectIdOrKey/role/:id', ({ account, params, query }) => {
    checkProject(params['projectIdOrKey'] ?? '', account);
    const { id } = params;
    if (!/^\d+$/.test(id ?? '')) throw badRequest(`The role id '${id}' is not a number.`);
    const role = [...site.roles.values()].find((each) => String(each.id) === id);
    if (!role) throw new JiraError(404, [`Can not retrieve a role actor for a null project role.`]);
    const people = role.people
      .map((accountId) => site.accounts.get(accountId))
      .filter((found) => found !== undefined)
      .filter((found) => query['excludeInactiveUsers'] !== 'true' || found.active !== false);
    const actors: Json[] = [
      ...people.map(({ accountId, displayName }, index) => ({
        id: role.id * 100 + index,
        displayName,
        type: 'atlassian-user-role-actor',
        actorUser: { accountId },
      })),
      ...(role.groups ?? []).map((name, index) => ({
        id: role.id * 100 + 50 + index,
        displayName: name,
        type: 'atlassian-group-role-actor',
        name,
        actorGroup: { name, displayName: name, groupId: groupIdOf(name) },
      })),
    ].sort((a, b) => a.displayName.localeCompare(b.displayName));
    return {
      status: 200,
      body: { self: selfOf(role), name: role.name, id: role.id, description: '', actors },
    };
  });

  http.route('get', '/group/member', ({ account, query }) => {
    if (!may(account, 'USER_PICKER')) {
      throw new JiraError(403, ['You do not have the permission to browse users and groups.']);
    }
    const { groupId, groupname } = query;
    if ((groupId === undefined) === (groupname === undefined)) {
      throw badRequest("Either 'groupname' or 'groupId' query parameter has to be provided.");
    }
    const named = [...site.groups].find(([name]) => name === groupname || groupIdOf(name) === groupId);
    if (!named) throw new JiraError(404, [`The group '${groupId ?? groupname}' does not exist.`]);
    const { startAt, maxResults } = pageOf(query, membersAPage);
    const members = named[1]
      .map((accountId) => site.accounts.get(accountId))
      .filter((found) => found !== undefined)
      .filter((found) => query['includeInactiveUsers'] === 'true' || found.active !== false);
    const values = members.slice(startAt, startAt + maxResults);
    return {
      status: 200,
      body: {
        self: `${renderer.base}/rest/api/${renderer.dialect.api}/group/member`,
        maxResults,
        startAt,
        total: members.length,
        isLast: startAt + values.length >= members.length,
        values: values.map(({ accountId }) => userJson(renderer, accountId, account)),
      },
    };
  });
}

/** Most that Jira gives at once, whatever is asked. */
const membersAPage = 50;

const groupIdOf = (name: string) => `group-${name}`;
