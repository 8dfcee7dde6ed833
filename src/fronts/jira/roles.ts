import { Version3Client } from 'jira.js';
import { oneOf, unavailable, type FreshetError } from '../../domain/errors.ts';
import { RetryAfter } from '../../service/feed.ts';
import { JiraFault } from './api.ts';
import { createCaller } from './call.ts';
import type { ClientOptions } from './cloud.ts';
import { isObject, objectsIn, textIn } from './json.ts';

/** Tells the account ids of the people in a project role. Rejects with `Unavailable` (code `jira-role-silent`) where Jira does not. */
export type Roles = (role: { project: string; name: string }) => Promise<readonly string[]>;

/** Members of a group that Jira tells at once. */
const membersAPage = 50;

/**
 * Project roles of Jira Cloud (REST v3, `/project/{key}/role` and `/project/{key}/role/{id}`; it takes the permission to administer the
 * project). Counted are people who are in the role themselves and those of the groups in it (`/group/member`, which takes the site's
 * "Browse users and groups"). A group that is not told makes the whole role unknown: half of a role is not who has it.
 */
export function openRoles(
  options: Pick<ClientOptions, 'baseUrl' | 'email' | 'token' | 'callSeconds'>,
): Roles {
  const client = new Version3Client({
    host: options.baseUrl,
    authentication: { basic: { email: options.email ?? '', apiToken: options.token } },
    baseRequestConfig: { timeout: options.callSeconds * 1000 },
  });
  const call = createCaller();

  return async ({ project, name }) => {
    try {
      const roles: unknown = await call('read', undefined, () =>
        client.projectRoles.getProjectRoles(project),
      );
      const id = idIn(roles, name);
      if (id === undefined) throw silent(project, name, unknownRole(roles));
      const role: unknown = await call('read', undefined, () =>
        client.projectRoles.getProjectRole({ projectIdOrKey: project, id, excludeInactiveUsers: true }),
      );
      const actors = objectsIn(isObject(role) ? role['actors'] : undefined);
      const told = (key: string, part: string) =>
        actors.map((actor) => textIn(actor, key, part)).filter((each) => each !== '');
      const people = new Set(told('actorUser', 'accountId'));
      for (const group of told('actorGroup', 'groupId')) {
        for (const one of await membersOf(group)) people.add(one);
      }
      return [...people];
    } catch (error) {
      if (error instanceof JiraFault || error instanceof RetryAfter)
        throw silent(project, name, error.message);
      throw error;
    }
  };

  /** Account ids of the active members. */
  async function membersOf(groupId: string): Promise<string[]> {
    const found: string[] = [];
    let startAt = 0;
    for (;;) {
      const page: unknown = await call('read', undefined, () =>
        client.groups.getUsersFromGroup({ groupId, startAt, maxResults: membersAPage }),
      );
      const members = objectsIn(isObject(page) ? page['values'] : undefined);
      found.push(...members.map((member) => textIn(member, 'accountId')).filter((each) => each !== ''));
      // By what came: Jira may give fewer at once than it was asked for.
      startAt += members.length;
      // An empty page ends it as well, whatever it says of itself.
      if (members.length === 0 || !isObject(page) || page['isLast'] !== false) return found;
    }
  }
}

/** The end of a role's address is its id. */
function idIn(roles: unknown, name: string): number | undefined {
  if (!isObject(roles) || !Object.hasOwn(roles, name)) return undefined;
  const [, id] = /\/role\/(\d+)$/.exec(textIn(roles, name)) ?? [];
  return id === undefined ? undefined : Number(id);
}

function unknownRole(roles: unknown): string {
  const names = isObject(roles) ? Object.keys(roles) : [];
  return names.length === 0 ? 'the project has no roles' : `the project has ${oneOf(names)}`;
}

function silent(project: string, name: string, why: string): FreshetError {
  return unavailable(
    'jira-role-silent',
    `Who has the role "${name}" in the Jira project "${project}" is not known: ${why.replace(/\.$/, '')}.`,
    'See that roles in the site file names it as Jira does, and that the bot may administer the project, and browse users and groups where a group is in the role.',
  );
}
