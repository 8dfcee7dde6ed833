import type { Actor, Front, Person } from '../domain/person.ts';
import { frontOf, originText, type RoleSource, type Unasked } from '../domain/role-source.ts';
import { personByJira, personBySlack, personOf, type Site } from '../domain/site.ts';
import type { People, ServiceDeps } from './deps.ts';
import { withLinks } from './links.ts';
import { pause } from './side-by-side.ts';

/** How old what a source said may be: for whatever is shown and asked for. */
export const usualAgeSeconds = 60;
/** The same right before something counts: a decision, and the start of a run. Slack takes 20 such questions a minute. */
export const strictAgeSeconds = 10;

type Asked = { at: number; members?: ReadonlySet<string> };

/** Whoever has to wait for a source, waits for no longer: a form of Slack's lives three seconds. */
const patienceSeconds = { usual: 1.5, strict: 8 };

/** The one place that knows who people are now: their roles by the site file and by its sources. */
export function openPeople(
  deps: Pick<ServiceDeps, 'site' | 'store' | 'roleMembers' | 'now' | 'log'>,
): People {
  const { site: file } = deps;
  const sources = file.roleSources ?? [];
  const known = new Map<RoleSource, Asked>();
  const asking = new Map<RoleSource, Promise<void>>();

  function ask(source: RoleSource): Promise<void> {
    const under = asking.get(source);
    if (under !== undefined) return under;
    const at = deps.now().getTime();
    const asked = (deps.roleMembers?.(source) ?? Promise.reject(new Error('nobody asks role sources here')))
      .then(
        (members) => void known.set(source, { at, members: new Set(members) }),
        (error: unknown) => {
          deps.log.warn({ err: error, role: source.role }, `${originText(source)} could not be asked`);
          // It may have taken longer than an answer is good for.
          known.set(source, { at: deps.now().getTime() });
        },
      )
      .finally(() => asking.delete(source));
    asking.set(source, asked);
    return asked;
  }

  async function membersOf(
    source: RoleSource,
    maxAgeSeconds: number,
  ): Promise<ReadonlySet<string> | undefined> {
    const fits = (asked: Asked | undefined): asked is Asked => {
      // An answer counts for as long as it is young enough, a failure only until it is worth asking again.
      const limit = asked?.members === undefined ? strictAgeSeconds : maxAgeSeconds;
      return asked !== undefined && ageOf(asked) <= Math.min(limit, maxAgeSeconds);
    };
    const before = known.get(source);
    if (fits(before)) {
      // Asked again before it is too old, so that hardly anybody waits for it.
      if (ageOf(before) > usualAgeSeconds / 2) void ask(source);
      return before.members;
    }
    const waiting = new AbortController();
    const patience = maxAgeSeconds >= usualAgeSeconds ? patienceSeconds.usual : patienceSeconds.strict;
    await Promise.race([ask(source), pause(patience, waiting.signal)]);
    waiting.abort();
    const after = known.get(source);
    return fits(after) ? after.members : undefined;
  }

  function ageOf({ at }: Asked): number {
    return Math.abs(deps.now().getTime() - at) / 1000;
  }

  return {
    file,
    async site(maxAgeSeconds = usualAgeSeconds) {
      const site = withLinks(file, await deps.store.links.all());
      if (sources.length === 0) return site;
      const answers = await Promise.all(
        sources.map(async (source) => ({ source, members: await membersOf(source, maxAgeSeconds) })),
      );
      return {
        ...site,
        people: Object.fromEntries(
          Object.entries(site.people).map(([id, person]) => [id, withRoles(person, answers)]),
        ),
        unasked: answers.flatMap(({ source, members }): Unasked[] =>
          members === undefined ? [{ role: source.role, source: originText(source) }] : [],
        ),
      };
    },
  };
}

function withRoles(
  person: Person,
  answers: readonly { source: RoleSource; members: ReadonlySet<string> | undefined }[],
): Person {
  const held = answers.flatMap(({ source, members }) => {
    const id = idOver(person, frontOf(source));
    return id !== undefined && members?.has(id) === true ? [source.role] : [];
  });
  return held.length === 0 ? person : { ...person, roles: [...new Set([...person.roles, ...held])] };
}

function idOver(person: Person, front: 'slack' | 'jira'): string | undefined {
  return front === 'slack' ? person.slackUserId : person.jiraAccountId;
}

/** The same deps with the site as the people are now; those of the site file where nobody resolves them. */
export async function withPeople(
  deps: ServiceDeps,
  maxAgeSeconds: number = usualAgeSeconds,
): Promise<ServiceDeps> {
  return deps.people === undefined ? deps : { ...deps, site: await deps.people.site(maxAgeSeconds) };
}

/** The actor with the roles of this site. Somebody who is not in it any more has none. */
export function actorIn(site: Site, actor: Actor): Actor {
  return { ...actor, person: personOf(site, actor.person.id) ?? { ...actor.person, roles: [] } };
}

/** The person who has this id over a front, with the roles of now. Undefined: unknown, and the answer is no. */
export async function personOver(
  deps: ServiceDeps,
  front: Extract<Front, 'slack' | 'jira'>,
  id: string,
): Promise<Person | undefined> {
  const { site } = await withPeople(deps);
  return front === 'slack' ? personBySlack(site, id) : personByJira(site, id);
}
