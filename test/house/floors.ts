/** Which floor a file is on, and which imports a floor allows: the table of the house. Imports go down only. */
export type Place = { floor: number; family: string };

/** Interfaces of floor 1 that the service may know; implementations are picked on floor 5. */
export const heads = [
  'runners/engine.ts',
  'runners/plan.ts',
  'runners/execute.ts',
  'runners/host-program/client.ts',
  'runners/transport/host.ts',
  'runners/repository/repository.ts',
  'src/store/store.ts',
  'src/queue/queue.ts',
];

/**
 * The rooms of the service and what each may import of the others; what lies in none is for all of them, and `service.ts`, which offers
 * them to the floors above, imports them all.
 */
export const serviceRooms: Readonly<Record<string, readonly string[]>> = {
  backups: [],
  people: [],
  standing: [],
  audit: [],
  health: ['audit'],
  runs: ['backups', 'people', 'standing'],
  asking: ['backups', 'runs'],
  approvals: ['backups', 'people', 'runs'],
  schedules: ['asking', 'standing'],
  keeping: ['asking', 'backups', 'people'],
  views: ['approvals', 'people', 'runs'],
  upkeep: ['approvals', 'backups', 'health', 'people', 'runs', 'schedules'],
};

const log = 'src/log.ts';

const rooms: { pattern: RegExp; floor: number; family: string }[] = [
  { pattern: /^src\/domain\//, floor: 0, family: 'domain' },
  { pattern: /^config\//, floor: 1, family: 'config' },
  { pattern: /^runners\//, floor: 1, family: 'runners' },
  { pattern: /^src\/store\//, floor: 1, family: 'store' },
  { pattern: /^src\/queue\//, floor: 1, family: 'queue' },
  { pattern: /^src\/definitions\//, floor: 1, family: 'definitions' },
  { pattern: /^src\/service\//, floor: 2, family: 'service' },
  { pattern: /^commands\//, floor: 3, family: 'commands' },
  { pattern: /^src\/fronts\/([^/]+)\//, floor: 4, family: 'fronts' },
  // Like a front it may know the service, and no front: what fronts look at is handed in by app.
  { pattern: /^src\/health\//, floor: 4, family: 'health' },
  {
    pattern:
      /^src\/(app\.ts|database\.ts|listen\.ts|machines\.ts|main\.ts|host-install\.ts|processes\.ts|freshet\.js)$/,
    floor: 5,
    family: 'top',
  },
  { pattern: /^src\/audit\//, floor: 5, family: 'audit' },
  { pattern: /^src\/init\//, floor: 5, family: 'init' },
  { pattern: /^src\/sandbox\//, floor: 5, family: 'sandbox' },
];

/** The place of a file of the product; undefined for a file that has none (every file must have one). */
export function placeOf(path: string): Place | undefined {
  if (path === log) return { floor: 0, family: 'log' };
  for (const { pattern, floor, family } of rooms) {
    const match = pattern.exec(path);
    if (match) return { floor, family: match[1] && family === 'fronts' ? `fronts/${match[1]}` : family };
  }
  return undefined;
}

// The service and the commands reach the world through heads only, never through a client of their own.
const clients = [
  '@slack/bolt',
  '@slack/web-api',
  'jira.js',
  'bullmq',
  'ioredis',
  'pg',
  'mysql2',
  'kysely',
  'ssh2',
  'express',
  'prom-client',
];

/** Why `from` may not import `to` (a path of the repository, or a package), or undefined where it may. */
export function refusal(from: string, to: string): string | undefined {
  const place = placeOf(from);
  if (!place) return 'lies in no room of the house';
  if (!isPath(to)) return packageRefusal(place, to);
  if (to === from || place.floor === 5)
    return /^(test|bench)\//.test(to) ? 'tests are imported by tests only' : undefined;
  if (to === 'package.json') return undefined;
  const target = placeOf(to);
  if (!target) return `"${to}" lies in no room of the house`;
  if (target.family === 'log')
    return place.family === 'domain' ? 'the domain is pure and does not log' : undefined;
  if (target.family === place.family) return place.family === 'service' ? roomRefusal(from, to) : undefined;
  if (place.family === 'log') return 'the logger knows nobody';
  if (target.floor > place.floor) return `floor ${place.floor} imports floor ${target.floor}`;
  if (target.floor === place.floor) return `"${place.family}" imports its sibling "${target.family}"`;
  if (target.floor === 0) return undefined;
  if (target.floor !== 1) return undefined;
  if (place.floor !== 2) return `only the service, and app, may import floor 1`;
  return heads.includes(to) ? undefined : 'the service may import the heads of floor 1 only';
}

function roomRefusal(from: string, to: string): string | undefined {
  if (from === 'src/service/service.ts') return undefined;
  const [mine, theirs] = [from, to].map((path) => /^src\/service\/([^/]+)\//.exec(path)?.[1]);
  if (theirs === undefined || theirs === mine) return undefined;
  if (mine === undefined) return `what is for all rooms of the service knows none, and "${theirs}" is one`;
  const allowed = serviceRooms[mine];
  if (allowed === undefined) return `"${mine}" is no room of the service`;
  return allowed.includes(theirs) ? undefined : `"${mine}" imports "${theirs}", which it may not know`;
}

function packageRefusal(place: Place, name: string): string | undefined {
  if (place.family === 'domain' && !['zod', 'croner', 'node:crypto'].includes(name))
    return 'the domain imports zod and croner only: what neither reads, writes nor waits';
  if ((place.floor === 2 || place.floor === 3) && clients.includes(name)) {
    return `"${name}" is a client of the world outside: floor ${place.floor} reaches it through a head`;
  }
  return undefined;
}

function isPath(to: string): boolean {
  return (
    /^(src|config|runners|commands|test|bench)\//.test(to) || to === 'package.json' || to.startsWith('..')
  );
}
