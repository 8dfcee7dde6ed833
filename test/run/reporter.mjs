// @ts-check
// Writes what happens as one JSON object a line into the file named by FRESHET_TEST_REPORT, as it happens: whoever
// reads it after a hang knows which test was running. What tests print stays apart from it, on stdout.
import { appendFileSync } from 'node:fs';

const key = Symbol.for('freshet.skip-reason');
const left = Symbol.for('freshet.left-to-the-long-form');

/**
 * Mocha calls it with `new`.
 * @param {import('mocha').Runner} runner
 */
export default function Reporter(runner) {
  const file = process.env.FRESHET_TEST_REPORT;
  if (!file) throw new Error('FRESHET_TEST_REPORT names no file');
  /** @param {object} event */
  const write = (event) => appendFileSync(file, `${JSON.stringify(event)}\n`);
  runner.on('hook', (hook) => write({ type: 'begin', ...about(hook) }));
  runner.on('test', (test) => write({ type: 'begin', ...about(test) }));
  runner.on('pass', (test) => write({ type: 'pass', ...about(test), ms: test.duration ?? 0 }));
  runner.on('pending', (test) => write({ type: 'skip', ...about(test), reason: reason(test) }));
  runner.on('fail', (test, error) => write({ type: 'fail', ...about(test), error: said(error) }));
  runner.on('end', () => write({ type: 'end', left: Number(Reflect.get(globalThis, left)) || 0 }));
}

/** @param {import('mocha').Runnable} runnable */
function about(runnable) {
  return { file: runnable.file ?? runnable.parent?.file ?? '', title: runnable.fullTitle() };
}

/** @param {import('mocha').Test} test @returns {string | undefined} */
function reason(test) {
  /** @type {import('mocha').Test | import('mocha').Suite | undefined} */
  let bearer = test;
  for (; bearer; bearer = bearer.parent) {
    const given = Reflect.get(bearer, key);
    if (typeof given === 'string' && given.trim() !== '') return given;
  }
  return undefined;
}

/** @param {unknown} error */
function said(error) {
  if (!(error instanceof Error)) return String(error);
  const parts = [error.stack ?? error.message];
  // Node's own assertions tell the difference in the message, unless the test gave one.
  const told = 'generatedMessage' in error && error.generatedMessage === true;
  if (!told && 'expected' in error && 'actual' in error && error.actual !== undefined) {
    parts.push(`expected: ${shown(error.expected)}`, `actual:   ${shown(error.actual)}`);
  }
  if (error.cause instanceof Error) parts.push(`caused by: ${error.cause.stack ?? error.cause.message}`);
  return parts.join('\n');
}

/** @param {unknown} value */
function shown(value) {
  try {
    return (typeof value === 'string' ? value : JSON.stringify(value, null, 2)).slice(0, 2000);
  } catch {
    return String(value);
  }
}
