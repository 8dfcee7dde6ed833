import { randomInt } from 'node:crypto';

const isLong = process.env.FRESHET_FAULTS === 'long';

/** The short form in `npm test`, the long one in `npm run faults`; seconds, or how often. */
export function span(short: number, long: number): number {
  return isLong ? long : short;
}

/** What random faults and requests are drawn from: the same seed gives the same ones. Said when a test fails. */
export const seed = whole('FRESHET_FAULTS_SEED') ?? randomInt(2 ** 31);

/** For how long the nemesis strikes. */
export const nemesisSeconds = span(25, whole('FRESHET_FAULTS_SECONDS') ?? 600);

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
