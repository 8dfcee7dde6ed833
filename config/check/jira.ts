import { oneOf } from '../../src/domain/errors.ts';
import type { Report } from './report.ts';

/** Cloud signs in with an e-mail address and a token, Data Center with a token alone. */
export function checkJira(report: Report): void {
  const { jira } = report.file;
  if (jira === undefined || !report.whole(['jira'])) return;
  if (jira.kind === 'cloud' && jira.email === undefined) {
    report.fault(
      ['jira'],
      '"email" is missing; Jira Cloud signs in with the e-mail address of the account and its API token.',
      'Add "email", or say "kind: data-center" where it is not Cloud.',
    );
  }
  if (jira.kind === 'data-center' && jira.email !== undefined) {
    report.fault(
      ['jira', 'email'],
      '"email" is given; Jira Data Center signs in with a personal access token alone.',
      'Leave "email" out.',
    );
  }
  checkStages(report);
}

/** A stage with a status has to be one, and its status must tell it apart from all else. */
function checkStages(report: Report): void {
  const { stages = {}, ...states } = report.file.jira?.statuses ?? {};
  const environments = Object.values(report.file.environments ?? {});
  const known = new Set(
    environments.flatMap(
      (environment) => environment?.approval?.stages?.flatMap((stage) => stage?.name ?? []) ?? [],
    ),
  );
  const taken = new Map(
    Object.entries(states).flatMap(([state, ids]) => [ids].flat().map((id) => [id, state])),
  );
  for (const [stage, id] of Object.entries(stages)) {
    const at = ['jira', 'statuses', 'stages', stage];
    if (!known.has(stage)) {
      report.fault(
        at,
        `No environment has a stage "${stage}"; ${known.size === 0 ? 'the site file has none' : `expected ${oneOf(known)}`}.`,
        'Stages are those of environments.NAME.approval.stages, by their names.',
      );
    }
    const other = id === undefined ? undefined : taken.get(id);
    if (other !== undefined) {
      report.fault(at, `"${id}" is the status of "${other}" already; a stage needs one of its own.`);
    }
    if (id !== undefined) taken.set(id, stage);
  }
}
