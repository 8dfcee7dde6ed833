import { z } from 'zod';
import type { RequestId } from '../../domain/ids.ts';
import { RetryAfter } from '../../service/feed.ts';
import type { Service } from '../../service/service.ts';

/** What this front keeps of a request's issue. */
const refSchema = z.object({
  id: z.string(),
  key: z.string(),
  url: z.string(),
  /** The newest entry of the changelog that was applied. */
  applied: z.number(),
  /** Which digest the issue showed after which entry of the changelog; oldest first. */
  shown: z.array(z.object({ digest: z.string(), after: z.number() })).min(1),
  /** The card that its description links to. */
  cardUrl: z.string().optional(),
  /** `from>to`, where no transition led and the operators were told. */
  stuck: z.string().optional(),
  /** Once its link was made (`id`: of the ticket), or was refused. */
  ticket: z.object({ id: z.string().optional() }).optional(),
  /**
   * Approvers in Jira Service Management. `awaited`: the entry of the changelog up to which the answer is known not to have been given;
   * `heard`: it was given, and led to what it had to.
   */
  approvers: z
    .array(z.object({ approval: z.string(), approver: z.string(), awaited: z.number(), heard: z.boolean() }))
    .optional(),
});
export type Ref = z.infer<typeof refSchema>;

const front = 'jira';
const leaseSeconds = 30;
const patienceMs = 5_000;

/** The issues of requests, as they are kept in the store. */
export type Mirror = {
  of(request: RequestId): Promise<Ref | undefined>;
  requestOf(key: string): Promise<RequestId | undefined>;
  /** For a new issue. */
  add(request: RequestId, ref: Ref): Promise<void>;
  /**
   * Runs `work` alone among all processes, with what is kept now; `keep` writes a change down at once. Throws `RetryAfter` when another has it
   * for long. For work in the store only: calls of Jira take longer than the lease may.
   */
  alone<T>(
    request: RequestId,
    work: (ref: Ref | undefined, keep: (change: Partial<Ref>) => Promise<void>) => Promise<T>,
  ): Promise<T>;
  change(request: RequestId, change: Partial<Ref>): Promise<void>;
};

export function openMirror(service: Pick<Service, 'mirrors' | 'lease'>): Mirror {
  const busy = new Map<RequestId, Promise<unknown>>();

  async function of(request: RequestId): Promise<Ref | undefined> {
    const ref = await service.mirrors.get(request, front);
    return ref === undefined ? undefined : refSchema.parse(ref);
  }

  /** The lease tells processes apart, not the parts of one: these queue up. */
  async function inTurn<T>(request: RequestId, work: () => Promise<T>): Promise<T> {
    const before = busy.get(request);
    const mine = (async () => {
      await before?.catch(() => undefined);
      return work();
    })();
    busy.set(request, mine);
    try {
      return await mine;
    } finally {
      if (busy.get(request) === mine) busy.delete(request);
    }
  }

  async function lease(name: string): Promise<void> {
    const until = Date.now() + patienceMs;
    while (!(await service.lease(name, leaseSeconds))) {
      if (Date.now() > until) throw new RetryAfter(2, 'Another process works on the same issue.');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  const mirror: Mirror = {
    of,
    requestOf: (key) => service.mirrors.byKey(front, key),
    add: (request, ref) => service.mirrors.set(request, front, ref.key, ref),
    alone: (request, work) =>
      inTurn(request, async () => {
        const name = `${front} ${request}`;
        await lease(name);
        try {
          let ref = await of(request);
          return await work(ref, async (change) => {
            if (ref === undefined) return;
            ref = { ...ref, ...change };
            await service.mirrors.set(request, front, ref.key, ref);
          });
        } finally {
          await service.lease(name, 0);
        }
      }),
    change: (request, change) => mirror.alone(request, (_ref, keep) => keep(change)),
  };
  return mirror;
}
