/** What the bot's token must be allowed to do, each with the reason. The app manifest asks for exactly these. */
export const scopeReasons: Readonly<Record<string, { why: string; needed: boolean }>> = {
  'chat:write': { why: 'post and edit cards, threads, alerts and direct messages', needed: true },
  commands: { why: 'hear /refresh and /backups', needed: true },
  'usergroups:read': { why: 'see who is in the user groups that give roles', needed: false },
  'channels:read': { why: 'let check see that the bot is in its public channels', needed: false },
  'groups:read': { why: 'let check see that the bot is in its private channels', needed: false },
  'channels:history': {
    why: 'find an own message again whose posting was answered by silence, instead of posting it twice',
    needed: false,
  },
  'groups:history': { why: 'the same in private channels', needed: false },
};

/** All of them, for the manifest. */
export const scopes: readonly string[] = Object.keys(scopeReasons);

/** The events that the app subscribes to, each with the reason. None of them needs a scope. */
export const eventReasons: Readonly<Record<string, string>> = {
  app_home_opened: 'draw the Home tab when somebody opens it',
};
