import { chat } from './chat.ts';
import { groups } from './groups.ts';
import { history } from './history.ts';
import type { Method } from './method.ts';
import { views } from './views.ts';
import { general } from './workspace.ts';

/** Every method of the Web API that the stand-in has; others are refused with `unknown_method`. */
export const methods: Readonly<Record<string, Method>> = {
  ...general,
  ...groups,
  ...chat,
  ...history,
  ...views,
};
