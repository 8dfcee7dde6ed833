import { JiraError, badRequest } from '../errors.ts';
import type { Http } from '../http.ts';
import { pageOf } from '../http.ts';
import { isPermission, permissionNames, type Account } from '../model.ts';
import { may } from '../site.ts';
import type { State } from '../state.ts';
import type { Status } from '../workflow.ts';
import { findStatus } from '../workflow.ts';
import { canBrowse } from './permissions.ts';
import type { Json, Renderer } from './render.ts';
import {
  fieldMetaJson,
  isoTime,
  issueTypeJson,
  projectJson,
  schemaJson,
  statusJson,
  userJson,
} from './render.ts';

/** Who am I, what is here and what may I do: read by `freshet check` and by anybody who sets up a site. */
export function addSiteRoutes(http: Http, state: State, renderer: Renderer): void {
  const { site } = state;
  const { dialect } = renderer;
  const isCloud = dialect.kind === 'cloud';

  http.route(
    'get',
    '/serverInfo',
    () => ({
      status: 200,
      body: {
        baseUrl: renderer.base,
        ...(isCloud
          ? { version: '1001.0.0-SNAPSHOT', versionNumbers: [1001, 0, 0], deploymentType: 'Cloud' }
          : { version: '10.3.0', versionNumbers: [10, 3, 0], deploymentType: 'Server' }),
        buildNumber: 100_000,
        buildDate: '2026-11-01T00:00:00.000+0000',
        serverTime: isoTime(site.now()),
        scmInfo: '0'.repeat(40),
        serverTitle: site.title,
        defaultLocale: { locale: 'en_US' },
      },
    }),
    'open',
  );

  http.route('get', '/myself', ({ account }) => ({
    status: 200,
    body: { ...userJson(renderer, account.accountId, account), locale: 'en_US' },
  }));

  http.route('get', '/user', ({ account, query }) => {
    const found = userNamed(query);
    if (found === undefined) {
      throw new JiraError(404, ['Specified user does not exist or you do not have required permissions']);
    }
    return { status: 200, body: userJson(renderer, found.accountId, account) };
  });

  function userNamed(query: Readonly<Record<string, string>>): Account | undefined {
    const named = dialect.userNamed(query, site);
    if ('error' in named) throw badRequest(named.error);
    return site.accounts.get(named.id);
  }

  http.route('get', '/user/assignable/search', ({ account, query }) => {
    checkProject(query['project'] ?? '', canBrowse(account));
    const found = userNamed(query);
    const body = found && may(found, 'ASSIGNABLE_USER') ? [userJson(renderer, found.accountId, account)] : [];
    return { status: 200, body };
  });

  http.route('get', '/mypermissions', ({ account, query }) => {
    // Data Center tells all of them, whatever is asked.
    const wanted: string[] = isCloud
      ? (query['permissions'] ?? '').split(',').filter((each) => each !== '')
      : [...permissionNames];
    if (wanted.length === 0) throw badRequest("The 'permissions' query parameter is required.");
    const unknown = wanted.filter((each) => !isPermission(each));
    if (unknown.length > 0) throw badRequest(`Unrecognized permission: ${unknown.join(', ')}`);
    const { projectKey, projectId, issueKey } = query;
    checkProject(projectKey ?? projectId ?? site.project.key, canBrowse(account));
    const issue = issueKey === undefined ? undefined : state.read(issueKey);
    if (issueKey !== undefined && !issue)
      throw new JiraError(404, [`The issue "${issueKey}" does not exist.`]);
    return {
      status: 200,
      body: {
        permissions: Object.fromEntries(
          wanted.filter(isPermission).map((key) => [
            key,
            {
              id: String(10 + permissionNames.indexOf(key)),
              key,
              name: key
                .split('_')
                .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
                .join(' '),
              type: 'PROJECT',
              description: '',
              havePermission: may(account, key),
            },
          ]),
        ),
      },
    };
  });

  function checkProject(idOrKey: string, visible: boolean): void {
    const { id, key } = site.project;
    if (visible && (idOrKey === id || idOrKey.toUpperCase() === key)) return;
    throw new JiraError(404, [`No project could be found with key '${idOrKey}'.`]);
  }

  const issueTypes = (): Json[] => site.project.issueTypes.map((each) => issueTypeJson(renderer, each));

  // Before the route for one project, which would take "search" for its key.
  if (isCloud) addCloudLists(http, state, renderer);

  http.route('get', '/project/:projectIdOrKey', ({ account, params }) => {
    checkProject(params['projectIdOrKey'] ?? '', canBrowse(account));
    return {
      status: 200,
      body: {
        ...projectJson(renderer),
        issueTypes: issueTypes(),
        components: site.project.components,
        versions: [],
      },
    };
  });

  http.route('get', '/project/:projectIdOrKey/statuses', ({ account, params }) => {
    checkProject(params['projectIdOrKey'] ?? '', canBrowse(account));
    const statuses = site.workflow.statuses.map((each) => statusJson(renderer, each));
    return { status: 200, body: issueTypes().map((type) => ({ ...type, statuses })) };
  });

  http.route('get', '/status', () => ({
    status: 200,
    body: site.workflow.statuses.map((each) => statusJson(renderer, each)),
  }));

  http.route('get', '/status/:idOrName', ({ params }) => {
    const status = findStatus(site.workflow, params['idOrName'] ?? '');
    if (!status) throw new JiraError(404, [`The status with id '${params['idOrName']}' does not exist`]);
    return { status: 200, body: statusJson(renderer, status) };
  });

  http.route('get', '/field', () => ({
    status: 200,
    body: site.project.fields.map((field) => ({
      id: field.id,
      key: field.id,
      name: field.name,
      custom: field.id.startsWith('customfield_'),
      orderable: true,
      navigable: true,
      searchable: field.id === 'labels',
      clauseNames: [field.id],
      schema: schemaJson(field),
    })),
  }));

  http.route('get', '/issue/createmeta/:projectIdOrKey/issuetypes', ({ account, params, query }) => {
    checkProject(params['projectIdOrKey'] ?? '', may(account, 'CREATE_ISSUES'));
    return metaPage(query, dialect.metaList.issueTypes, issueTypes());
  });

  http.route(
    'get',
    '/issue/createmeta/:projectIdOrKey/issuetypes/:issueTypeId',
    ({ account, params, query }) => {
      checkProject(params['projectIdOrKey'] ?? '', may(account, 'CREATE_ISSUES'));
      if (!site.project.issueTypes.some((each) => each.id === params['issueTypeId'])) {
        throw new JiraError(404, ['The issue type does not exist or you do not have permission to see it.']);
      }
      const own = site.project.fields
        .filter((field) => field.onScreens && (field.id !== 'reporter' || may(account, 'MODIFY_REPORTER')))
        .map((field) => fieldMetaJson(renderer, field.id, field.required === true));
      const system = [
        { id: 'project', name: 'Project' },
        { id: 'issuetype', name: 'Issue Type' },
      ].map(({ id, name }) => ({
        required: true,
        schema: { type: id, system: id },
        name,
        key: id,
        fieldId: id,
        hasDefaultValue: false,
        operations: ['set'],
        allowedValues: id === 'project' ? [projectJson(renderer)] : issueTypes(),
      }));
      return metaPage(query, dialect.metaList.fields, [...system, ...own]);
    },
  );

  function metaPage(query: Readonly<Record<string, string>>, list: string, all: readonly Json[]) {
    const { startAt, maxResults } = pageOf(query, 50);
    const end = startAt + maxResults;
    const isLast = isCloud ? {} : { isLast: end >= all.length };
    const body = { startAt, maxResults, total: all.length, ...isLast, [list]: all.slice(startAt, end) };
    return { status: 200, body };
  }
}

