import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { dropDatabase } from '../postgres.ts';
import { emptyModel } from '../rig/request-model.ts';
import { commands } from '../rig/request-commands.ts';
import { openReal } from '../rig/request-workers.ts';
import { seed, span } from './durations.ts';

/** How many stories are made up, and how long one may be. */
const stories = span(8, 400);
const longest = 30;

describe('requests under everything that people, clocks and workers do, in any order', function () {
  this.timeout(span(600, 3600) * 1000);

  it('stand as the rules say after each of it', async () => {
    let [told, performed] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: longest }), async (story) => {
        const real = await openReal();
        try {
          await fc.asyncModelRun(() => ({ model: emptyModel(real.clock.at), real }), story);
          told += 1;
          performed += [...story].length;
        } finally {
          await real.paper.close();
          await dropDatabase(real.paper.connectionString);
        }
      }),
      { seed, numRuns: stories, interruptAfterTimeLimit: span(400, 3000) * 1000 },
    );
    assert.ok(performed > told, 'the stories were longer than one command');
  });
});
