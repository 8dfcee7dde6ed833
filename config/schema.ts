import { z } from 'zod';
import { database, environment } from './schema/environments.ts';
import { host, server } from './schema/hosts.ts';
import { person, roleSource } from './schema/people.ts';
import { rule } from './schema/rules.ts';
import { schedule } from './schema/schedules.ts';
import { repository } from './schema/repositories.ts';
import { audit, http, jira, slack } from './schema/services.ts';
import { address, line, list, name, named, zoneName } from './schema/values.ts';

/**
 * The site file: what may be said where. Each value by itself; what must fit together (names that refer to each other,
 * production, roles that somebody holds) is `check.ts`. `docs/configuration.md` explains it to people.
 */
export const siteFile = z
  .strictObject(
    {
      name: line(80).describe('Name of this installation, shown on cards.'),
      timeZone: zoneName
        .prefault('UTC')
        .describe(
          'Zone in which times of environments are read and shown: an IANA name such as "Europe/Berlin".',
        ),
      operators: list(name, 'roles')
        .min(1, { error: 'a list of at least one role' })
        .describe('Roles whose holders are alerted; without `rules` they may retry and acknowledge.'),
      rules: list(rule, 'rules')
        .min(1, { error: 'a list of at least one rule' })
        .optional()
        .describe(
          'Who may do what, where; the first that matches counts. In place of approvers and requesters.',
        ),
      people: named(person, 'person').describe('Everybody who may use Freshet. Others are refused.'),
      roles: named(roleSource, 'role')
        .optional()
        .describe('Roles that come from a Slack user group or a Jira project role.'),
      hosts: named(host, 'host').describe('Machines that databases or backups live on.'),
      servers: named(server, 'server').describe('Database servers on these hosts.'),
      databases: named(database, 'database').describe('The databases of your product.'),
      productionHosts: list(address, 'host names')
        .optional()
        .describe(
          'Host names of production, with all below them: the pack `urls` looks for them wherever it is asked for.',
        ),
      environments: named(environment, 'environment').describe(
        'Production and the environments that are refreshed.',
      ),
      repositories: named(repository, 'repository').describe('Where backups lie.'),
      schedules: named(schedule, 'schedule')
        .optional()
        .describe('Refreshes and backups again and again. People make more of them in Slack.'),
      slack,
      jira,
      audit: audit.prefault({}),
      http: http.prefault({}),
    },
    { error: 'a mapping with "name", "people", "hosts", "environments" ...' },
  )
  .describe('The site file of Freshet.');

/** The file after each value was checked: durations are seconds, defaults of single values filled in. */
export type SiteFile = z.output<typeof siteFile>;
