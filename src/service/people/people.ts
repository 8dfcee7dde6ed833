import type { Actor, Front, Person } from '../../domain/person.ts';
import { frontOf, originText, type RoleSource, type Unasked } from '../../domain/role-source.ts';
import { personByJira, personBySlack, personOf, type Site } from '../../domain/site.ts';
import type { Freshness, People, ServiceDeps } from '../deps.ts';
import { withLinks } from './links.ts';
import { pause } from '../side-by-side.ts';

/** For whatever is shown and asked for. */
const usual = { maxAgeSeconds: 60 } as const;
/** For what is about to start, again and again until it does. Slack takes 20 such questions a minute. */
export const strict = { maxAgeSeconds: 10 } as const;

/** Questions are numbered by when they began: a clock could be set back. */
type Asked = { number: number; at: number; members?: ReadonlySet<string> };

/** Whoever has to wait for a source, waits for no longer: a form of Slack's lives three seconds. */
const patienceSeconds = { usual: 1.5, strict: 8 };
/** Questions that have to begin anew are one, begun when the one under way ends, or after so long: that one may hang. */
const gatheringSeconds = 1;

/** The one place that knows who people are now: their roles by the site file and by its sources. */
export function openPeople(
  deps: Pick<ServiceDeps, 'site' | 'store' | 'roleMembers' | 'now' | 'log'>,
): People {
  const { site: file } = deps;
  const sources = file.roleSources ?? [];
  const known = new Map<RoleSource, Asked>();
  const asking = new Map<RoleSource, Promise<void>>();
  const next = new Map<RoleSource, Promise<void>>();
  let begun = 0;

  /** The question that is under way, or one that begins now. */
  function ask(source: RoleSource): Promise<void> {
    return asking.get(source) ?? begin(source);
  }

  /** A question that begins after this call; all share it who call before it does. */
  function askAnew(source: RoleSource): Promise<void> {
    const under = asking.get(source);
    if (under === undefined) return begin(source);
    const shared = next.get(source) ?? gathered(source, under);
    next.set(source, shared);
    return shared;
  }

  async function gathered(source: RoleSource, under: Promise<void>): Promise<void> {
    const waiting = new AbortController();
    await Promise.race([under, pause(gatheringSeconds, waiting.signal)]);
    waiting.abort();
    next.delete(source);
    await begin(source);
  }

  function begin(source: RoleSource): Promise<void> {
    const number = ++begun;
    const at = deps.now().getTime();
    const asked = (deps.roleMembers?.(source) ?? Promise.reject(new Error('nobody asks role sources here')))
      .then(
        (members) => learn(source, { number, at, members: new Set(members) }),
        (error: unknown) => {
          deps.log.warn({ err: error, role: source.role }, `${originText(source)} could not be asked`);
          // It may have taken longer than an answer is good for.
          learn(source, { number, at: deps.now().getTime() });
        },
      )
      .finally(() => {
        if (asking.get(source) === asked) asking.delete(source);
      });
    asking.set(source, asked);
    return asked;
  }

  /** What was asked earlier and answered later is old already. */
  function learn(source: RoleSource, asked: Asked): void {
    if (asked.number > (known.get(source)?.number ?? 0)) known.set(source, asked);
  }

  async function membersOf(
    source: RoleSource,
    freshness: Freshness,
  ): Promise<ReadonlySet<string> | undefined> {
    const before = begun;
    const fits = (asked: Asked | undefined): asked is Asked => {
      if (asked === undefined) return false;
      if (freshness === 'anew') return asked.number > before;
      const { maxAgeSeconds, notBefore } = freshness;
      // An answer counts for as long as it is young enough, a failure only until it is worth asking again.
      const limit = asked.members === undefined ? strict.maxAgeSeconds : maxAgeSeconds;
      if (notBefore !== undefined && asked.at < notBefore.getTime()) return false;
      return ageOf(asked) <= Math.min(limit, maxAgeSeconds);
    };
    const earlier = known.get(source);
    if (fits(earlier)) {
      // Asked again before it is too old, so that hardly anybody waits for it.
      if (ageOf(earlier) > usual.maxAgeSeconds / 2) void ask(source);
      return earlier.members;
    }
    const looksOnly = freshness !== 'anew' && freshness.maxAgeSeconds >= usual.maxAgeSeconds;
    const mayJoin = freshness !== 'anew' && freshness.notBefore === undefined;
    const waiting = new AbortController();
    await Promise.race([
      mayJoin ? ask(source) : askAnew(source),
      pause(looksOnly ? patienceSeconds.usual : patienceSeconds.strict, waiting.signal),
    ]);
    waiting.abort();
    const after = known.get(source);
    return fits(after) ? after.members : undefined;
  }

  function ageOf({ at }: Asked): number {
    return Math.abs(deps.now().getTime() - at) / 1000;
  }

  return {
    file,
    async site(freshness = usual) {
      const site = withLinks(file, await deps.store.links.all());
      if (sources.length === 0) return site;
      const answers = await Promise.all(
        sources.map(async (source) => ({ source, members: await membersOf(source, freshness) })),
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
export async function withPeople(deps: ServiceDeps, freshness: Freshness = usual): Promise<ServiceDeps> {
  return deps.people === undefined ? deps : { ...deps, site: await deps.people.site(freshness) };
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
