import assert from 'node:assert/strict';
import { Client } from 'pg';
import type { Event } from '../../src/domain/event.ts';
import { isOver, type Request } from '../../src/domain/request.ts';
import type { ContentOptions } from '../../src/sandbox/hosts/content-hash.ts';
import { players } from '../../src/sandbox/cast.ts';
import { hashOf } from '../../src/sandbox/story/database.ts';
import { storyFaults } from './history.ts';
import { leftOnHosts, type Refusal } from './left-on-hosts.ts';
import type { Rig } from './rig.ts';
import { onServer, schemaContent } from './schemas.ts';
import { canaries, type Forbidden, leaksIn, secretsOf } from './secrets.ts';
import { until } from '../until.ts';

export type Expectation = {
  /** Database on the test server -> the content hashes it may have; the old one and the new one, or just one of them. */
  targets?: Readonly<Record<string, readonly string[]>>;
  /** The same of schemas on the test host's MariaDB. */
  schemas?: Readonly<Record<string, readonly string[]>>;
  /** What of a database counts, as for the hashes in `targets`. Default: everything. */
  content?: ContentOptions;
  /** When the test host refused us for a while: what a run of then could not clear there stays for a later sweep. */
  refusals?: readonly Refusal[];
  /** Approvers of environments that need an approval. Default: the sandbox's. */
  approvers?: Readonly<Record<string, readonly string[]>>;
};

const sandboxApprovers = { uat: ['quinn'] };

/**
 * What must hold however the test went: each target exactly old, new or fenced; one active run per target at any time;
 * every approved run ended; nothing restored without a valid approval; events complete; nothing half-made left on the hosts;
 * no secret and no row of production in Slack, Jira, logs or the process table; no process warns of listeners that leak.
 */
export async function checkInvariants(rig: Rig, expected: Expectation): Promise<void> {
  const faults = [
    ...(await targetFaults(rig, expected)),
    ...(await schemaFaults(rig, expected)),
    ...(await storeFaults(rig, { ...sandboxApprovers, ...expected.approvers })),
    ...(await leftOnHosts(rig, expected.refusals)),
    ...(await leaks(rig)),
    ...(await warnings(rig)),
  ];
  assert.deepEqual(faults, [], `${faults.join('\n')}\n${(await rig.logs()).slice(-4000)}`);
}

async function targetFaults(rig: Rig, { targets = {}, content }: Expectation): Promise<string[]> {
  const faults: string[] = [];
  const server = await rig.sandbox.hosts.hosts['test-db'].connect('postgres');
  try {
    for (const [name, hashes] of Object.entries(targets)) {
      const { rows } = await server.query<{ open: boolean }>(
        'select datallowconn as open from pg_database where datname = $1',
        [name],
      );
      const [row] = rows;
      if (row === undefined) faults.push(`${name} is not there`);
      else if (row.open) {
        const { hash } = await hashOf(rig.sandbox, name, content);
        if (!hashes.includes(hash)) faults.push(`${name} is neither the old nor the new one`);
      } else if (!(await isFlagged(rig, name))) faults.push(`${name} is closed and no request says so`);
    }
  } finally {
    await server.end();
  }
  return faults;
}

async function schemaFaults(rig: Rig, { schemas = {} }: Expectation): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, hashes] of Object.entries(schemas)) {
    // Closed is one whose tables have names that nobody looks for.
    const isClosed = await onServer(rig, async (server) => {
      const [rows] = await server.query('SHOW FULL TABLES FROM ?? LIKE ?', [name, 'freshet %']);
      return (rows as unknown[]).length > 0;
    });
    if (isClosed) {
      if (!(await isFlagged(rig, name))) faults.push(`${name} is closed and no request says so`);
    } else if (!hashes.includes(await schemaContent(rig, name))) {
      faults.push(`${name} is neither the old nor the new one`);
    }
  }
  return faults;
}

async function isFlagged(rig: Rig, databaseName: string): Promise<boolean> {
  const { requests } = await rig.store.requests.list({ states: ['fenced'] }, { limit: 1000, offset: 0 });
  return requests.some(({ items }) => items.some((item) => item.databaseName === databaseName));
}

async function storeFaults(
  rig: Rig,
  approvers: Readonly<Record<string, readonly string[]>>,
): Promise<string[]> {
  const { requests } = await rig.store.requests.list({}, { limit: 10_000, offset: 0 });
  const faults: string[] = [];
  const all: Event[] = [];
  for (const request of requests) {
    const events = await rig.store.events.ofRequest(request.id);
    all.push(...events);
    if (request.state === 'approved' || request.state === 'running')
      faults.push(`${request.id} is ${request.state}; every approved run must have ended`);
    faults.push(...storyFaults(request, events), ...(await approvalFaults(rig, request, events, approvers)));
  }
  const fenced = new Set(requests.filter(({ state }) => state === 'fenced').map(({ id }) => id));
  for (const run of await rig.store.runs.active())
    if (!fenced.has(run.request)) faults.push(`run ${run.id} is active`);
  faults.push(...overlaps(all, requests), ...(await unread(rig)));
  return faults;
}

