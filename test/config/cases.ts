import type { Case } from './case.ts';
import { environments } from './cases/environments.ts';
import { hooks } from './cases/hooks.ts';
import { neutralise } from './cases/neutralise.ts';
import { proving } from './cases/proving.ts';
import { schedules } from './cases/schedules.ts';
import { sections } from './cases/sections.ts';
import { sources } from './cases/sources.ts';

export const cases: readonly Case[] = [
  ...environments,
  ...sections,
  ...schedules,
  ...neutralise,
  ...hooks,
  ...proving,
  ...sources,
];
