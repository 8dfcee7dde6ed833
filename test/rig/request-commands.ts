import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isFreshetError } from '../../src/domain/errors.ts';
import type { RequestId } from '../../src/domain/ids.ts';
import type { Request } from '../../src/domain/request.ts';
import { canBeUndone, notTakenBack } from '../../src/domain/run.ts';
import { assertFacts } from './request-facts.ts';
import * as rules from './request-model.ts';
import type { Model, ModelRequest, PersonName } from './request-model.ts';
import { type Fate, fates, type Real, walk } from './request-workers.ts';

type Command = fc.AsyncCommand<Model, Real>;

/** A command: what the rules say it does to the model, and what it really does. Afterwards both must tell the same. */
function command(words: string, work: (model: Model, real: Real) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, real) {
      await work(model, real);
      const requests = await assertFacts(real.paper.store, {
        isProtected: (environment) => environment === 'uat',
        isApprover: (person) => person === 'quinn' || person === 'rosa',
      });
      const states = (all: readonly Pick<Request, 'id' | 'state'>[]) =>
        Object.fromEntries(all.map(({ id, state }) => [id, state]));
      assert.deepEqual(states(requests.toReversed()), states(model.requests), words);
    },
    toString: () => words,
  };
}

/** Whether it was done or refused; whatever else is thrown is a fault. */
async function isDone(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (isFreshetError(error, 'Forbidden') || isFreshetError(error, 'Conflict')) return false;
    throw error;
  }
}

function pick(model: Model, at: number): ModelRequest | undefined {
  return model.requests[at % Math.max(1, model.requests.length)];
}

/** What the swaps of a request's run were, as recorded. */
async function swapsOf(real: Real, id: RequestId) {
  const run = await real.paper.store.runs.ofRequest(id);
  return run === undefined ? [] : real.paper.store.swaps.ofRun(run.id);
}

/** The rules of undoing stand on what was swapped and dropped; that is read, as it was recorded. */
async function knowUndoable(model: Model, real: Real): Promise<void> {
  const undoable = new Map<RequestId, boolean>();
  for (const { id, kind } of model.requests) {
    if (kind !== 'undo') continue;
    const { items } = (await real.paper.store.requests.get(id))!;
    const latest = await Promise.all(
      items.map((item) => real.paper.store.swaps.latest(item.server, item.databaseName)),
    );
    undoable.set(
      id,
      items.every((item, at) => latest[at]?.run === item.undoes && latest[at]?.droppedAt === undefined),
    );
  }
  model.undoable = ({ id }) => undoable.get(id) ?? true;
}

/** Puts a request that was made into the model, and on its way. */
async function made(
  model: Model,
  real: Real,
  request: Request,
  facts: Pick<ModelRequest, 'by' | 'wish'>,
): Promise<void> {
  const needsApproval =
    request.environment === 'uat' && !(request.kind === 'undo' && model.approvers.has(facts.by));
  assert.equal(request.needsApproval, needsApproval);
  const one: ModelRequest = {
    ...facts,
    id: request.id,
    kind: request.kind as ModelRequest['kind'],
    environment: request.environment as ModelRequest['environment'],
    databases: request.items.map(({ database }) => database),
    state: needsApproval ? 'pending' : 'approved',
    needsApproval,
    expiresAt: model.now + rules.approvalMs,
    ...(needsApproval ? {} : { approvedBy: 'rule' as const }),
    planned: false,
    cancelWanted: false,
    barrier: false,
    hasFailed: false,
    isLeased: false,
  };
  model.requests.push(one);
  await knowUndoable(model, real);
  if (!needsApproval) rules.dispatchInTurn(model, one);
}

const isTwice = (model: Model, wish: string) =>
  model.requests.some(
    (one) => one.wish === wish && ['pending', 'approved', 'running', 'fenced'].includes(one.state),
  );

