import { onlyStage, type ApprovalStanding } from '../src/domain/policy/stages.ts';
import type { Terms } from '../src/domain/policy/policy.ts';

/** Terms of a request for a protected environment: one person who may approve says yes. */
export const plainTerms: Terms = {
  protected: true,
  accepts: ['declared', 'proven'],
  stages: [onlyStage],
  ask: [{ roles: 'everybody', allow: true }],
  approve: [
    { roles: ['qa-manager'], allow: true },
    { roles: 'everybody', allow: false },
  ],
  readRaw: {},
};

const open = { stage: onlyStage, by: [], missing: 1, deciders: [] };

/** Nobody has said anything yet. */
export const plainApproval: ApprovalStanding = { stages: [open], open, reachable: true };
