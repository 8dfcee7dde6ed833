import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { call } from '../../../runners/call.ts';
import { type CallStep, hookSteps, type Plan } from '../../../runners/plan.ts';
import type { Hook } from '../../../src/domain/hook.ts';
import { hookTarget } from '../../rig/hook-target.ts';
import { until } from '../../until.ts';
import { planOf, run, Scripted } from '../scripted.ts';

const common = { after: ['refresh' as const], timeoutSeconds: 5 };
const body = {
  kind: 'refresh' as const,
  run,
  request: 'REQ-7',
  environment: 'uat',
  databases: [{ database: 'orders' }],
};

describe('hooks', () => {
  let target: Awaited<ReturnType<typeof hookTarget>>;

  beforeEach(async () => {
    target = await hookTarget();
  });
  afterEach(() => target.close());

  const caller = (name: string, more: { attempts?: number; timeoutSeconds?: number } = {}): Hook => ({
    ...common, name, kind: 'call', url: `${target.url}/${name}`, secret: 'env:HOOK', attempts: 3, ...more,
  }); // prettier-ignore
  const command = (name: string): Hook => ({ ...common, name, kind: 'command', host: 'db1', command: name });

  const step = (more: { attempts?: number; timeoutSeconds?: number } = {}) =>
    hookSteps([caller('deploy', more)], body)[0] as CallStep;
  const never = new AbortController().signal;

  /** The plan of one database, with hooks behind its swap. */
  function plan(...hooks: Hook[]): Plan {
    const made = planOf('orders');
    return JSON.parse(JSON.stringify({ ...made, steps: [...made.steps, ...hookSteps(hooks, body)] })) as Plan;
  }

  describe('a call', () => {
    it('says what happened, signed over its moment and its body', async () => {
      const answer = await call(step(), { secret: 'key', token: 'door' }, never, 1);
      assert.deepEqual(answer, { ok: true, attempts: 1 });
      const [hit] = target.hits;
      assert.deepEqual(JSON.parse(hit!.body), { version: 1, hook: 'deploy', ...body });
      const { headers } = hit!;
      const moment = String(headers['x-freshet-timestamp']);
      assert.ok(Math.abs(Number(moment) - Date.now() / 1000) < 60);
      const signed = createHmac('sha256', 'key').update(`v1:${moment}:${hit!.body}`).digest('hex');
      assert.equal(headers['x-freshet-signature'], `v1=${signed}`);
      assert.equal(headers['idempotency-key'], `${run}.deploy`);
      assert.equal(headers['authorization'], 'Bearer door');
      assert.equal(headers['content-type'], 'application/json');
    });

    it('is tried again while that may help, with the same key', async () => {
      target.answer(503, 429, 200);
      assert.deepEqual(await call(step(), { secret: 'key' }, never, 1), { ok: true, attempts: 3 });
      assert.deepEqual(new Set(target.hits.map(({ headers }) => headers['idempotency-key'])).size, 1);
      target.answer(500, 500, 500, 500);
      const failed = await call(step(), { secret: 'key' }, never, 1);
      assert.deepEqual(failed, { ok: false, again: true, why: 'answered 500', attempts: 3 });
    });

    it('is not tried again where it was refused, and follows no redirect', async () => {
      target.answer(403, (response) =>
        response.writeHead(307, { location: `${target.url}/elsewhere` }).end(),
      );
      const refused = await call(step(), { secret: 'key' }, never, 1);
      assert.deepEqual(refused, { ok: false, again: false, why: 'answered 403', attempts: 1 });
      const led = await call(step(), { secret: 'key' }, never, 1);
      assert.ok(!led.ok && /redirect, which is not followed/.test(led.why));
      assert.equal(target.hits.length, 2);
      assert.ok(target.hits.every(({ path }) => path === '/deploy'));
    });

    it('ends where nobody answers, or nobody is there', async () => {
      target.answer(() => undefined);
      const slow = await call(step({ attempts: 1, timeoutSeconds: 0.1 }), { secret: 'key' }, never, 1);
      assert.ok(!slow.ok && /did not answer within 0\.1 seconds/.test(slow.why));
      const there = step({ attempts: 2 });
      await target.close();
      const away = await call(there, { secret: 'key' }, never, 1);
      assert.deepEqual(away, {
        ok: false,
        again: true,
        why: 'could not be reached (ECONNREFUSED)',
        attempts: 2,
      });
      target = await hookTarget();
    });

    it('may take as long as its own timeout says, whatever fetch bears of itself', async () => {
      const world = globalThis as unknown as Record<symbol, object>;
      const held = Symbol.for('undici.globalDispatcher.1');
      await fetch(target.url);
      const usual = world[held]!;
      const Client = usual.constructor as new (options: object) => object;
      // Five minutes by default: a migration takes longer, and would be called again while it runs.
      world[held] = new Client({ headersTimeout: 10 });
      try {
        let end = (): void => undefined;
        target.answer(
          (response) => (end = () => response.writeHead(204).end()),
          () => undefined,
        );
        const called = call(step(), { secret: 'key' }, never, 1);
        await until('the call', () => target.hits.length === 2);
        await assert.rejects(fetch(target.url, { method: 'POST' }));
        end();
        assert.deepEqual(await called, { ok: true, attempts: 1 });
      } finally {
        world[held] = usual;
      }
    });

    it('ends with the signal', async () => {
      const ends = new AbortController();
      target.answer(() => ends.abort());
      await assert.rejects(call(step(), { secret: 'key' }, ends.signal, 1), { name: 'AbortError' });
    });
  });

  describe('behind the swaps', () => {
    const called = (one: CallStep, signal: AbortSignal) => call(one, { secret: 'key' }, signal, 1);

    it('come in their order, before the host is cleared', async () => {
      const it = new Scripted();
      it.call = called;
      assert.deepEqual(await it.walk(plan(command('migrate'), caller('deploy'))), { end: 'succeeded' });
      const { told } = it.checkpoint;
      const order = ['done orders.swap', 'done hook.migrate', 'done hook.deploy', 'done orders.tidy'];
      assert.deepEqual(
        told.filter((line) => order.includes(line)),
        order,
      );
      const submitted = it.started.get('hook.migrate');
      assert.deepEqual(submitted?.pipe, [{ tool: 'hook-migrate', args: [] }]);
      const stdin = submitted?.stdin as { text: string };
      assert.deepEqual(JSON.parse(stdin.text), { version: 1, hook: 'migrate', ...body });
    });

    it('one that fails ends the hooks and no more: the swap stands, and what it said stays on its host', async () => {
      const it = new Scripted();
      it.call = called;
      it.script['hook.migrate'] = { exitCode: 3 };
      const outcome = await it.walk(plan(command('migrate'), caller('deploy')));
      assert.ok(outcome.end === 'succeeded');
      const { hook, code, cause, left } = outcome.hook!;
      assert.deepEqual([hook, code, left], ['migrate', 'command-failed', ['deploy']]);
      assert.match(cause, /ended with exit code 3/);
      assert.equal(target.hits.length, 0);
      assert.equal(it.times('put back orders') + it.times('abandon orders') + it.times('sweep'), 0);
      assert.equal(it.times('release uat-orders'), 1);
    });

    it('tells of a call that failed by its host, and nothing of what was answered', async () => {
      const it = new Scripted();
      it.call = called;
      target.answer(403);
      const outcome = await it.walk(plan(caller('deploy')));
      assert.ok(outcome.end === 'succeeded');
      assert.match(
        outcome.hook!.cause,
        /^The call for the hook "deploy" failed: 127\.0\.0\.1:\d+ answered 403\.$/,
      );
    });

    it('a worker that takes over does none twice, and remembers the one that failed', async () => {
      const it = new Scripted();
      it.call = called;
      it.script['hook.migrate'] = 'runs';
      const made = plan(command('migrate'), caller('deploy'), caller('smoke'));
      assert.deepEqual(await it.walkUntil(['wait hook.migrate'], made), { end: 'waiting' });
      it.script['hook.migrate'] = { exitCode: 0 };
      target.answer(403);
      it.checkpoint.meets = (line) => {
        if (line === 'started orders.tidy') throw new Error('the worker dies');
      };
      await assert.rejects(it.walk(made, { fence: 2 }), /the worker dies/);
      it.checkpoint.meets = () => undefined;
      const outcome = await it.walk(made, { fence: 3 });
      assert.ok(outcome.end === 'succeeded');
      assert.deepEqual([outcome.hook?.hook, outcome.hook?.left], ['deploy', ['smoke']]);
      assert.equal(it.times('submit hook.migrate'), 1);
      assert.deepEqual(
        target.hits.map(({ path }) => path),
        ['/deploy'],
      );
    });

    it('a command that was lost, or takes too long, is told of', async () => {
      const lost = new Scripted();
      lost.script['hook.migrate'] = 'lost';
      const first = await lost.walk(plan(command('migrate')));
      assert.ok(first.end === 'succeeded' && /was lost on host "db1"/.test(first.hook!.cause));
      const slow = new Scripted();
      slow.script['hook.migrate'] = 'runs';
      const second = await slow.walk(plan({ ...command('migrate'), timeoutSeconds: 0 }));
      assert.ok(
        second.end === 'succeeded' && /took longer than 0 seconds on host "db1"/.test(second.hook!.cause),
      );
      assert.equal(slow.times('stop hook.migrate'), 1);
    });

    it('are done again by a further attempt, under other names, and nothing else is', async () => {
      const it = new Scripted();
      it.call = called;
      it.script['hook.migrate'] = { exitCode: 3 };
      await it.walk(plan(command('migrate'), caller('deploy')));
      const steps = hookSteps([command('migrate'), caller('deploy')], body, 2);
      for (const { id } of steps) it.checkpoint.rows.delete(id);
      const before = it.times('swap orders');
      it.script['hook.migrate.3'] = 'runs';
      const again = { ...plan(), attempt: 2, steps };
      const slice = await it.walkUntil(['wait hook.migrate.3'], again, { attempt: 2, fence: 2 });
      assert.deepEqual(slice, { end: 'waiting' });
      it.script['hook.migrate.3'] = { exitCode: 0 };
      assert.deepEqual(await it.walk(again, { attempt: 2, fence: 3 }), { end: 'succeeded' });
      assert.deepEqual([it.times('submit hook.migrate'), it.times('submit hook.migrate.3')], [1, 1]);
      assert.equal(it.times('swap orders'), before);
      assert.deepEqual(
        target.hits.map(({ headers }) => headers['idempotency-key']),
        [`${run}.deploy.2`],
      );
    });

    it('none is done where what was approved is not what the site says any more', async () => {
      const it = new Scripted();
      it.call = called;
      it.checkpoint.meets = (line) => {
        if (line === 'started hook.deploy') throw new Error('the worker dies');
      };
      await assert.rejects(it.walk(plan(caller('deploy'))), /the worker dies/);
      it.checkpoint.meets = () => undefined;
      const forbidden = { code: 'approval-outdated', cause: 'A hook has changed.', hint: '' };
      const outcome = await it.walk(plan(caller('deploy')), { fence: 2, forbidden });
      assert.ok(outcome.end === 'succeeded');
      assert.deepEqual(
        [outcome.hook?.code, outcome.hook?.cause],
        ['hook-left', 'It was not called: A hook has changed.'],
      );
      assert.equal(target.hits.length, 0);
    });
  });
});
