import { commandError } from '../src/domain/errors.ts';
import type { Causes } from './causes.ts';
import type { ActContext, Engine, StepResult } from './engine.ts';
import { fetchAct } from './fetch.ts';
import type { ActStep } from './plan.ts';
import { proveAct } from './prove.ts';
import { takeAct } from './take.ts';

export type Act = (step: ActStep, context: ActContext) => Promise<StepResult>;

/** What an engine's own is of the acts. */
export type OwnActs = {
  causes: Causes;
  abandon(...given: Parameters<Engine['abandon']>): Promise<void>;
  /** By the names that its steps give them. */
  acts: Readonly<Record<string, Act>>;
  /** What the server refused, in words; undefined for an error that is none of the server's. Its messages can hold rows: they are told to nobody. */
  refusal(error: unknown): 'disk-full' | { words: string } | undefined;
};

/** `Engine.act`: what is the same for every engine, and its own. Throws Command for what the server refuses: `no-space`, `statement-failed`. */
export function performing({ causes, acts, ...own }: OwnActs): Engine['act'] {
  return async (step, context) => {
    const shared =
      (await fetchAct(step, context)) ??
      (await takeAct(step, context, causes)) ??
      (await proveAct(step, context, (...item) => own.abandon(...item)));
    if (shared !== undefined) return shared;
    const perform = acts[step.name];
    const { name, engine, host } = context.access.site;
    if (perform === undefined) throw new Error(`engine "${engine}" has no act "${step.name}"`);
    try {
      return await perform(step, context);
    } catch (error) {
      const refused = own.refusal(error);
      if (refused === undefined) throw error;
      if (refused === 'disk-full') {
        throw commandError(
          'no-space',
          `${step.title}: the disk of server "${name}" is full.`,
          `Make room on host "${host}", then retry.`,
        );
      }
      throw commandError(
        'statement-failed',
        `${step.title}: ${refused.words}.`,
        '`npx freshet check` shows whether a right is missing; the log of the server has the whole message.',
      );
    }
  };
}
