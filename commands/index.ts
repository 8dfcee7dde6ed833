import { align } from './backups/align.ts';
import { list } from './backups/list.ts';
import { prove } from './backups/prove.ts';
import { retention } from './backups/retention.ts';
import { show } from './backups/show.ts';
import { take } from './backups/take.ts';
import { who } from './backups/who.ts';
import type { Command } from './command.ts';
import { helpFor } from './help.ts';
import { acknowledge } from './refresh/acknowledge.ts';
import { approve } from './refresh/approve.ts';
import { cancel } from './refresh/cancel.ts';
import { delegate } from './refresh/delegate.ts';
import { link } from './refresh/link.ts';
import { hold } from './refresh/hold.ts';
import { holds } from './refresh/holds.ts';
import { plan } from './refresh/plan.ts';
import { reject } from './refresh/reject.ts';
import { release } from './refresh/release.ts';
import { request } from './refresh/request.ts';
import { retry } from './refresh/retry.ts';
import { settle } from './refresh/settle.ts';
import { add as addSchedule } from './refresh/schedule/add.ts';
import { approve as approveSchedule } from './refresh/schedule/approve.ts';
import { list as schedules } from './refresh/schedule/list.ts';
import { pause as pauseSchedule } from './refresh/schedule/pause.ts';
import { reject as rejectSchedule } from './refresh/schedule/reject.ts';
import { remove as removeSchedule } from './refresh/schedule/remove.ts';
import { resume as resumeSchedule } from './refresh/schedule/resume.ts';
import { run as runSchedule } from './refresh/schedule/run.ts';
import { skip as skipSchedule } from './refresh/schedule/skip.ts';
import { status } from './refresh/status.ts';
import { undo } from './refresh/undo.ts';
import { unlink } from './refresh/unlink.ts';

const refresh: readonly Command[] = [
  request,
  plan,
  status,
  approve,
  reject,
  cancel,
  retry,
  undo,
  settle,
  hold,
  release,
  holds,
  acknowledge,
  delegate,
  link,
  unlink,
  schedules,
  addSchedule,
  approveSchedule,
  rejectSchedule,
  pauseSchedule,
  resumeSchedule,
  skipSchedule,
  runSchedule,
  removeSchedule,
];

const backups: readonly Command[] = [list, show, align, who, take, prove, retention];

/** Everything that people can say, whatever the front. */
export const commands: readonly Command[] = [
  ...refresh,
  helpFor('refresh', 'Refresh a test environment from a backup', refresh),
  ...backups,
  helpFor('backups', 'Find the backup that fits', backups),
];
