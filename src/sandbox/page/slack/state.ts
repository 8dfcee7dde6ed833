import type { Block } from '../../slack/blocks/blocks.ts';
import type { PlainText } from '../../slack/blocks/text.ts';
import type { StateValues } from '../../slack/blocks/values.ts';

/** Slack as one person sees it. */
export type SlackState = {
  team: string;
  app: { name: string; botUserId: string };
  /** Their user's id. */
  me: string;
  users: readonly SlackPerson[];
  /** Those they are a member of: channels by name, then their direct messages with the app. */
  conversations: readonly Conversation[];
  /** The app's Home tab, once it was published for them. */
  home?: OpenView;
  /** The modals before their eyes, the lowest first. */
  views: readonly OpenView[];
  /** What of theirs failed, oldest first; told in no message. */
  notices: readonly Notice[];
  words: Words;
};

export type SlackPerson = { id: string; handle: string; name: string; title?: string; isApp: boolean };

export type Conversation = {
  id: string;
  kind: 'channel' | 'private' | 'direct';
  /** Without `#`; the app's name for direct messages. */
  name: string;
  members: number;
  /** Undeleted, oldest first: posted ones, replies, and those that only they see. */
  messages: readonly Message[];
  /** How many older ones are left out. */
  earlier: number;
};

export type Message = {
  ts: string;
  channel: string;
  /** The message whose thread it is in. */
  threadTs?: string;
  /** A reply that is shown in the channel as well. */
  broadcast: boolean;
  /** User id; the app's for its own. */
  user: string;
  /** Only they see it. `slackbot` says what went wrong with a command. */
  ephemeral?: 'app' | 'slackbot';
  edited: boolean;
  text: string;
  blocks: readonly Block[];
  /** What they have chosen in it. */
  values: StateValues;
};

export type OpenView = {
  id: string;
  hash: string;
  title: string;
  submit?: PlainText;
  close?: PlainText;
  blocks: readonly Block[];
  values: StateValues;
  /** What stands under inputs, by block_id. */
  errors: Readonly<Record<string, string>>;
};

export type Notice = { number: number; at: string; text: string };

/** What the composer completes a command from. */
export type Words = {
  /** With their slash. */
  commands: readonly string[];
  sentences: readonly Sentence[];
  environments: readonly { name: string; title: string; production: boolean }[];
  databases: readonly { name: string; title: string }[];
};

/** A command as the grammar has it: `['refresh', 'status']`. */
export type Sentence = {
  words: readonly string[];
  summary: string;
  usage: string;
  positionals: readonly { name: string; many: boolean }[];
  options: readonly { name: string; value?: string; many: boolean; summary: string }[];
};

/** Where somebody acts: a message, or a view by its id. */
export type Place = { channel: string; ts: string } | { view: string };