/** Promise 3: what ran had a valid approval of exactly what ran, by somebody who may give it. */
async function approvalFaults(
  rig: Rig,
  request: Request,
  events: readonly Event[],
  approvers: Readonly<Record<string, readonly string[]>>,
): Promise<string[]> {
  if (!events.some(({ type }) => type === 'run-started')) return [];
  const given = (await rig.store.approvals.of(request.id)).filter(
    (one) => one.decision === 'approved' && one.voidedAt === undefined && one.digest === request.digest,
  );
  const may = approvers[request.environment];
  const deputies = given.some((one) => one.for !== undefined) ? await delegated(rig) : new Set();
  const valid = given.some((one) => {
    if (may === undefined) return one.front === 'rule';
    // On a protected environment an approver's own undo is approved by rule, a proof, and what somebody broke the glass for, loudly.
    if (one.front === 'rule')
      return (
        request.kind === 'prove' ||
        (request.kind === 'undo' && may.includes(request.requestedBy)) ||
        (request.breakGlass === true && events.some(({ type }) => type === 'glass-broken'))
      );
    if (one.by === undefined || one.by === request.requestedBy) return false;
    if (one.for === undefined) return may.includes(one.by);
    return may.includes(one.for) && deputies.has(`${one.for} to ${one.by}`);
  });
  return valid ? [] : [`${request.id} ran without a valid approval: ${JSON.stringify(given)}`];
}

/** Who has ever given the right to approve to whom: `quinn to otto`. */
async function delegated(rig: Rig): Promise<Set<string>> {
  const pairs = new Set<string>();
  for (let after: string | undefined; ;) {
    const { events, cursor } = await rig.store.events.after(after, 1000);
    for (const event of events)
      if (event.type === 'right-delegated') pairs.add(`${event.actor} to ${event.to}`);
    if (events.length === 0 || cursor === undefined) return pairs;
    after = cursor;
  }
}

/** Promise 2, over the whole history: between the start and the end of a run no other has its target. */
function overlaps(events: readonly Event[], requests: readonly Request[]): string[] {
  const targets = new Map(
    requests.map(({ id, items }) => [
      id,
      items.map(({ server, databaseName }) => `${server}/${databaseName}`),
    ]),
  );
  const holder = new Map<string, string>();
  const faults: string[] = [];
  for (const event of [...events].sort((a, b) => a.id - b.id)) {
    const { request } = event;
    if (request === undefined) continue;
    for (const target of targets.get(request) ?? []) {
      if (event.type === 'run-started') {
        const other = holder.get(target);
        if (other !== undefined && other !== request)
          faults.push(`${request} started on ${target} while ${other} had it`);
        holder.set(target, request);
      } else if (
        // What is fenced keeps its target.
        ['run-succeeded', 'run-failed', 'request-cancelled'].includes(event.type) &&
        holder.get(target) === request
      ) {
        holder.delete(target);
      }
    }
  }
  return faults;
}

/** A subscriber that reads with `after` meets every event there is, once; what others keep back for a moment, a moment later. */
async function unread(rig: Rig): Promise<string[]> {
  const there = await eventNumbers(rig);
  const met: number[] = [];
  const missing = () => there.filter((id) => !met.includes(id));
  let cursor: string | undefined;
  const meetsAll = async () => {
    const page = await rig.store.events.after(cursor, 200);
    cursor = page.cursor;
    met.push(...page.events.map(({ id }) => id));
    return page.events.length === 0 && missing().length === 0;
  };
  const late = await until('every event is met', meetsAll, 60, undefined, 10).then(
    () => [],
    () => [`a subscriber did not meet events ${missing().join(', ')}`],
  );
  return new Set(met).size === met.length ? late : [...late, 'a subscriber met an event twice'];
}

async function eventNumbers(rig: Rig): Promise<number[]> {
  const client = new Client({ connectionString: rig.storeUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ number: string }>('select number from freshet.events');
    return rows.map(({ number }) => Number(number));
  } finally {
    await client.end();
  }
}

/** More listen to one signal than anybody meant to: each of them may be one that is never let go. */
async function warnings(rig: Rig): Promise<string[]> {
  const told = (await rig.logs()).match(/^.*MaxListenersExceededWarning.*(?:\n\s+at .*)*/gm) ?? [];
  return told.map((line) => `a process warns: ${line}`);
}

/** Promise 5. */
async function leaks(rig: Rig): Promise<string[]> {
  const { slack, jira } = rig.sandbox;
  const forbidden: Forbidden[] = [...(await secretsOf(rig.sandbox, rig.storeUrl)), ...canaries()];
  const said = slack
    .channels()
    .flatMap(({ id }) => slack.everything(id))
    .map((one) => JSON.stringify(one));
  const whispered = players
    .flatMap(({ slack: id }) => slack.ephemerals(id))
    .map((one) => JSON.stringify(one));
  // Where nothing was asked for yet there is nothing to look at; else whoever looks must have seen something.
  const { events } = await rig.store.events.after(undefined, 10_000);
  const isAsked = events.some(({ request }) => request !== undefined);
  if (isAsked && said.length + whispered.length === 0)
    return ['nothing was said in Slack, so nothing was looked at'];
  const samples = rig.samples.texts();
  const isLoaded = events.some((event) => event.type === 'step-done' && event.step.endsWith('.load'));
  if (isLoaded && !samples.some((text) => text.includes('FRESHET_MARK=')))
    return ['no step of a run was among the samples of the process table'];
  const logs = await rig.logs();
  if (!logs.includes('Freshet is ready')) return ['the logs do not tell of a start'];
  return [
    ...leaksIn('Slack', [...said, ...whispered].join('\n'), forbidden),
    ...leaksIn('Jira', JSON.stringify(jira.issues()), forbidden),
    ...leaksIn('the logs', logs, forbidden),
    ...leaksIn('the process table', samples.join('\n'), forbidden),
  ];
}

/** For messages of tests: how each request stands. */
export async function standing(rig: Rig): Promise<string> {
  const { requests } = await rig.store.requests.list({}, { limit: 100, offset: 0 });
  return requests.map(({ id, state }) => `${id} ${state}${isOver(state) ? '' : ' (not over)'}`).join(', ');
}
