import type { Case } from './case.ts';
import { environments } from './cases/environments.ts';
import { schedules } from './cases/schedules.ts';
import { sections } from './cases/sections.ts';

export const cases: readonly Case[] = [...environments, ...sections, ...schedules];
