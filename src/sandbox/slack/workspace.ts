import { randomBytes } from 'node:crypto';
import type { Block } from './blocks/blocks.ts';
import type { Changed } from './change.ts';
import type { SlackChannel, SlackGroup, SlackOptions, SlackUser } from './options.ts';

/** What a message looked like at one time. */
export interface Version {
  text: string;
  blocks: Block[];
  at: Date;
}

/** A message of a conversation, as everybody in it sees it. */
export interface Message {
  channel: string;
  ts: string;
  /** The message whose thread it is in. */
  threadTs?: string;
  /** A reply that is shown in the channel as well. */
  broadcast: boolean;
  user: string;
  /** Set where the app posted it. */
  botId?: string;
  text: string;
  blocks: Block[];
  /** What it looked like, oldest first; the last is what it looks like now. */
  versions: Version[];
  deletedAt?: Date;
  permalink: string;
  metadata?: { event_type: string; event_payload: Record<string, unknown> };
}

/** A message that one user sees, until a reload. */
export interface Ephemeral {
  channel: string;
  ts: string;
  threadTs?: string;
  /** Who sees it. */
  user: string;
  from: 'app' | 'slackbot';
  text: string;
  blocks: Block[];
  versions: Version[];
  deletedAt?: Date;
}

export interface Conversation extends SlackChannel {
  /** The user at the other end of a direct message. */
  directTo?: string;
}

export interface NewMessage {
  user: string;
  botId?: string;
  text: string;
  blocks: Block[];
  threadTs?: string;
  broadcast?: boolean;
  metadata?: Message['metadata'];
}

export type Workspace = ReturnType<typeof createWorkspace>;

const upper = (bytes: number): string => randomBytes(bytes).toString('hex').toUpperCase().slice(0, 10);

/** The state of the workspace. Nothing here asks who may do what: that is the business of the methods. */
export function createWorkspace(options: SlackOptions, changed: Changed) {
  const now = options.now ?? Date.now;
  const { app, team } = options;
  const users = new Map<string, SlackUser>();
  const groups = new Map<string, SlackGroup>();
  const conversations = new Map<string, Conversation>();
  const messages = new Map<string, Message[]>();
  let ephemerals: Ephemeral[] = [];
  let lastMicros = 0;

  function fill(): void {
    for (const user of options.users) users.set(user.id, { ...user });
    users.set(app.botUserId, {
      id: app.botUserId,
      name: app.name.toLowerCase(),
      realName: app.name,
      isBot: true,
    });
    for (const one of options.groups ?? []) groups.set(one.id, { ...one, users: [...one.users] });
    for (const one of options.channels) conversations.set(one.id, { ...one, members: [...one.members] });
  }

  /** Seconds and microseconds, never the same twice: Slack's id of a message. */
  function nextTs(): string {
    lastMicros = Math.max(now() * 1000, lastMicros + 1);
    return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`;
  }

  function list(channel: string): Message[] {
    const found = messages.get(channel) ?? [];
    messages.set(channel, found);
    return found;
  }

  function message(channel: string, ts: string): Message | undefined {
    return list(channel).find((one) => one.ts === ts && one.deletedAt === undefined);
  }

  /** The direct conversation of the app with a user, opened if there is none. */
  function direct(user: string): Conversation {
    const known = [...conversations.values()].find((one) => one.directTo === user);
    if (known) return known;
    const opened: Conversation = {
      id: `D${upper(5)}`,
      name: 'directmessage',
      isPrivate: true,
      members: [user, app.botUserId],
      directTo: user,
    };
    conversations.set(opened.id, opened);
    return opened;
  }

  function post(channel: string, given: NewMessage): Message {
    const ts = nextTs();
    const at = new Date(now());
    const permalink = new URL(`https://${team.domain}.slack.com/archives/${channel}/p${ts.replace('.', '')}`);
    if (given.threadTs !== undefined) {
      permalink.searchParams.set('thread_ts', given.threadTs);
      permalink.searchParams.set('cid', channel);
    }
    const { text, blocks } = given;
    const posted: Message = {
      broadcast: false,
      ...given,
      channel,
      ts,
      versions: [{ text, blocks, at }],
      permalink: permalink.href,
    };
    list(channel).push(posted);
    changed({ kind: 'posted', channel, ts });
    return posted;
  }

  function edit(one: Message | Ephemeral, text: string, blocks: Block[]): void {
    one.text = text;
    one.blocks = blocks;
    one.versions.push({ text, blocks, at: new Date(now()) });
    changed({
      kind: 'edited',
      channel: one.channel,
      ts: one.ts,
      ...('from' in one && { user: one.user }),
    });
  }

  function remove(one: Message | Ephemeral): void {
    one.deletedAt = new Date(now());
    changed({ kind: 'deleted', channel: one.channel, ts: one.ts, ...('from' in one && { user: one.user }) });
  }

  function whisper(given: Omit<Ephemeral, 'ts' | 'versions'>): Ephemeral {
    const { text, blocks, channel, user } = given;
    const shown: Ephemeral = {
      ...given,
      ts: nextTs(),
      versions: [{ text, blocks, at: new Date(now()) }],
    };
    ephemerals.push(shown);
    changed({ kind: 'ephemeral', channel, ts: shown.ts, user });
    return shown;
  }

  function reset(): void {
    users.clear();
    groups.clear();
    conversations.clear();
    messages.clear();
    ephemerals = [];
    fill();
  }

  fill();
  return {
    team,
    app,
    now,
    nextTs,
    users,
    groups,
    conversations,
    /** Undeleted, oldest first, replies of threads included. */
    messages: (channel: string): Message[] => list(channel).filter((one) => one.deletedAt === undefined),
    /** Deleted ones included. */
    everything: (channel: string): readonly Message[] => list(channel),
    ephemerals: (): Ephemeral[] => ephemerals.filter((one) => one.deletedAt === undefined),
    message,
    direct,
    post,
    edit,
    remove,
    whisper,
    reset,
  };
}
