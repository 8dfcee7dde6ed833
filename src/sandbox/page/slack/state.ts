/** Slack as one person sees it. */
export type SlackState = { channels: readonly { id: string; name: string }[] };
