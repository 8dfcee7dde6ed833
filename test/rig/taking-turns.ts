import assert from 'node:assert/strict';
import type { Backup } from '../../src/domain/backup.ts';
import type { RequestId } from '../../src/domain/ids.ts';
import type { RequestState } from '../../src/domain/request.ts';
import { otto } from '../../src/sandbox/cast.ts';
import { checkInvariants } from './invariants.ts';
import type { Rig } from './rig.ts';
import type { Vendor } from './vendors.ts';

/** In one of these a run has come to its end. */
export const over: readonly RequestState[] = ['succeeded', 'failed', 'fenced', 'cancelled'];
/** Seconds; for a machine that does much else. */
export const patience = 240;

export type TakingTurns = Awaited<ReturnType<typeof takeTurns>>;

/** Refreshes of one target, each from another backup than the last, so that old and new differ. */
export async function takeTurns(rig: Rig, vendor: Vendor) {
  const load = `${vendor.database}.load`;
  const backups: { backup: Backup; content: string }[] = [];
  for (const backup of await vendor.backups(rig)) {
    backups.push({ backup, content: await vendor.contentAfter(rig, backup) });
  }
  assert.ok(new Set(backups.map(({ content }) => content)).size > 1, 'its backups differ');
  let turn = 0;

  /** Another request, which may have to wait. */
  async function another() {
    turn += 1;
    const { backup, content } = backups[turn % backups.length]!;
    const wish = { databases: [vendor.database], backup: backup.id };
    return { request: await rig.ask(vendor.environment, wish), content };
  }

  async function ask() {
    const asked = await another();
    return { ...asked, run: await rig.runOf(asked.request) };
  }

  /** One whose load has been started and waits. */
  async function inLoad() {
    await rig.tools.close(load);
    const asked = await ask();
    await rig.tools.started(asked.run, load, patience);
    return asked;
  }

  async function endsAs(request: RequestId, state: 'succeeded' | 'failed' | 'fenced') {
    const ended = await rig.until(request, over, patience);
    assert.equal(ended.state, state, JSON.stringify((await rig.store.events.ofRequest(request)).slice(-8)));
  }

  /** Steps of a run whose tools were started, as often as that. */
  async function startsOf(run: string): Promise<string[]> {
    return (await rig.tools.starts()).filter((one) => one.run === run).map(({ step }) => step);
  }

  async function retries(request: RequestId): Promise<void> {
    const before = (await rig.store.requests.get(request))!.state;
    const alert = await rig.stage.alert(request, /Retry/, patience);
    await rig.stage.press(otto, alert, 'retry');
    await rig.until(
      request,
      (['approved', 'running', ...over] as const).filter((state) => state !== before),
    );
  }

  /** All that must hold, and the target is exactly this. */
  const holds = (content: string) => checkInvariants(rig, { [vendor.kept]: { [vendor.live]: [content] } });

  return { load, another, ask, inLoad, endsAs, startsOf, retries, holds };
}
