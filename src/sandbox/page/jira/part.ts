import { z } from 'zod';
import type { Sandbox } from '../../sandbox.ts';
import { deed, type Part } from '../parts.ts';
import { boardOf } from './board.ts';

/** The Jira board at the right of the page. */
export function jiraPart({ jira }: Sandbox): Part<'jira'> {
  return {
    name: 'jira',
    state: (as) => boardOf(jira, as.jira),
    deeds: {
      move: deed(
        z.strictObject({
          key: z.string(),
          to: z.string(),
          comment: z.string().max(32_767).optional(),
          fields: z.record(z.string(), z.string()).optional(),
        }),
        (as, { key, to, comment, fields }) => {
          jira.moveIssue(as.jira, key, to, {
            ...(comment === undefined || comment.trim() === '' ? {} : { comment }),
            ...(fields === undefined ? {} : { fields }),
          });
        },
      ),
      comment: deed(
        z.strictObject({ key: z.string(), text: z.string().trim().min(1).max(32_767) }),
        (as, { key, text }) => {
          jira.comment(as.jira, key, text);
        },
      ),
    },
    onChange: (listener) => jira.onChange(listener),
  };
}
