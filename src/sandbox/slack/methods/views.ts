import { z } from 'zod';
import { checkView, type ViewContent } from '../blocks/surfaces.ts';
import type { Trigger } from '../tickets.ts';
import { ApiError, type Context, fromJson, id, json, method } from './method.ts';

function readView(given: unknown, wanted: 'modal' | 'home'): ViewContent {
  const checked = checkView(fromJson(given, 'invalid_arguments'), wanted);
  if (!checked.ok) throw new ApiError(checked.error, checked.messages);
  return checked.value;
}

function spend(context: Context, trigger: string): Trigger {
  const spent = context.triggers.spend(trigger);
  if (typeof spent === 'string') throw new ApiError(spent);
  return spent;
}

function unusedExternalId(context: Context, content: ViewContent): void {
  const { external_id: external } = content;
  if (external !== undefined && context.views.find({ external_id: external }))
    throw new ApiError('duplicate_external_id');
}

export const views = {
  'views.open': method({
    token: 'bot',
    scopes: [],
    tier: 'tier4',
    args: z.strictObject({ trigger_id: id, view: json }),
    run: (context, args) => {
      // A view that is refused costs no trigger: the app may still open a right one.
      const content = readView(args.view, 'modal');
      unusedExternalId(context, content);
      const { user } = spend(context, args.trigger_id);
      return { view: context.views.describe(context.views.open(user, content)) };
    },
  }),

  'views.push': method({
    token: 'bot',
    scopes: [],
    tier: 'tier4',
    args: z.strictObject({ trigger_id: id, view: json }),
    run: (context, args) => {
      const content = readView(args.view, 'modal');
      unusedExternalId(context, content);
      const { user, viewId } = spend(context, args.trigger_id);
      if (viewId === undefined || !context.views.find({ view_id: viewId }))
        throw new ApiError('invalid_trigger_id');
      const pushed = context.views.push(user, content);
      if (!pushed) throw new ApiError('push_limit_reached');
      return { view: context.views.describe(pushed) };
    },
  }),

  'views.update': method({
    token: 'bot',
    scopes: [],
    tier: 'tier4',
    args: z.strictObject({
      view: json,
      view_id: id.optional(),
      external_id: id.optional(),
      hash: id.optional(),
    }),
    run: (context, args) => {
      if ((args.view_id === undefined) === (args.external_id === undefined))
        throw new ApiError('invalid_arguments', ['must define either `view_id` or `external_id`']);
      const found = context.views.find({
        ...(args.view_id !== undefined && { view_id: args.view_id }),
        ...(args.external_id !== undefined && { external_id: args.external_id }),
      });
      if (!found) throw new ApiError('not_found');
      const content = readView(args.view, found.content.type);
      if (args.hash !== undefined && args.hash !== found.hash) throw new ApiError('hash_conflict');
      context.views.update(found, content);
      return { view: context.views.describe(found) };
    },
  }),

  'views.publish': method({
    token: 'bot',
    scopes: [],
    tier: 'tier4',
    args: z.strictObject({ user_id: id, view: json, hash: id.optional() }),
    run: (context, args) => {
      const user = context.workspace.users.get(args.user_id);
      if (!user || user.isBot)
        throw new ApiError('invalid_arguments', ['user_id is not a user [json-pointer:/user_id]']);
      const content = readView(args.view, 'home');
      const shown = context.views.home(user.id);
      if (args.hash !== undefined && args.hash !== shown?.hash) throw new ApiError('hash_conflict');
      return { view: context.views.describe(context.views.publish(user.id, content)) };
    },
  }),
};
