import type { RequestKind } from '../../../domain/request-kinds.ts';

/** What Freshet is doing, from its own records. */
export type FreshetState = {
  /** Waiting or running now, and what ended a moment ago; newest first. */
  requests: readonly Work[];
  /** What of the guided walk has happened, by step. */
  done: Readonly<Record<WalkStep, boolean>>;
};

export type Work = {
  id: string;
  kind: RequestKind;
  environment: string;
  databases: readonly string[];
  state: string;
  requester: string;
  /** Key of its Jira issue, once there is one. */
  issue: string | undefined;
  /** 0..1 of the run. */
  fraction: number;
  step: string | undefined;
  host: string | undefined;
  secondsLeft: number | undefined;
  /** Steps in their order, with what is known of each. */
  steps: readonly { title: string; host: string | undefined; seconds: number | undefined; failed: boolean }[];
};

/** A request for uat, an approval that was refused, one that counted, the refresh, and its undo. */
export type WalkStep = 'asked' | 'refused' | 'approved' | 'refreshed' | 'undone';
