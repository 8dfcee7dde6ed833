import assert from 'node:assert/strict';
import type { Part } from '../../src/sandbox/page/parts.ts';
import { databasesPart } from '../../src/sandbox/page/databases/part.ts';
import type { DatabasesState } from '../../src/sandbox/page/databases/state.ts';
import { dana } from '../../src/sandbox/cast.ts';
import { createStage } from '../../src/sandbox/story/stage.ts';
import { playStory } from '../../src/sandbox/story/story.ts';
import type { Teller } from '../../src/sandbox/story/teller.ts';
import { checkInvariants } from '../rig/invariants.ts';
import { startMs, startRig, stopRigs, type Rig } from '../rig/rig.ts';
import { backupIn, contentAfter } from '../rig/targets.ts';
import { needs } from '../skip.ts';

type Claim = { scene: string; what: string; holds: boolean; detail?: string };

/** Keeps what is claimed, and what was shown, for the message of a test that fails. */
function listener() {
  const claims: Claim[] = [];
  const told: string[] = [];
  const scenes: string[] = [];
  const teller: Teller = {
    scene(title) {
      scenes.push(title);
      told.push(`\n${title}`);
    },
    deed: (who, what) => void told.push(`${who} > ${what}`),
    shown: (title, text) => void told.push(`[${title}]\n${text}`),
    line: (text) => void told.push(text),
    claim(what, holds, detail) {
      claims.push({ scene: scenes.at(-1) ?? '', what, holds, ...(detail === undefined ? {} : { detail }) });
      told.push(`${holds ? 'holds' : 'DOES NOT HOLD'}: ${what}`);
    },
    result: () => ({
      passed: claims.filter(({ holds }) => holds).length,
      failed: claims.filter(({ holds }) => !holds).length,
    }),
  };
  return { teller, claims, scenes, told };
}

describe('the story of a refresh, from the slash command to the swap', function () {
  this.timeout(600_000);
  let rig: Rig;
  let pane: Part<'databases'>;

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server', 'mariadb-server');
    rig = await startRig({ serve: [], billing: true, catalog: true, takes: true });
    pane = databasesPart(rig.sandbox, rig.store, (fault) => console.error(fault));
    await looked(({ environments }) => {
      const all = environments.flatMap(({ databases }) => databases);
      return all.length > 0 && all.every(({ now }) => now !== undefined);
    });
  });
  after(async () => {
    await pane?.close?.();
    await stopRigs();
  });

  /** What the page's pane of databases shows, once it shows what is wanted. */
  function looked(wanted: (state: DatabasesState) => boolean): Promise<DatabasesState> {
    return new Promise((resolve) => {
      const look = async () => {
        const state = await pane.state(dana);
        if (!wanted(state)) return;
        stop();
        resolve(state);
      };
      const stop = pane.onChange(() => void look());
    });
  }

  it('holds in every claim, and leaves nothing that must not be', async () => {
    const { teller, claims, scenes, told } = listener();
    try {
      await playStory(createStage(rig.sandbox, rig.store, teller));
    } catch (error) {
      throw new Error(`The story stopped:\n${told.slice(-40).join('\n')}\n${String(error)}`, {
        cause: error,
      });
    }
    const broken = claims.filter(({ holds }) => !holds);
    assert.deepEqual(broken, [], told.slice(-60).join('\n'));
    assert.ok(scenes.length >= 9, `${scenes.length} scenes`);
    assert.ok(claims.length >= 20, `${claims.length} claims`);
    const backup = await backupIn(rig, 'anonymised', '.dump');
    await checkInvariants(rig, {
      targets: {
        orders_uat: [await contentAfter(rig, backup, 'uat')],
        orders_ci: [await contentAfter(rig, backup, 'ci')],
      },
    });
  });

  it('is to be seen in the page: each database, what is in it now and was before, and who is connected', async () => {
    const session = await rig.sandbox.hosts.hosts['test-db'].connect('billing_ci');
    const placesOf = ({ environments }: DatabasesState) =>
      environments.flatMap(({ name, databases }) =>
        databases.map((one) => ({ ...one, place: `${one.name} of ${name}` })),
      );
    const shown = placesOf(
      await looked((state) => {
        const all = placesOf(state);
        // What could not be read in time is read in the next round.
        return all.every(({ now }) => now !== undefined) && all.some(({ sessions }) => sessions.length > 0);
      }),
    );
    await session.end();
    assert.equal(
      shown.map(({ place }) => place).join(),
      'orders of uat,billing of uat,catalog of uat,orders of ci,billing of ci,catalog of ci,orders of dev,' +
        'orders of production,billing of production,catalog of production',
    );
    for (const { place, now, closed } of shown) {
      assert.equal(closed, false, place);
      assert.equal(now?.rows.length, 5, place);
      assert.equal(now.rows[0]!.cells.length, now.headings.length, place);
    }
    const of = (place: string) => shown.find((one) => one.place === place)!;
    const { items } = (await rig.store.requests.get(of('billing of ci').holds!.request as `REQ-${number}`))!;
    for (const { database, backup } of items) {
      const { holds, before, now } = of(`${database} of ci`);
      assert.equal(holds?.backup, backup!.id);
      assert.notDeepEqual(before?.sample?.counts, now?.counts, database);
    }
    for (const place of ['billing of ci', 'catalog of ci'])
      assert.equal(of(place).before?.sample?.rows.length, 5, `${place}, seen while it was live`);
    const { now, before } = of('catalog of uat');
    for (const sample of [now, before?.sample])
      assert.equal(sample?.rows.filter(({ isCase }) => isCase).length, 2, 'accounts of testers are kept');
    assert.equal(now?.counts.find(({ what }) => what === 'mails queued')?.count, 0);
    assert.ok(Number(before?.sample?.counts.find(({ what }) => what === 'mails queued')?.count) > 0);
    assert.deepEqual(
      shown.filter(({ sessions }) => sessions.length > 0).map(({ place }) => place),
      ['billing of ci'],
    );
    assert.equal(of('billing of uat').holds, undefined, 'nothing was put there');
  });
});
