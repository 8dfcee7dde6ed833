import { cut } from '../lookup.ts';
import { rolesThatMay, type Rulebook } from './rules.ts';
import { isSingle, type ApprovalStanding, type StageStanding } from './stages.ts';
import type { Stage } from './policy.ts';

/** `QA: 1 of 2, by Quinn; then Data owner`: which stage is open, who has said yes, what is still needed. */
export function standingText({
  stages,
  open,
}: {
  stages: ApprovalStanding['stages'];
  open?: StageStanding | undefined;
}): string {
  const at = open === undefined ? stages.length : stages.indexOf(open);
  return stages.map((one, index) => (index > at ? `then ${stageText(one)}` : stageText(one))).join('; ');
}

function stageText({ stage, by }: Pick<StageStanding, 'stage' | 'by'>): string {
  const name = cut(stage.name, 40);
  const shown = by
    .slice(0, 6)
    .map((one) =>
      one.for === undefined ? cut(one.name, 40) : `${cut(one.name, 40)} for ${cut(one.for.name, 40)}`,
    );
  const more = by.length > shown.length ? [`${by.length - shown.length} more`] : [];
  const names = listed([...shown, ...more]);
  if (stage.quorum > 1)
    return `${name}: ${by.length} of ${stage.quorum}${names === '' ? '' : `, by ${names}`}`;
  return names === '' ? name : `${name}: yes, by ${names}`;
}

/** `qa-manager`, or `QA (2 of qa-manager), then Data owner (data-owner; for raw data)`: what it takes before anybody asks. */
export function stagesText(site: Rulebook, environment: string, stages: readonly Stage[]): string {
  const ruled = rolesThatMay(site, 'approve', environment);
  const rolesText = (roles: readonly string[] | 'everybody') =>
    roles === 'everybody' ? 'anybody' : roles.length === 0 ? 'nobody: no role may' : listed(roles, 'or');
  if (isSingle(stages)) return rolesText(stages[0]!.roles === 'everybody' ? ruled : stages[0]!.roles);
  return stages
    .map(({ name, roles, quorum, when }) => {
      const who = rolesText(roles === 'everybody' ? ruled : roles);
      const many = quorum === 1 ? who : `${quorum} of ${who}`;
      return `${cut(name, 40)} (${many}${when === 'raw' ? '; for raw data' : ''})`;
    })
    .join(', then ');
}

/** `Ann, Bob and Cid`. */
export function listed(names: readonly string[], word = 'and'): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;
}
