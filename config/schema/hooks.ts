import { z } from 'zod';
import { choice, duration, flag, list, name, matching, secret, whole } from './values.ts';

const urlAllowed =
  'an https:// address without user, password or fragment (http:// only in your own network, with "plainHttp: true")';

const url = z.string({ error: urlAllowed }).refine(isUrl, { error: urlAllowed });

function isUrl(text: string): boolean {
  if (text.length > 2000 || !URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '' && hash === '';
}

const hook = z.strictObject(
  {
    name: name.describe('How cards call it.'),
    url: url.optional().describe('Address that is called by POST. Either this or `command`.'),
    plainHttp: flag.optional().describe('Whether it may be called without TLS, within your own network.'),
    secret: secret.optional().describe('Key of the signature: env:NAME or file:/path. With `url`.'),
    token: secret
      .optional()
      .describe('Sent as "Authorization: Bearer ..."; env:NAME or file:/path. With `url`.'),
    attempts: whole(1, 10).optional().describe('How often it is tried at most; 3 by default. With `url`.'),
    command: matching(
      /^[a-z][a-z0-9-]{0,31}$/,
      'the name of a hook in the host\'s own file, such as "migrate"',
    )
      .optional()
      .describe("Name of a program in the host's own root-owned file. Either this or `url`."),
    host: name.optional().describe('The host of this file that the command is run on. With `command`.'),
    timeout: duration('1s', '6h')
      .optional()
      .describe('How long a call may take; "30s" by default, and "15m" for a command.'),
    after: list(choice(['refresh', 'undo']), 'kinds of requests')
      .min(1, { error: 'a list of at least one kind' })
      .optional()
      .describe('What it follows; ["refresh", "undo"] by default.'),
    databases: list(name, 'databases')
      .min(1, { error: 'a list of at least one database' })
      .optional()
      .describe('Only where one of these was swapped; by default whichever.'),
  },
  { error: 'a hook: a mapping with "name", and "url" and "secret", or "host" and "command"' },
);

export const hooks = list(hook, 'hooks')
  .max(20, { error: 'at most 20 hooks' })
  .describe(
    'What is called once the new databases are in place, in this order: migrate, redeploy, smoke test.',
  );
