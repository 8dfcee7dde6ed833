/**
 * Words that people type behind `/refresh` or `/backups` where the name of an environment or a database could stand as
 * well. The configuration refuses such names, so that `/refresh status` never means an environment. Every verb of the
 * commands is in it (a test of the commands' registry holds that); some are kept free for verbs to come.
 */
export const reservedWords: readonly string[] = [
  'acknowledge',
  'align',
  'all',
  'approve',
  'backup',
  'backups',
  'cancel',
  'delegate',
  'derive',
  'help',
  'hold',
  'holds',
  'link',
  'list',
  'plan',
  'prove',
  'pull',
  'refresh',
  'reject',
  'release',
  'request',
  'retention',
  'retry',
  'schedule',
  'settle',
  'show',
  'status',
  'take',
  'undo',
  'unlink',
  'who',
];

/** Words behind `/refresh schedule` where the name of a schedule could stand as well. */
export const scheduleWords: readonly string[] = [
  'add',
  'approve',
  'reject',
  'help',
  'list',
  'pause',
  'remove',
  'resume',
  'run',
  'skip',
];

export function isScheduleWord(name: string): boolean {
  return scheduleWords.includes(name);
}

/** Whether a name would be mistaken for a verb. */
export function isReserved(name: string): boolean {
  return reservedWords.includes(name.toLowerCase());
}
