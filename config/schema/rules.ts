import { z } from 'zod';
import { choice, duration, flag, line, list, name, whole } from './values.ts';
import { ruleActions } from '../../src/domain/policy/policy.ts';

/** A word that stands for all, or a list. */
function allOr<const W extends string, T extends z.ZodType>(word: W, item: T, what: string) {
  const error = `"${word}" or a list of ${what}`;
  return z.union([z.literal(word), z.array(item).min(1)], { error });
}

const actions = `actions (${ruleActions.join(', ')})`;

export const rule = z
  .strictObject(
    {
      name: line(80).optional().describe('How people call the rule.'),
      may: allOr('everything', choice(ruleActions), actions).describe(
        'What it is about: "everything", or a list of actions.',
      ),
      roles: allOr('everybody', name, 'roles').describe('Whom it is about: "everybody", or a list of roles.'),
      environments: allOr('all', name, 'environments').describe(
        'Where: "all", or a list of environments. For read-raw the one that the data was taken of.',
      ),
      allow: flag.describe('Whether they may.'),
    },
    { error: 'a rule: a mapping with "may", "roles", "environments" and "allow"' },
  )
  .describe('A rule. The first one that matches counts.');

const stage = z.strictObject(
  {
    name: line(40).describe('How the card and the issue call it.'),
    roles: list(name, 'roles').min(1, { error: 'a list of at least one role' }).describe('Who decides here.'),
    quorum: whole(1, 20).prefault(1).describe('How many different people must say yes; 1 by default.'),
    when: choice(['raw']).optional().describe('"raw": only requests that bring raw data need it.'),
  },
  { error: 'a stage: a mapping with "name", "roles", "quorum" and "when"' },
);

const fallback = z
  .strictObject(
    {
      roles: list(name, 'roles').min(1, { error: 'a list of at least one role' }).describe('Who.'),
      after: duration('5m', '30d').describe('How long a request has waited by then, such as "4h".'),
    },
    { error: 'a mapping with "roles" and "after"' },
  )
  .describe('Who may decide as well, in any stage, where nobody has decided for so long.');

export const approval = z
  .strictObject(
    {
      stages: list(stage, 'stages')
        .min(1, { error: 'a list of at least one stage' })
        .max(9, { error: 'at most nine stages' })
        .optional()
        .describe('In this order; a person counts in one of them only.'),
      fallback: fallback.optional(),
    },
    { error: 'a mapping with "stages", "fallback" or both' },
  )
  .describe('Where one yes is not enough: stages, in order; and who decides where nobody does.');
