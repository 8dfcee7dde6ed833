import { find } from '../src/sandbox/setup.mjs';

/** Where the reason of a skip is kept on mocha's test, hook or suite; `test/run/reporter.mjs` reads it. */
const key = Symbol.for('freshet.skip-reason');

/** Ends the running test (or, from a hook, its suite) as skipped. The runner prints the reason and counts it; a skip
 *  without one is a failure. Call it with the mocha context: `skip(this, 'needs root')`. Never returns. */
export function skip(context: Mocha.Context, reason: string): never {
  // In `before` the skip is of the whole suite, in `beforeEach` of the test to come, else of the test itself.
  const running = context.test;
  let bearer: object | undefined = running;
  if (running?.title.startsWith('"before all"')) bearer = running.parent;
  if (running?.title.startsWith('"before each"')) bearer = context.currentTest;
  if (bearer) Reflect.set(bearer, key, reason);
  return context.skip();
}

/** Skips where the machine lacks something that set-up could not install; names as in `src/sandbox/setup/needs.mjs`.
 *  `before(function () { needs(this, 'postgresql', 'openssh-server'); })` */
export function needs(context: Mocha.Context, ...names: string[]): void {
  const missing = names.filter((name) => !find(name));
  if (missing.length > 0) skip(context, `not installed: ${missing.join(', ')}`);
}

/** Skips where the tests don't run as root. */
export function needsRoot(context: Mocha.Context): void {
  if (process.getuid?.() !== 0) skip(context, 'needs root');
}
