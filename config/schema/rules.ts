import { z } from 'zod';
import { choice, flag, line, list, name, whole } from './values.ts';
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

export const approval = z
  .strictObject(
    {
      stages: list(stage, 'stages')
        .min(1, { error: 'a list of at least one stage' })
        .max(9, { error: 'at most nine stages' })
        .describe('In this order; a person counts in one of them only.'),
    },
    { error: 'a mapping with "stages"' },
  )
  .describe('Where one yes is not enough: stages, in order.');
