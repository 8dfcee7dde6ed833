import { z } from 'zod';

/** What the parts of the modal are called: listeners go by it, and what is filled in is found by it. */

export const callbackId = 'refresh-modal';
export const holdCallbackId = 'hold-modal';

/** Names of environments and databases are kebab-case of at most 40 characters, by the site file's own rule: they fit. */
export const blockIds = {
  environment: 'environment',
  /** Another environment is another list: what was chosen from the first one does not stay behind. */
  databases: (environment: string) => `databases:${environment}`,
  /**
   * `proposed`: the backup that it shows without anybody having picked it. Another one is another field: what Slack keeps of
   * the first one does not hide it.
   */
  backup: (environment: string, database: string, proposed?: string) =>
    ['backup', environment, database, ...(proposed === undefined ? [] : [proposed])].join(':'),
  reason: 'reason',
  ticket: 'ticket',
  when: 'when',
  until: 'until',
};

export const actionIds = {
  environment: 'modal-environment',
  databases: 'modal-databases',
  backup: (database: string) => `modal-backup:${database}`,
  reason: 'modal-reason',
  ticket: 'modal-ticket',
  when: 'modal-when',
  // Of the form for holds, which nothing follows as it is filled in.
  heldEnvironment: 'hold-environment',
  until: 'hold-until',
};
export const anyAction = /^modal-/;
/** The menus whose options are asked for as somebody types. */
export const anyMenu = /^(?:modal-|hold-environment$)/;

/** The environment and database that a block of a backup is for, and what it proposes. */
export function backupOf(
  blockId: string,
): { environment: string; database: string; proposed?: string } | undefined {
  const [kind, environment, database, proposed, ...rest] = blockId.split(':');
  if (kind !== 'backup' || environment === undefined || database === undefined || rest.length > 0)
    return undefined;
  return { environment, database, ...(proposed === undefined ? {} : { proposed }) };
}

/** The environment that a block of databases is for. */
export function databasesOf(blockId: string): string | undefined {
  const [kind, environment, ...rest] = blockId.split(':');
  return kind === 'databases' && rest.length === 0 ? environment : undefined;
}

const metaSchema = z.strictObject({
  /** Of what is below: a later Freshet knows what an earlier one wrote. */
  v: z.literal(1),
  /** Whom it was opened for: nobody else's submission counts. */
  user: z.string().min(1).max(40),
  /** Where they are answered; empty: in a direct message. */
  channel: z.string().max(40),
});
/** What the modal carries beside what people see. With what is filled in, it is all that its submission needs. */
export type Meta = Omit<z.infer<typeof metaSchema>, 'v'>;

export function encodeMeta({ user, channel }: Meta): string {
  return JSON.stringify({ v: 1, user, channel });
}

/** Undefined when it is none of ours. */
export function decodeMeta(text: string): Meta | undefined {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data } = metaSchema.safeParse(given);
  return data && { user: data.user, channel: data.channel };
}
