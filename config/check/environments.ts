import type { EngineSites } from '../../src/domain/engine-site.ts';
import { isReserved } from '../../src/domain/words.ts';
import type { environment } from '../schema/environments.ts';
import type { Loose } from '../salvage.ts';
import { checkApproval } from './approval.ts';
import { checkEngine, checkName } from './hosts.ts';
import { checkRoles } from './people.ts';
import { checkPlacement } from './placements.ts';
import { each, type Report } from './report.ts';
import type { z } from 'zod';

type EnvironmentFile = Loose<z.output<typeof environment>>;

/** Databases and environments: their names, who approves, what production may say. */
export function checkEnvironments(report: Report, engines: EngineSites): void {
  const environments = report.names('environments');
  for (const [id, database] of each(report.file.databases)) {
    checkReserved(report, ['databases', id], id);
    checkEngine(report, ['databases', id, 'engine'], database.engine, engines);
    if (environments.includes(id)) {
      report.fault(
        ['databases', id],
        `An environment is called "${id}" too; what people type must mean one thing.`,
      );
    }
  }
  for (const [id, environment] of each(report.file.environments)) {
    const at = ['environments', id];
    checkReserved(report, at, id);
    if (environment.production === true) checkProduction(report, id, environment);
    else if (environment.production === false) checkApproval(report, id, environment);
    checkAlignment(report, at, environment);
    checkRoles(report, [...at, 'approvers'], environment.approvers);
    checkRoles(report, [...at, 'requesters'], environment.requesters);
    for (const [database, placement] of each(environment.databases)) {
      checkName(report, [...at, 'databases', database], database, 'databases', 'a database');
      if (environment.production !== undefined) {
        checkPlacement(
          report,
          {
            engines,
            environment: id,
            database,
            production: environment.production,
            accepts: environment.accepts,
            acceptsOwn: environment.acceptsOwn === true,
          },
          placement,
        );
      }
    }
  }
}

/** With clocks as far off as that, no two moments could ever be near enough. */
function checkAlignment(report: Report, at: readonly PropertyKey[], { alignment }: EnvironmentFile): void {
  const { tolerance = 6 * 3600, clockOffset = 0 } = alignment ?? {};
  if (clockOffset < tolerance) return;
  report.fault(
    [...at, 'alignment', 'clockOffset'],
    'It is not less than the tolerance, so that nothing would ever be aligned; expected less.',
  );
}

function checkReserved(report: Report, at: readonly PropertyKey[], id: string): void {
  if (!isReserved(id)) return;
  report.fault(
    at,
    `"${id}" is a word of the commands; "/refresh ${id}" would mean two things.`,
    `For example "${id}-db".`,
  );
}

const forTargetsOnly = [
  'accepts',
  'acceptsOwn',
  'requesters',
  'keepOld',
  'keepFailed',
  'remind',
  'workingHours',
  'drain',
  'alignment',
  'hooks',
] as const;

/** Only where somebody may ask for something: production that backups are taken of. */
const forSources = ['approvers', 'approval', 'approvalWithin'] as const;

function checkProduction(report: Report, id: string, environment: EnvironmentFile): void {
  const at = ['environments', id];
  const isSource = each(environment.databases).some(([, { target }]) => target !== undefined);
  if (isSource) checkApproval(report, id, environment);
  if (environment.protected === false) {
    report.fault([...at, 'protected'], "Production can't be unprotected; expected true, or no such line.");
  }
  for (const key of isSource ? forTargetsOnly : [...forTargetsOnly, ...forSources]) {
    if (environment[key] === undefined) continue;
    report.fault(
      [...at, key],
      `"${key}" means nothing here: production is never a target.`,
      'Remove the line.',
    );
  }
}
