/** Statuses and the ways between them, by id, as a Jira administrator would draw them. */

export interface Status {
  readonly id: string;
  readonly name: string;
  readonly category: 'new' | 'indeterminate' | 'done';
}

export interface Transition {
  readonly id: string;
  readonly name: string;
  /** Ids of statuses it leaves; `any` makes it global. */
  readonly from: readonly string[] | 'any';
  readonly to: string;
  /** A screen shown before the move, with its fields; a required one that is missing is refused. */
  readonly screen?: readonly { readonly fieldId: string; readonly required: boolean }[];
}

export interface Workflow {
  readonly initialStatusId: string;
  readonly statuses: readonly Status[];
  readonly transitions: readonly Transition[];
}

/** The ids used by every workflow below; a site's own ids differ, so code has to read them from its configuration. */
export const statusIds = {
  waiting: '10010',
  approved: '10011',
  rejected: '10012',
  inProgress: '10013',
  done: '10014',
  failed: '10015',
  cancelled: '10016',
} as const;

export const stageStatusIds = { qa: '10021', owner: '10022' } as const;

const statuses: readonly Status[] = [
  { id: statusIds.waiting, name: 'Waiting for approval', category: 'new' },
  { id: statusIds.approved, name: 'Approved', category: 'indeterminate' },
  { id: statusIds.rejected, name: 'Rejected', category: 'done' },
  { id: statusIds.inProgress, name: 'In progress', category: 'indeterminate' },
  { id: statusIds.done, name: 'Done', category: 'done' },
  { id: statusIds.failed, name: 'Failed', category: 'done' },
  { id: statusIds.cancelled, name: 'Cancelled', category: 'done' },
];

const backToWaiting: Transition = {
  id: '61',
  name: 'Send back',
  from: [statusIds.approved, statusIds.rejected],
  to: statusIds.waiting,
};

const transitions: readonly Transition[] = [
  { id: '11', name: 'Approve', from: [statusIds.waiting], to: statusIds.approved },
  { id: '21', name: 'Reject', from: [statusIds.waiting], to: statusIds.rejected },
  { id: '31', name: 'Start', from: [statusIds.approved, statusIds.failed], to: statusIds.inProgress },
  { id: '41', name: 'Finish', from: [statusIds.inProgress], to: statusIds.done },
  { id: '51', name: 'Fail', from: [statusIds.inProgress], to: statusIds.failed },
  backToWaiting,
  {
    id: '71',
    name: 'Cancel',
    from: [statusIds.waiting, statusIds.approved, statusIds.inProgress, statusIds.failed],
    to: statusIds.cancelled,
  },
];

/** Approval with a way back: what the documentation tells an administrator to draw. */
export function standardWorkflow(): Workflow {
  return { initialStatusId: statusIds.waiting, statuses, transitions };
}

/** Nobody can move an issue back from Approved or Rejected: a wrong approval can only be answered with a comment. */
export function oneWayWorkflow(): Workflow {
  return { ...standardWorkflow(), transitions: transitions.filter((each) => each !== backToWaiting) };
}

/** Two stages on the way to Approved, each with a status: QA, then the owner of the data. */
export function stagedWorkflow(): Workflow {
  const { waiting, approved, rejected, cancelled } = statusIds;
  const [qa, owner] = [stageStatusIds.qa, stageStatusIds.owner];
  return {
    initialStatusId: waiting,
    statuses: [
      ...statuses,
      { id: qa, name: 'With QA', category: 'indeterminate' },
      { id: owner, name: 'With the data owner', category: 'indeterminate' },
    ],
    transitions: [
      ...transitions,
      { id: '111', name: 'Ask QA', from: [waiting, owner], to: qa },
      { id: '121', name: 'QA approves', from: [qa], to: owner },
      { id: '131', name: 'Owner approves', from: [owner], to: approved },
      { id: '141', name: 'Reject in stage', from: [qa, owner], to: rejected },
      { id: '151', name: 'Cancel in stage', from: [qa, owner], to: cancelled },
      { id: '171', name: 'Back to waiting', from: [qa], to: waiting },
      { id: '161', name: 'Back to the owner', from: [approved, rejected], to: owner },
    ],
  };
}

/** Moving to the named transition's target opens a screen on which `fieldId` is required. */
export function screenWorkflow(transitionId: string, fieldId: string): Workflow {
  return {
    ...standardWorkflow(),
    transitions: transitions.map((each) =>
      each.id === transitionId ? { ...each, screen: [{ fieldId, required: true }] } : each,
    ),
  };
}

/** The transitions that leave a status. */
export function transitionsFrom(workflow: Workflow, statusId: string): readonly Transition[] {
  return workflow.transitions.filter(
    (each) =>
      (each.from === 'any' && each.to !== statusId) || (each.from !== 'any' && each.from.includes(statusId)),
  );
}

/** A status by id or, for people, by name. */
export function findStatus(workflow: Workflow, idOrName: string): Status | undefined {
  return workflow.statuses.find(
    (each) => each.id === idOrName || each.name.toLowerCase() === idOrName.toLowerCase(),
  );
}
