import { tending } from '../../schedule.ts';

export const skip = tending(
  'skip',
  'skipped',
  'Leave out the next time of a schedule, once',
  (service, actor, name) => service.skipSchedule(actor, name),
);