/** Lists that Data Center does not have. */
function addCloudLists(http: Http, { site }: State, renderer: Renderer): void {
  http.route('get', '/project/search', ({ account, query }) => {
    const { startAt, maxResults } = pageOf(query, 50);
    const all = canBrowse(account) ? [projectJson(renderer)] : [];
    const values = all.slice(startAt, startAt + maxResults);
    return { status: 200, body: { startAt, maxResults, total: all.length, isLast: true, values } };
  });

  http.route('get', '/statuses/search', ({ account, query }) => {
    if (!may(account, 'ADMINISTER_PROJECTS'))
      throw new JiraError(403, ['You do not have permission to administer this project.']);
    const { startAt, maxResults } = pageOf(query, 200);
    const all = site.workflow.statuses.filter((each) =>
      each.name.toLowerCase().includes((query['searchString'] ?? '').toLowerCase()),
    );
    const categories: Readonly<Record<Status['category'], string>> = {
      new: 'TODO',
      indeterminate: 'IN_PROGRESS',
      done: 'DONE',
    };
    const values = all.slice(startAt, startAt + maxResults).map(({ id, name, category }) => ({
      id,
      name,
      statusCategory: categories[category],
      description: '',
      scope: { type: 'GLOBAL' },
    }));
    const isLast = startAt + values.length >= all.length;
    const self = `${renderer.base}/rest/api/${renderer.dialect.api}/statuses/search?startAt=${startAt}&maxResults=${maxResults}`;
    return { status: 200, body: { self, startAt, maxResults, total: all.length, isLast, values } };
  });
}
