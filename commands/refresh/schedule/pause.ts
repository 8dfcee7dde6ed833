import { tending } from '../../schedule.ts';

export const pause = tending('pause', 'paused', 'Keep a schedule from running', (service, actor, name) =>
  service.pauseSchedule(actor, name),
);
