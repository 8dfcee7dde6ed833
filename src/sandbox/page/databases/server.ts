import type { Portrait } from './portraits.ts';
import type { Sample } from './state.ts';

/** A database as its server describes it. */
export type Listed = {
  name: string;
  /** What stays with its content when it goes under another name. */
  lasting: string;
  bytes: number;
  /** Somebody can use it. */
  open: boolean;
  /** Changes with every row that is written. */
  written: string;
  sessions: readonly { application: string; user: string; count: number }[];
};

/** A database server of a host, as the page looks at it: over one connection, made when it is needed and again after it broke. */
export type Watched = {
  /** The databases with these live names, and what is beside them. */
  list(live: readonly string[]): Promise<Listed[]>;
  /**
   * Reads a few rows of a database, as its own application would, over a connection that is gone a moment later: one that stayed
   * would be in the way of a swap, and an administrator's could not even be ended by it.
   */
  sample(database: string, account: string, portrait: Portrait): Promise<Sample>;
  close(): Promise<void>;
};
