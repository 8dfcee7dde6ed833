import assert from 'node:assert/strict';
import { pino } from 'pino';
import type { Finding } from '../../../src/domain/probe.ts';
import { watchParts, type Part } from '../../../src/health/parts.ts';
import { readinessOf, readinessText } from '../../../src/health/readiness.ts';
import { until } from '../../until.ts';

const well: Finding = { ok: true, says: 'answers' };

describe('parts that are looked at', function () {
  const stopping: AbortController[] = [];
  const logged: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
  let passedMs = 0;
  beforeEach(() => {
    logged.length = 0;
    passedMs = 0;
  });
  afterEach(() => stopping.splice(0).forEach((one) => one.abort()));

  function part(name: string, look: () => Promise<Finding>, more: Partial<Part> = {}): Part {
    return { probe: { name, run: look }, everySeconds: 0.02, needed: true, ...more };
  }

  function watching(...parts: Part[]) {
    const stop = new AbortController();
    stopping.push(stop);
    const watched = watchParts(parts, log, () => performance.now() + passedMs);
    const ended = watched.watch(stop.signal);
    const of = (name: string) => watched.standings().find((one) => one.part === name)!;
    return { ...watched, of, stop, ended };
  }

  it('are not well before the first look, and say so', () => {
    const { standings } = watchParts([part('store', () => Promise.resolve(well))], log);
    assert.deepEqual(
      standings().map(({ ok, says }) => ({ ok, says })),
      [{ ok: false, says: 'was not looked at yet' }],
    );
  });

  it('turn bad and well again, with the moment at which they did; what failed is in the log and nowhere else', async () => {
    let failure: Error | undefined;
    const watched = watching(
      part('store', () => (failure === undefined ? Promise.resolve(well) : Promise.reject(failure))),
    );
    await until('it is well', () => watched.of('store').ok);
    const since = watched.of('store').since;
    failure = new Error('connect ECONNREFUSED 10.1.2.3:5432 password=hunter2');
    await until('it is not', () => !watched.of('store').ok);
    const bad = watched.of('store');
    assert.equal(bad.says, 'does not answer');
    assert.ok(bad.since >= since);
    const text = readinessText(readinessOf(watched.standings(), { ending: false, named: true }));
    assert.doesNotMatch(text, /10\.1\.2\.3|hunter2|ECONN/);
    assert.match(logged.join(''), /a part is not well/);
    failure = undefined;
    await until('it is well again', () => watched.of('store').ok);
    assert.equal(logged.filter((line) => line.includes('a part is not well')).length, 1, 'said once');
  });

  it('that hang are not well after some seconds, are not asked again meanwhile, and hold up no other', async () => {
    let asked = 0;
    let answer: (found: Finding) => void = () => undefined;
    const watched = watching(
      part('hangs', () => {
        asked += 1;
        return new Promise((resolve) => (answer = resolve));
      }),
      part('goes', () => Promise.resolve(well)),
    );
    await until('the other is seen', () => watched.of('goes').ok);
    await until('the one that hangs is given up', () => /within \d+ s/.test(watched.of('hangs').says));
    assert.equal(watched.of('hangs').ok, false);
    assert.equal(asked, 1);
    answer(well);
    await until('its answer counts when it comes', () => watched.of('hangs').ok);
  });

  it('that were not looked at for long are not well, whatever they were', async () => {
    const watched = watching(part('store', () => Promise.resolve(well), { everySeconds: 10 }));
    await until('it is well', () => watched.of('store').ok);
    passedMs = 30_000;
    assert.equal(watched.of('store').ok, true);
    passedMs = 40_000;
    assert.equal(watched.of('store').ok, false);
    assert.match(watched.of('store').says, /was last looked at \d+ s ago/);
  });

  it('ends when it is told to', async () => {
    const watched = watching(part('store', () => Promise.resolve(well), { everySeconds: 3600 }));
    await until('it is well', () => watched.of('store').ok);
    watched.stop.abort();
    await watched.ended;
  });
});

describe('readiness', () => {
  const at = new Date('2026-11-23T04:00:00Z');
  const standing = (part: string, ok: boolean, needed: boolean) => ({
    part,
    ok,
    needed,
    says: ok ? 'answers' : 'does not answer',
    since: at,
  });
  const how = { ending: false, named: true };

  it('is lost with a part that is needed, and only with one', () => {
    const [store, jira] = [standing('store', true, true), standing('jira', false, false)];
    assert.equal(readinessOf([store, jira], how).ready, true);
    assert.equal(readinessOf([{ ...store, ok: false }, jira], how).ready, false);
    assert.equal(readinessOf([store, jira], { ...how, ending: true }).ready, false);
  });

  it('is JSON with one line for each part', () => {
    const text = readinessText(
      readinessOf([standing('store', true, true), standing('jira', false, false)], how),
    );
    assert.equal(
      text,
      '{"ready":true,"parts":[\n' +
        '  {"part":"store","ok":true,"says":"answers","since":"2026-11-23T04:00:00.000Z","needed":true},\n' +
        '  {"part":"jira","ok":false,"says":"does not answer","since":"2026-11-23T04:00:00.000Z","needed":false}\n' +
        ']}\n',
    );
    assert.equal(JSON.parse(text).parts.length, 2);
  });

  it('counts hosts where the internet may read it, and names them where not', () => {
    const hosts = [standing('host db-secret', false, false), standing('host db-two', true, false)];
    const open = readinessText(
      readinessOf([standing('store', true, true), ...hosts], { ...how, named: false }),
    );
    assert.doesNotMatch(open, /db-secret|db-two/);
    assert.match(open, /"part":"hosts","ok":false,"says":"1 of 2 not well/);
    assert.match(readinessText(readinessOf(hosts, how)), /host db-secret/);
  });
});