function ask(
  by: PersonName,
  environment: ModelRequest['environment'],
  databases: readonly string[],
): Command {
  return command(`${by} asks for ${environment} ${databases.join(' ')}`, async (model, real) => {
    const wish = `refresh ${environment} ${databases.join(' ')} ${by}`;
    let request: Request | undefined;
    const asked = async () => {
      request = await real.service.requestRefresh(real.paper.actor(by), {
        environment,
        databases: databases.map((database) => ({ database })),
        reason: '',
      });
    };
    assert.equal(await isDone(asked()), !isTwice(model, wish));
    if (request !== undefined) await made(model, real, request, { by, wish });
  });
}

function undo(by: PersonName, at: number): Command {
  return command(`${by} asks to undo ${at}`, async (model, real) => {
    const of = pick(model, at);
    if (of === undefined) return;
    const swaps = notTakenBack(await swapsOf(real, of.id));
    const wish = `undo ${swaps.map(({ run, database }) => `${run} ${database}`).join(' ')} ${by}`;
    const allowed = swaps.length > 0 && swaps.every(canBeUndone) && !isTwice(model, wish);
    let request: Request | undefined;
    const asked = async () => {
      request = await real.service.requestUndo(real.paper.actor(by), { request: of.id }, '');
    };
    assert.equal(await isDone(asked()), allowed);
    if (request !== undefined) await made(model, real, request, { by, wish });
  });
}

function decide(by: PersonName, decision: 'approved' | 'rejected', at: number): Command {
  return command(`${by}: ${at} is ${decision}`, async (model, real) => {
    const of = pick(model, at);
    if (of === undefined) return;
    const may = rules.mayDecide(model, of, by);
    const decided = real.service.decide(real.paper.actor(by, 'jira'), { request: of.id, decision });
    assert.equal(await isDone(decided), may);
    if (!may) return;
    of.state = decision;
    if (decision !== 'approved') return;
    of.approvedBy = by;
    await knowUndoable(model, real);
    rules.dispatchInTurn(model, of);
  });
}

function stranger(at: number): Command {
  return command(`a stranger decides on ${at}`, async (model, real) => {
    const of = pick(model, at);
    if (of !== undefined) await real.service.refuseStranger(of.id, 'jira', 'Mallory');
  });
}

function cancel(by: PersonName, at: number): Command {
  return command(`${by} cancels ${at}`, async (model, real) => {
    const of = pick(model, at);
    if (of === undefined) return;
    const may = rules.mayCancel(model, of, by);
    assert.equal(await isDone(real.service.cancel(real.paper.actor(by), of.id)), may);
    if (!may) return;
    if (of.state === 'running') of.cancelWanted = true;
    else of.state = 'cancelled';
  });
}

function retry(by: PersonName, at: number): Command {
  return command(`${by} retries ${at}`, async (model, real) => {
    const of = pick(model, at);
    if (of === undefined) return;
    const may = rules.mayRetry(model, of, by);
    assert.equal(await isDone(real.service.retry(real.paper.actor(by), of.id)), may);
    if (!may) return;
    if (of.state === 'fenced') rules.start(of);
    else {
      of.state = 'approved';
      await knowUndoable(model, real);
      rules.dispatchInTurn(model, of);
    }
  });
}

/** Longer than any lease. */
function pass(seconds: number): Command {
  return command(`${seconds} s pass`, async (model, real) => {
    real.clock.at += seconds * 1000;
    model.now = real.clock.at;
    await real.paper.endLeases();
    for (const of of model.requests) of.isLeased = false;
  });
}

function role(who: 'quinn' | 'rosa', has: boolean): Command {
  return command(`${who} ${has ? 'gets' : 'loses'} the role`, async (model, { paper }) => {
    (paper.site.people[who] as { roles: readonly string[] }).roles = has ? ['qa-manager'] : [];
    if (has) model.approvers.add(who);
    else model.approvers.delete(who);
  });
}

function wipe(): Command {
  return command('the queue is wiped', async (_model, { paper }) => void paper.jobs.splice(0));
}

