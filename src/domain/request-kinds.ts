import type { RuleAction } from './policy/policy.ts';

/** What sets one kind of request apart from the others, wherever that matters but in words. */
export type KindFacts = {
  /** What it takes by the rules to ask for it, while the glass stays whole. */
  right: Extract<RuleAction, 'request' | 'undo' | 'take' | 'prove'>;
  /** What it works on: the live database, which is overwritten or only read, or a new one that is nobody's. */
  works: 'target' | 'source' | 'proof';
  /** What goes live under a name that something else had: a backup, or the copy that a swap kept; nothing where it is only read. */
  brings: 'backup' | 'kept-copy' | 'nothing';
  /** Whether somebody who may approve has said yes by asking for it. */
  approvedByAsking: boolean;
  /** Whether how far apart the environment's data would be is told, and judged as well: there must always be a way back. */
  aligns: 'judged' | 'told' | 'no';
};

/** The one table of kinds. What a front says of each is in its own `kind-words.ts`. */
export const kindFacts = {
  refresh: { right: 'request', works: 'target', brings: 'backup', approvedByAsking: false, aligns: 'judged' },
  undo: { right: 'undo', works: 'target', brings: 'kept-copy', approvedByAsking: true, aligns: 'told' },
  take: { right: 'take', works: 'source', brings: 'nothing', approvedByAsking: false, aligns: 'no' },
  prove: { right: 'prove', works: 'proof', brings: 'nothing', approvedByAsking: false, aligns: 'no' },
} as const satisfies Record<string, KindFacts>;

export type RequestKind = keyof typeof kindFacts;
export const requestKinds = Object.keys(kindFacts) as RequestKind[];

/** Whether it leaves its environment as it is: then neither holds nor freeze windows keep it back. */
export function isReading(kind: RequestKind): boolean {
  return factsOf(kind).works !== 'target';
}

/** Whether a person has to say yes to it, of an environment that is protected so. A proof touches nobody's environment, and nothing leaves it. */
export function needsYes(kind: RequestKind, environment: { protected: boolean }): boolean {
  return environment.protected && factsOf(kind).works !== 'proof';
}

export function factsOf(kind: RequestKind): KindFacts {
  return kindFacts[kind];
}
