import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import type { RequestId } from '../../src/domain/ids.ts';
import { passwordFile } from '../../src/sandbox/hosts/accounts.ts';
import { checkInvariants } from './invariants.ts';
import type { Rig } from './rig.ts';
import { backupIn, contentAfter, contentOf } from './targets.ts';
import { until } from '../until.ts';

export const load = 'orders.load';
export const ends = ['succeeded', 'failed', 'fenced', 'cancelled'] as const;

/** Refreshes of `orders` on the test host whose ends are known beforehand. `patience`, in seconds: a machine that does much else is slow. */
export async function targetsOf(rig: Rig, environments: readonly string[], patience: number) {
  const server = () => rig.sandbox.hosts.hosts['test-db'];
  /** Content of each target as it is now, and as a refresh from the newest anonymised backup makes it. */
  const now: Record<string, string> = {};
  const wanted: Record<string, string> = {};
  const backup = await backupIn(rig, 'anonymised', '.dump');
  for (const environment of environments) {
    now[environment] = await contentOf(rig, `orders_${environment}`);
    wanted[environment] = await contentAfter(rig, backup, environment);
  }

  /** It fails with this cause, the operators are told it, and the target is as it was. */
  async function fails(request: RequestId, environment: string, code: string, cause: RegExp): Promise<void> {
    await rig.until(request, ends, patience);
    const events = await rig.store.events.ofRequest(request);
    const failed = events.findLast((event) => event.type === 'run-failed');
    assert.ok(failed?.type === 'run-failed', JSON.stringify(events.slice(-4)));
    assert.equal(failed.code, code, failed.cause);
    assert.match(failed.cause, cause);
    assert.equal(failed.targetTouched, false);
    await rig.stage.alert(request, cause);
    await checkInvariants(rig, { targets: { [`orders_${environment}`]: [now[environment]!] } });
  }

  async function succeeds(request: RequestId, environment: string): Promise<void> {
    const { state: end } = await rig.until(request, ends, patience);
    assert.equal(end, 'succeeded', JSON.stringify((await rig.store.events.ofRequest(request)).slice(-4)));
    now[environment] = wanted[environment]!;
    await checkInvariants(rig, { targets: { [`orders_${environment}`]: [now[environment]] } });
  }

  /** The mend was made: the second attempt succeeds. */
  async function retried(request: RequestId, environment: string): Promise<void> {
    const attempt = (await rig.store.runs.ofRequest(request))?.attempt ?? 0;
    await rig.answer(`retry ${request}`);
    await until('a further attempt', async () => {
      const run = await rig.store.runs.ofRequest(request);
      return run !== undefined && run.attempt > attempt;
    });
    await succeeds(request, environment);
  }

  /** A run that waits in front of its load. */
  async function untilLoading(environment: string): Promise<{ request: RequestId; run: string }> {
    await rig.tools.close(load);
    const request = await rig.ask(environment);
    const run = await rig.runOf(request);
    await rig.tools.started(run, load, patience);
    return { request, run };
  }

  const loads = async (run: string) =>
    (await rig.tools.starts()).filter((one) => one.run === run && one.step.startsWith(load)).length;

  async function value<T>(database: string, sql: string): Promise<T | undefined> {
    const client = await server().connect(database);
    try {
      const { rows } = await client.query<{ value: T }>(sql);
      return rows[0]?.value;
    } finally {
      await client.end();
    }
  }

  async function application(environment: string): Promise<Client> {
    const user = `shop_${environment}_app`;
    const password = (await readFile(passwordFile(server().root, user), 'utf8')).trim();
    const client = new Client({
      host: '127.0.0.1',
      port: server().pgPort,
      user,
      password,
      database: `orders_${environment}`,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  return { now, fails, succeeds, retried, untilLoading, loads, value, application };
}