function upkeep(): Command {
  return command('a round of upkeep', async (model, real) => {
    await knowUndoable(model, real);
    const { open } = rules.upkeep(model);
    await real.service.reconcile();
    for (const request of open) {
      const { state } = (await real.paper.store.requests.get(request.id))!;
      assert.ok(state === 'approved' || state === rules.voided(request), `${request.id} is ${state}`);
      request.state = state;
      if (state !== 'approved') delete request.approvedBy;
    }
  });
}

function advance(fate: Fate, act: string): Command {
  return command(
    `a worker ${fate === 'well' ? 'advances a run' : `${fate} in ${act}`}`,
    async (model, real) => {
      const { engine, jobs, store } = real.paper;
      const job = jobs.shift();
      if (job === undefined) return;
      const request = (await store.runs.get(job.run))!.request;
      const of = model.requests.find(({ id }) => id === request)!;
      const idle = of.state !== 'running' || of.isLeased;
      await knowUndoable(model, real);
      const { met, died, times } = await walk(real, job, fate, act);
      assert.ok(times <= 1, `${act} was done ${times} times`);
      engine.failing.clear();
      delete engine.before;
      engine.standing = () => Promise.resolve('old');
      model.now = real.clock.at;
      if (idle) return;
      of.isLeased = false;
      if (!of.planned && rules.isObjectionable(model, of)) {
        of.state = 'failed';
        return;
      }
      of.planned = true;
      of.barrier = (await store.runs.get(job.run))!.barrierAt !== undefined;
      if (fate === 'dies taking back' && met && !of.cancelWanted) of.hasFailed = true;
      if (died) of.isLeased = true;
      else if (of.hasFailed) of.state = fate === 'is fenced' ? 'fenced' : 'failed';
      // Honoured before the first swap of the set, and asked for before it, too.
      else if (of.cancelWanted) of.state = 'cancelled';
      else if (!met || fate === 'well' || fate === 'is frozen') of.state = 'succeeded';
      else if (fate === 'fails' || fate === 'breaks') of.state = 'failed';
      else if (fate === 'is fenced') of.state = 'fenced';
      else if (fate === 'stops') {
        // In its last act there is nothing left to hand on.
        const now = (await store.requests.get(request))!.state;
        if (now === 'succeeded') of.state = now;
      }
    },
  );
}

const person = fc.constantFrom(...rules.people);
const at = fc.nat(7);
const databases = fc.constantFrom(['orders'], ['billing'], ['orders', 'billing']);
const acts = ['check', 'load', 'verify', 'swap'].flatMap((act) => [`${act} orders`, `${act} billing`]);

/** Everything that can happen, the more likely things several times. */
export const commands: fc.Arbitrary<Command>[] = [
  fc.tuple(person, fc.constantFrom('uat', 'ci'), databases).map((words) => ask(...words)),
  fc.tuple(person, fc.constantFrom('uat', 'ci'), databases).map((words) => ask(...words)),
  fc.tuple(person, at).map((words) => undo(...words)),
  fc.tuple(person, fc.constantFrom('approved', 'approved', 'rejected'), at).map((words) => decide(...words)),
  fc.tuple(fc.constantFrom('quinn', 'rosa'), fc.constant('approved'), at).map((words) => decide(...words)),
  at.map(stranger),
  fc.tuple(person, at).map((words) => cancel(...words)),
  fc.tuple(person, at).map((words) => retry(...words)),
  fc.constantFrom(31, 700, 3601, 90_000).map(pass),
  fc.tuple(fc.constantFrom('quinn', 'rosa'), fc.boolean()).map((words) => role(...words)),
  fc.constant(wipe()),
  fc.constant(upkeep()),
  fc.constant(upkeep()),
  fc.tuple(fc.constantFrom(...fates), fc.constantFrom(...acts)).map((words) => advance(...words)),
  fc.tuple(fc.constantFrom(...fates), fc.constantFrom(...acts)).map((words) => advance(...words)),
  fc.tuple(fc.constantFrom(...fates), fc.constantFrom(...acts)).map((words) => advance(...words)),
];
