// @ts-check
// `npm run faults [-- --seed N --duration 10m --only NAME...]`: the tests of `test/faults/` in their long form.
import { orRefuse } from '../src/sandbox/setup.mjs';
import { faultsAsked } from './run/faults.mjs';
import { runSuite } from './run/suite.mjs';

await orRefuse(async () => {
  const asked = faultsAsked(process.argv.slice(2));
  if ('help' in asked) {
    console.log(asked.help);
    return;
  }
  const { seed, seconds, files } = asked;
  await runSuite({
    asked: files,
    // The others have their hour; the nemesis has its time, and its end.
    limitMs: Number(process.env.FRESHET_TEST_LIMIT_MS ?? (2 * seconds + 60 * 60) * 1000),
    env: {
      FRESHET_FAULTS: 'long',
      FRESHET_FAULTS_SEED: String(seed),
      FRESHET_FAULTS_SECONDS: String(seconds),
    },
    about: `Faults with seed ${seed}; the nemesis goes on for ${seconds} s.`,
  });
});
