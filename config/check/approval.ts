import { isReachable } from '../../src/domain/policy/stages.ts';
import type { environment } from '../schema/environments.ts';
import type { Loose } from '../salvage.ts';
import { areHeld, checkRoles } from './people.ts';
import type { Report } from './report.ts';
import { anybodyTakesOf, approversIn } from './rules.ts';
import type { z } from 'zod';
import type { Stage } from '../../src/domain/policy/policy.ts';

type EnvironmentFile = Loose<z.output<typeof environment>>;
type StageFile = NonNullable<NonNullable<EnvironmentFile['approval']>['stages']>[number];

/** A protected environment: somebody may approve, and there are people enough for each stage. */
export function checkApproval(report: Report, name: string, environment: EnvironmentFile): void {
  const at = ['environments', name];
  const stages = environment.approval?.stages;
  stages?.forEach((stage, index) => checkStage(report, [...at, 'approval', 'stages', index], stage, stages));
  checkRoles(report, [...at, 'approval', 'fallback', 'roles'], environment.approval?.fallback?.roles);
  if (environment.protected === false && stages !== undefined) {
    report.warn(
      [...at, 'approval'],
      'It means nothing here: what is not protected needs no approval.',
      'Remove it, or "protected: false".',
    );
  }
  if (environment.protected !== true || !report.whole(at)) return;
  // Nothing but takes is asked for there.
  if (environment.production === true && report.file.rules !== undefined && !anybodyTakesOf(report, name))
    return;
  const approvers = environment.approvers ?? stages?.flatMap(({ roles }) => roles ?? []) ?? [];
  const people = approversIn(report, { name, approvers });
  if (people === undefined) return;
  if (report.file.rules === undefined && approvers.length === 0) {
    report.fault(
      at,
      'It is protected, and "approvers" names no role; no request could ever be approved.',
      'Add "approvers", or "protected: false".',
    );
    return;
  }
  if (stages === undefined) checkCount(report, name, people);
  else if (stages.every(isWhole) && stages.every(({ roles }) => areHeld(report, roles)))
    checkStages(report, [...at, 'approval', 'stages'], stages, people);
}

type People = readonly { id: string; roles: readonly string[] }[];

function checkCount(report: Report, name: string, people: People): void {
  const [only] = people;
  const ruled = report.file.rules !== undefined;
  const at = ['environments', name, ...(ruled ? [] : ['approvers'])];
  if (only === undefined && ruled) {
    report.fault(
      at,
      'It is protected, and the rules let nobody approve here; no request could ever be approved.',
      'Add a rule that lets a role "approve" here, or "protected: false".',
    );
  }
  if (people.length === 1 && only !== undefined) {
    report.warn(
      at,
      `Only "${only.id}" may approve; as nobody approves an own request, theirs can't be approved by anybody.`,
      'Give the role to a second person.',
    );
  }
}

function checkStage(
  report: Report,
  at: readonly PropertyKey[],
  stage: StageFile,
  all: readonly StageFile[],
): void {
  checkRoles(report, [...at, 'roles'], stage.roles);
  const twin = all.find((one) => one.name === stage.name);
  if (twin !== stage && stage.name !== undefined) {
    report.fault(
      [...at, 'name'],
      'An earlier stage has this name; what was approved in which must be told apart.',
      'Give it a name of its own.',
    );
  }
}

function isWhole(stage: StageFile): stage is Stage & { roles: string[] } {
  return stage.name !== undefined && stage.roles !== undefined && stage.quorum !== undefined;
}

/** A person counts once, in one stage: there must be different people for all places. */
function checkStages(
  report: Report,
  at: readonly PropertyKey[],
  stages: readonly (Stage & { roles: readonly string[] })[],
  people: People,
): void {
  const without = (left?: string) =>
    stages.map(({ roles, quorum }) => ({
      missing: quorum,
      deciders: people.filter(
        ({ id, roles: held }) => id !== left && held.some((one) => roles.includes(one)),
      ),
    }));
  const places = without();
  const short = places.findIndex(({ missing, deciders }) => deciders.length < missing);
  if (short !== -1) {
    const { missing, deciders } = places[short]!;
    report.fault(
      [...at, short],
      `It takes ${missing} different people, and ${deciders.length} may decide here; no request could ever be approved.`,
      'Give the role to more people who may approve, or lower the quorum.',
    );
  } else if (!isReachable(places)) {
    report.fault(
      at,
      'Each person counts in one stage only, and there are too few for all of them; no request could ever be approved.',
      'Give the roles to more people, or lower a quorum.',
    );
  } else {
    const stuck = people.filter(({ id }) => !isReachable(without(id)));
    if (stuck.length === 0) return;
    report.warn(
      at,
      `Without "${stuck[0]!.id}" there are too few people; as nobody approves an own request, theirs can't be approved.`,
      'Give the roles to one more person.',
    );
  }
}
