import { z } from 'zod';
import { jiraUserId } from './jira.ts';
import { line, list, matching, name } from './values.ts';

export const person = z
  .strictObject(
    {
      name: line(80).describe('The name that cards and issues show.'),
      roles: list(name, 'role names')
        .prefault([])
        .describe('Roles are names of your choice; environments and `operators` say what they may do.'),
      slack: matching(
        /^[UW][A-Z0-9]{2,20}$/,
        'a Slack member id such as "U024BE7LH" (profile, "Copy member ID")',
      )
        .optional()
        .describe('Slack member id: "U024BE7LH". Open the profile in Slack, then "Copy member ID".'),
      jira: matching(
        jiraUserId,
        'a Jira account id in quotes, such as "5b10ac8d82e05b22cc7d4ef5" (the end of the address of the profile), or a user key of Data Center',
      )
        .optional()
        .describe(
          'Jira account id: the end of the address of the profile page. Data Center: the user key. Keep it in quotes.',
        ),
    },
    { error: 'a person: a mapping with "name", "roles", "slack" and "jira"' },
  )
  .describe(
    'Somebody who may use Freshet. Slack and Jira ids make one person of both; at least one of them is needed.',
  );

const slackGroup = matching(
  /^S[A-Z0-9]{2,20}$/,
  'the id of a Slack user group, such as "S0604QSJC", not its handle',
).describe('Members of this Slack user group: its id, at the end of the address of its page.');

const jiraRole = z
  .strictObject(
    {
      project: matching(/^[A-Z][A-Z0-9_]{1,49}$/, 'the key of a Jira project, such as "SHOP"').describe(
        'Key of the project.',
      ),
      role: line(255).describe('Name of the role, as Jira shows it under People.'),
    },
    { error: 'a role of a Jira project: a mapping with "project" and "role"' },
  )
  .describe('People with this role in a project of Jira Cloud.');

export const roleSource = z
  .strictObject(
    { slackGroup: slackGroup.optional(), jiraRole: jiraRole.optional() },
    { error: 'where the role comes from: a mapping with "slackGroup", "jiraRole" or both' },
  )
  .describe('People of the site file hold this role by what Slack or Jira says, beside their own `roles`.');
