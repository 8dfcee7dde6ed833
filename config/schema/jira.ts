import { z } from 'zod';
import { baseUrl, choice, duration, flag, idNumber, line, list, matching, secret } from './values.ts';

/** As Jira writes them: account ids of Cloud, and user keys of Data Center, which may be old user names. */
export const jiraUserId = /^[A-Za-z0-9:_.@+-]{1,128}$/;

const statuses = z.strictObject(
  {
    pending: idNumber('a status').describe('Waiting for approval; new issues start there.'),
    approved: list(idNumber('a status'), 'status ids')
      .min(1, { error: 'a list of at least one status id' })
      .describe('Any of these counts as a yes when an approver moves the issue there.'),
    rejected: idNumber('a status').describe('A no, when an approver moves the issue there.'),
    running: idNumber('a status').describe('Set by the bot when the run starts.'),
    succeeded: idNumber('a status').describe('Set by the bot at the end.'),
    failed: idNumber('a status').describe('Set by the bot when the run failed.'),
    cancelled: idNumber('a status').describe('Set by the bot when the request was cancelled or expired.'),
    stages: z
      .record(line(40), idNumber('a status'), { error: 'a mapping from names of stages to ids of statuses' })
      .optional()
      .describe('By stage of an approval, in order: where the issue stands while that stage waits.'),
  },
  { error: 'a mapping from each state to the id of a status' },
);

const valueAllowed = 'a text, a number, true or false, a list of these, or a mapping as Jira takes it';
const single = z.union([z.string(), z.number(), z.boolean()], { error: valueAllowed });
const fieldValue = z.union([single, z.array(single), z.record(z.string(), z.unknown())], {
  error: valueAllowed,
});
const fieldId = matching(
  /^[A-Za-z][A-Za-z0-9_]{0,99}$/,
  'the id of a field, such as "customfield_10042" or "resolution"',
);

/** Field ids with their values. */
const fieldValues = z.record(fieldId, fieldValue, { error: 'a mapping from the id of a field to its value' });

/** What Freshet writes itself or what makes the issue ours; it can't be set to something else. */
const ownFields = [
  'project',
  'issuetype',
  'summary',
  'description',
  'labels',
  'priority',
  'components',
  'assignee',
];

const onTheWay = (where: string) =>
  fieldValues.optional().describe(`Field ids with their values, for transitions ${where}.`);

const transitionFields = z.strictObject(
  {
    pending: onTheWay('back to waiting'),
    approved: onTheWay('to the first approved status'),
    rejected: onTheWay('to rejected'),
    running: onTheWay('to running'),
    succeeded: onTheWay('to succeeded'),
    failed: onTheWay('to failed'),
    cancelled: onTheWay('to cancelled'),
  },
  { error: 'a mapping from states to the fields that the way there asks for' },
);

const issue = z.strictObject(
  {
    priority: line(60).optional().describe("Name of the priority; without it Jira's default."),
    labels: list(matching(/^\S{1,255}$/u, 'a label without spaces'), 'labels')
      .prefault([])
      .describe('Labels beside those that Freshet needs.'),
    components: list(line(255), 'names of components')
      .prefault([])
      .describe('Names of components of the project.'),
    fields: fieldValues
      .refine((given) => !Object.keys(given).some((id) => ownFields.includes(id)), {
        error: `fields other than ${ownFields.join(', ')}`,
      })
      .prefault({})
      .describe('Further fields, by id: what they are chosen by, or the value as Jira takes it.'),
    assignee: choice(['none', 'approver'])
      .prefault('none')
      .describe('`approver`: the first approver of the environment who can be assigned, but who asks.'),
  },
  { error: 'a mapping with "priority", "labels", "components", "fields" and "assignee"' },
);

export const jira = z
  .strictObject(
    {
      kind: choice(['cloud', 'data-center'])
        .prefault('cloud')
        .describe('Which Jira it is: Cloud (REST v3) or Data Center (REST v2).'),
      baseUrl: baseUrl.describe(
        'Address of the site: "https://example.atlassian.net". JIRA_BASE_URL goes before it.',
      ),
      email: matching(/^[^\s@:/]+@[^\s@:/]+$/, 'the e-mail address of an account')
        .optional()
        .describe("Cloud: e-mail address of the bot's account. Data Center signs in by the token alone."),
      token: secret.describe(
        'Cloud: API token of that account. Data Center: its personal access token. env:NAME or file:/path.',
      ),
      accountId: matching(jiraUserId, 'a Jira account id in quotes').describe(
        'Cloud: account id of the bot. Data Center: its user key. Its own changes are never a decision.',
      ),
      project: matching(/^[A-Z][A-Z0-9_]{1,19}$/, 'a project key such as "DBR"').describe(
        'Key of the project.',
      ),
      issueType: line(60).prefault('Task').describe('Name of the issue type.'),
      issue: issue.prefault({}).describe('What new issues have besides summary and description.'),
      webhookSecret: secret
        .optional()
        .describe('Secret of the webhook: env:NAME or file:/path. Without it only polling is used.'),
      statuses: statuses.describe('Ids of statuses; `npx freshet check` lists those of the project.'),
      transitionFields: transitionFields
        .prefault({})
        .describe('Values for fields that a transition asks for, by the state it leads to.'),
      linkType: line(60)
        .prefault('Relates')
        .describe('Name or words of the type of link to the ticket that a request is for (--for SHOP-123).'),
      ticketComments: flag
        .prefault(true)
        .describe('Whether that ticket gets a comment when the refresh is done or has failed.'),
      serviceDesk: flag
        .prefault(false)
        .describe(
          'Whether answers to approvals of Jira Service Management count as decisions. They are read, never given.',
        ),
      pollEvery: duration('1s', '1h')
        .optional()
        .describe('How often changed issues are looked for: 1m by default, 15s without a webhook secret.'),
    },
    { error: 'a mapping with "baseUrl", "token", "accountId", "project", "statuses" ...' },
  )
  .describe('The Jira site.');
