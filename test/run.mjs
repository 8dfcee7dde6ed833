// @ts-check
// `npm test [-- path-or-pattern]`: plain JavaScript, because it sets up node_modules first.
import { orRefuse } from '../src/sandbox/setup.mjs';
import { runSuite } from './run/suite.mjs';

const limitMs = Number(process.env.FRESHET_TEST_LIMIT_MS ?? 60 * 60_000);

await orRefuse(() => runSuite({ asked: process.argv.slice(2), limitMs }));
