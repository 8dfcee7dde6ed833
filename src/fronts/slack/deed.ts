import { z } from 'zod';
import { buttonIds, linkIds, pageIds } from './messages/buttons.ts';
import { scheduleButtonIds } from './messages/schedule-buttons.ts';

/** The slash commands that people type; each is a group of commands. */
export const groups = ['refresh', 'backups'] as const;

const by = {
  /** Slack member id of who did it. */
  user: z.string(),
  /** Their handle, to be named by where the site file does not know them. */
  userName: z.string(),
  channel: z.string(),
  /** Ids of the workspaces that Slack names with it: where it was done, and whose member did it. */
  teams: z.array(z.string()),
  /** Good for five answers within half an hour. */
  responseUrl: z.string().optional(),
};

/** What somebody did in Slack, as it is kept until it was carried out. Holds nothing else of Slack's payload. */
export const deedSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('command'), ...by, group: z.enum(groups), text: z.string() }),
  z.strictObject({
    kind: z.literal('button'),
    ...by,
    button: z.enum([...buttonIds, ...linkIds, ...pageIds, ...scheduleButtonIds]),
    value: z.string(),
    /** The message it belongs to; absent for one that only they see. */
    messageTs: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal('form'),
    ...by,
    /** What `/refresh` would have been given. */
    input: z.strictObject({
      environment: z.string(),
      databases: z.array(z.string()),
      backup: z.array(z.string()),
      reason: z.string(),
      at: z.string().optional(),
      for: z.string().optional(),
    }),
  }),
  z.strictObject({
    kind: z.literal('hold'),
    ...by,
    /** What `/refresh hold` would have been given. */
    input: z.strictObject({ environment: z.string(), until: z.array(z.string()), reason: z.string() }),
  }),
]);
export type FormInput = Extract<Deed, { kind: 'form' }>['input'];
export type Deed = z.infer<typeof deedSchema>;

/** The deed as they would have typed it. */
export function deedText(deed: Deed): string {
  if (deed.kind === 'command') return `/${deed.group} ${deed.text}`.trim();
  if (deed.kind === 'hold') return holdText(deed.input);
  return deed.kind === 'form' ? formText(deed.input) : `${deed.button} ${deed.value}`;
}

function holdText({ environment, until, reason }: Extract<Deed, { kind: 'hold' }>['input']): string {
  return ['/refresh hold', environment, 'until', ...until, '--reason', quoted(reason)].join(' ');
}

function formText({ environment, databases, backup, reason, at, for: ticket }: FormInput): string {
  const options = [
    ...backup.map((id) => `--backup ${id}`),
    ...(at === undefined ? [] : [`--at ${quoted(at)}`]),
    ...(ticket === undefined ? [] : [`--for ${quoted(ticket)}`]),
    ...(reason === '' ? [] : [`--reason ${quoted(reason)}`]),
  ];
  return ['/refresh', environment, ...databases, ...options].join(' ');
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
