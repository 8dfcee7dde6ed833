import { randomInt } from 'node:crypto';
import { draw } from '../rig/draw.ts';

const isLong = process.env.FRESHET_FAULTS === 'long';

/** The short form in `npm test`, the long one in `npm run faults`; seconds, or how often. */
export function span(short: number, long: number): number {
  return isLong ? long : short;
}

/** What random faults and requests are drawn from: the same seed gives the same ones. Said when a test fails. */
export const seed = whole('FRESHET_FAULTS_SEED') ?? randomInt(2 ** 31);

/** Cases that the short form leaves out; `test/run/reporter.mjs` reads how many. */
const left = Symbol.for('freshet.left-to-the-long-form');
/** Each draw from another number, or what is drawn of two lists would always go together. */
let draws = 0;

/** Cases of one kind: in the short form so many of them, drawn by the seed, in the long form all. */
export function some<T>(all: readonly T[], count: number): readonly T[] {
  if (isLong) return all;
  leaveOut(Math.max(0, all.length - count));
  return draw(all, count, seed + (draws += 1));
}

/** A test of what another one, or another draw, already stands for: in the short form it is left out. */
export function inLongForm(title: string, test: Mocha.AsyncFunc): void {
  if (isLong) it(title, test);
  else leaveOut(1);
}

function leaveOut(cases: number): void {
  Reflect.set(globalThis, left, (Number(Reflect.get(globalThis, left)) || 0) + cases);
}

/** For how long the nemesis strikes. */
export const nemesisSeconds = span(15, whole('FRESHET_FAULTS_SECONDS') ?? 600);

function whole(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`${name} is "${text}"; expected a whole number`);
  return Number(text);
}

// A root hook: it looks at every test of a process that draws from the seed.
afterEach(function () {
  if (this.currentTest?.state !== 'failed') return;
  const form = isLong ? 'FRESHET_FAULTS=long ' : '';
  console.log(`To repeat it: ${form}FRESHET_FAULTS_SEED=${seed} npx mocha --spec ${this.currentTest.file}`);
});
