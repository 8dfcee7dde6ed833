import type { Receiver } from '@slack/bolt';
import type { Router } from 'express';

/** How what people do in Slack comes to us. */
export type Reception = {
  /** Bolt's end of it. */
  receiver: Receiver;
  /** What is mounted on the app's own port; nothing in Socket Mode. */
  routes: Router;
  /**
   * Begins to take deliveries in, until `signal`; the Bolt app must be there. Rejects with Slack's refusal of a token; when Slack
   * is away it resolves.
   */
  begin(signal: AbortSignal): Promise<void>;
  /** Resolves when it has ended after `signal`. */
  ended(): Promise<void>;
  isConnected(): boolean;
};
