import { tending } from '../../schedule.ts';

export const resume = tending(
  'resume',
  'resumed',
  'Let a paused schedule run again',
  (service, actor, name) => service.resumeSchedule(actor, name),
);
