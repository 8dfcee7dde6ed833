import type { Event } from '../../../domain/event.ts';
import { isOver, type Request } from '../../../domain/request.ts';
import type { Store } from '../../../store/store.ts';
import { players } from '../../cast.ts';
import type { Part } from '../parts.ts';
import { pause, repeat } from '../repeat.ts';
import type { FreshetState, WalkStep, Work } from './state.ts';

const mostRequests = 50;
/** What ended stays for a moment, so that one sees how it ended. */
const shownAfterMs = 12_000;
/** Without a running request nothing changes but by an event. */
const idleMs = 2000;
const nothing: Readonly<Record<WalkStep, boolean>> = {
  asked: false,
  refused: false,
  approved: false,
  refreshed: false,
  undone: false,
};

/** What Freshet is doing, read from its store; nothing is written there. */
export function freshetPart(store: Store | undefined, log: (fault: unknown) => void): Part<'freshet'> {
  let state: FreshetState = { requests: [], done: nothing };
  if (store === undefined) {
    return { name: 'freshet', state: () => state, deeds: {}, onChange: () => () => undefined };
  }
  const { events, requests } = store;

  async function look(): Promise<number> {
    const { requests: newest } = await requests.list({}, { limit: mostRequests, offset: 0 });
    const now = Date.now();
    const shown: Work[] = [];
    for (const request of newest) {
      const told = await workOf(store!, request, now);
      if (told !== undefined) shown.push(told);
    }
    state = { requests: shown, done: await walked(store!, newest, state.done) };
    // Progress is a row that is overwritten, and no event: while something runs it is looked at often.
    return shown.some((work) => work.state === 'running') ? 300 : idleMs;
  }

  const { onChange, close } = repeat({
    round: look,
    rest: () => Promise.resolve(),
    log,
    nap: (ms, signal) => (ms === idleMs ? events.wait(ms / 1000, signal) : pause(ms, signal)),
  });
  return { name: 'freshet', state: () => state, deeds: {}, onChange, close };
}

async function workOf(store: Store, request: Request, now: number): Promise<Work | undefined> {
  const run = await store.runs.ofRequest(request.id);
  const endedMs = run?.endedAt?.getTime() ?? 0;
  if (isOver(request.state) && now - endedMs > shownAfterMs) return undefined;
  const [progress, happened, mirror] = await Promise.all([
    run && store.runs.progress(run.id),
    store.events.ofRequest(request.id, ['step-started', 'step-done', 'step-failed', 'run-started']),
    store.mirrors.get(request.id, 'jira'),
  ]);
  const over = request.state === 'succeeded';
  return {
    id: request.id,
    kind: request.kind,
    environment: request.environment,
    databases: request.items.map(({ database }) => database),
    state: request.state,
    requester: players.find(({ id }) => id === request.requestedBy)?.name ?? request.requestedBy,
    issue: keyIn(mirror),
    fraction: over ? 1 : request.state === 'running' ? (progress?.fraction ?? 0) : 0,
    step: request.state === 'running' ? progress?.title : undefined,
    host: request.state === 'running' ? progress?.host : undefined,
    secondsLeft: request.state === 'running' ? progress?.secondsLeft : undefined,
    steps: stepsOf(happened),
  };
}

function keyIn(mirror: unknown): string | undefined {
  const key = typeof mirror === 'object' && mirror !== null && 'key' in mirror ? mirror.key : undefined;
  return typeof key === 'string' ? key : undefined;
}

/** The steps of the newest attempt. */
function stepsOf(happened: readonly Event[]): Work['steps'] {
  const from = happened.findLastIndex(({ type }) => type === 'run-started');
  const steps = new Map<string, Work['steps'][number]>();
  for (const event of happened.slice(from + 1)) {
    if (event.type !== 'step-started' && event.type !== 'step-done' && event.type !== 'step-failed') continue;
    const { title, host } = event;
    const seconds = event.type === 'step-done' ? event.seconds : undefined;
    steps.set(event.step, { title, host, seconds, failed: event.type === 'step-failed' });
  }
  return [...steps.values()];
}

/** What of the guided walk has happened; what was done stays done. */
async function walked(
  store: Store,
  newest: readonly Request[],
  before: FreshetState['done'],
): Promise<FreshetState['done']> {
  const done = { ...before };
  const uat = newest.filter(({ environment }) => environment === 'uat');
  const refreshes = uat.filter(({ kind }) => kind === 'refresh');
  done.asked ||= refreshes.length > 0;
  for (const { id } of done.refused && done.approved ? [] : refreshes) {
    const decisions = await store.events.ofRequest(id, ['decision-refused', 'request-approved']);
    done.refused ||= decisions.some(({ type }) => type === 'decision-refused');
    done.approved ||= decisions.some(({ type }) => type === 'request-approved');
  }
  done.refreshed ||= refreshes.some(({ state }) => state === 'succeeded');
  done.undone ||= uat.some(({ kind, state }) => kind === 'undo' && state === 'succeeded');
  return done;
}
