import { z } from 'zod';
import { ApiError, flag, id, method } from './method.ts';

/** User groups. */
export const groups = {
  'usergroups.users.list': method({
    token: 'bot',
    scopes: ['usergroups:read'],
    tier: 'tier2',
    args: z.strictObject({
      usergroup: id,
      include_disabled: flag.optional(),
      team_id: id.optional(),
    }),
    run: ({ workspace }, args) => {
      const found = workspace.groups.get(args.usergroup);
      if (!found || (found.disabled === true && args.include_disabled !== true))
        throw new ApiError('no_such_subteam');
      return { users: found.users };
    },
  }),
};
