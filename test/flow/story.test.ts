import assert from 'node:assert/strict';
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
  this.timeout(180_000);
  let rig: Rig;

  before(async function () {
    this.timeout(startMs);
    needs(this, 'postgresql', 'openssh-server');
    rig = await startRig({ serve: [], billing: true });
  });
  after(stopRigs);

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
});
