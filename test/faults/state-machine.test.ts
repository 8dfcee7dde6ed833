import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { dropDatabase } from '../postgres.ts';
import { emptyModel } from '../rig/request-model.ts';
import { commands, openReal } from '../rig/request-commands.ts';
import { seed, span } from './durations.ts';

/** How many stories are made up, and how long one may be. */
const stories = span(8, 400);
const longest = 30;

describe('requests under everything that people, clocks and workers do, in any order', function () {
  this.timeout(span(120, 3600) * 1000);

  it('stand as the rules say after each of it', async () => {
    let performed = 0;
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: longest }), async (story) => {
        const real = await openReal();
        try {
          await fc.asyncModelRun(() => ({ model: emptyModel(real.clock.at), real }), story);
          performed += [...story].length;
        } finally {
          await real.paper.close();
          await dropDatabase(real.paper.connectionString);
        }
      }),
      { seed, numRuns: stories, interruptAfterTimeLimit: span(60, 3000) * 1000 },
    );
    assert.ok(performed > stories, 'the stories were longer than one command');
  });
});
