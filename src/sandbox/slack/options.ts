/** Somebody in the workspace. `title` is the role that people see beside the name. */
export interface SlackUser {
  id: string;
  /** The handle, without `@`. */
  name: string;
  realName: string;
  title?: string;
  email?: string;
  /** IANA name; "Europe/London" unless told. */
  timeZone?: string;
  isBot?: boolean;
  /** The workspace they are a member of, where it is not the app's: channels can be shared. */
  teamId?: string;
}

/** A channel. The app can post where its bot user is a member. */
export interface SlackChannel {
  /** `C...` */
  id: string;
  /** Without `#`. */
  name: string;
  isPrivate?: boolean;
  members: string[];
}

/** A user group: people of a workspace under one handle. */
export interface SlackGroup {
  /** `S...` */
  id: string;
  /** Without `@`. */
  handle: string;
  /** Ids of its users. */
  users: string[];
  /** Switched off, by which it keeps its users. */
  disabled?: boolean;
}

/** The app as it is installed: its tokens and what they may do. */
export interface SlackApp {
  /** `A...` */
  id: string;
  name: string;
  /** `U...`; the bot's user is added to the users by the stand-in. */
  botUserId: string;
  /** `B...` */
  botId: string;
  /** `xoxb-...`, for everything but Socket Mode. */
  botToken: string;
  botScopes: string[];
  /** `xapp-...`, for `apps.connections.open` alone. */
  appToken: string;
  appScopes: string[];
  /** Slash commands of the app's manifest, with their slash. */
  commands: string[];
  /** Events the app subscribes to: `app_home_opened`, `message.channels`, `message.groups`, `message.im`. */
  events: string[];
  /** Where requests go in HTTP mode; without it everything goes through Socket Mode. */
  http?: { requestUrl: string; signingSecret: string };
}

/** What the stand-in starts with. */
export interface SlackOptions {
  /** A free one unless given. */
  port?: number;
  team: { id: string; name: string; domain: string };
  users: SlackUser[];
  channels: SlackChannel[];
  /** None unless given; tests change them while it runs. */
  groups?: SlackGroup[];
  app: SlackApp;
  /** The clock of expiries and time stamps, in milliseconds; tests move it. `Date.now` unless given. */
  now?: () => number;
  /** How long the app has to acknowledge, in milliseconds. 3,000 as with Slack; tests that want a timeout shorten it. */
  ackMs?: number;
  /** Whether too many calls are refused with 429. True unless told. */
  rateLimits?: boolean;
}
