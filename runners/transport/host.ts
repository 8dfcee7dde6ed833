import type { Duplex } from 'node:stream';

/**
 * A machine that databases or backups live on, as the bot reaches it: two kinds of channel and nothing else.
 * There is no way to run a command of one's own: the bot's key is tied to `freshet-host`.
 *
 * Connections are opened on first use, kept, and opened anew after they were lost; callers see
 * `Unavailable` (code `host-unreachable`, `host-connection-lost`) when a channel can't be had or dies. A channel that dies says
 * nothing about the outcome of what was asked over it: ask again. A host key that differs from the pinned one is
 * `Config` (code `host-key-changed`): nothing was sent, and it is never retried by itself.
 */
export interface Host {
  /** The host's name in the site file. */
  readonly name: string;

  /** A channel to a fresh `freshet-host` session (its stdin and stdout). Ends with the connection. */
  session(): Promise<Duplex>;

  /** A channel to a TCP port of the host's loopback interface: what `pg` takes as its `stream`. */
  forward(port: number): Promise<Duplex>;

  /** Ends the connection and every channel. Idempotent. */
  close(): Promise<void>;
}

/** What it takes to reach a host; secrets are resolved by then. */
export type HostAddress = {
  name: string;
  address: string;
  port: number;
  user: string;
  /** Private key in OpenSSH or PEM form. */
  privateKey: string;
  passphrase?: string;
  /** The pinned public host key, as in known_hosts without the address: `ssh-ed25519 AAAA...`. */
  hostKey: string;
  /** How long opening a connection may take, and a session on it. Default 10 s. */
  connectTimeoutSeconds?: number;
  /** How often a silent connection is probed; lost after three unanswered probes. Default 10 s. */
  keepaliveSeconds?: number;
};
