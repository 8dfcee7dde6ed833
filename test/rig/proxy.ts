import { createServer, connect, type Socket } from 'node:net';
import { until } from '../until.ts';

/** A wire between the bot and a host that a test can cut, silence or count on. */
export type Proxy = {
  port: number;
  /** Bytes that went from the client to the server so far. */
  up(): number;
  /** How many connections were made so far. */
  accepted(): number;
  /** Resolves when there were more. */
  acceptedMoreThan(count: number): Promise<void>;
  /** New connections lead to this port from now on. */
  leadTo(port: number): void;
  /** Ends every connection with a reset; new ones are let through. */
  cut(): void;
  /** A black hole: nothing passes either way and nobody is told; new connections meet it, too. */
  freeze(): void;
  /** The same once so many further bytes have come from the server. Resolves then. */
  freezeAfter(bytes: number): Promise<void>;
  /** Ends the black hole; what was held back passes. */
  thaw(): void;
  /** Cuts in the middle of an upload: once a connection has carried so many further bytes to the server. Resolves then. */
  cutAfter(bytes: number): Promise<void>;
  /** From so many further bytes to the server on, its answers are lost. Resolves when that has begun. */
  muteAfter(bytes: number): Promise<void>;
  close(): Promise<void>;
};

type Trap = { at: number; spring: (pair: Pair) => void };
type Pair = { client: Socket; server: Socket; muted: boolean };

/** Listens on a free port of 127.0.0.1 and passes everything on to `target`. */
export async function startProxy(target: number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  let leads = target;
  let frozen = false;
  let carried = 0;
  let accepted = 0;
  let trap: Trap | undefined;
  let dam: { left: number; full: () => void } | undefined;

  function end(pair: Pair): void {
    pairs.delete(pair);
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
  }

  function upward(pair: Pair, chunk: Buffer): void {
    const left = trap === undefined ? Infinity : trap.at - carried;
    if (trap === undefined || chunk.length < left) {
      carried += chunk.length;
      pair.server.write(chunk);
      return;
    }
    // Exactly so many bytes reach the server, in the middle of what is being sent.
    const { spring } = trap;
    trap = undefined;
    carried += left;
    pair.server.write(chunk.subarray(0, left));
    spring(pair);
    if (pairs.has(pair)) upward(pair, chunk.subarray(left));
  }

  function downward(pair: Pair, chunk: Buffer): void {
    if (dam === undefined || chunk.length < dam.left) {
      if (dam !== undefined) dam.left -= chunk.length;
      pair.client.write(chunk);
      return;
    }
    const { left, full } = dam;
    dam = undefined;
    pair.client.write(chunk.subarray(0, left));
    freeze();
    pair.server.unshift(chunk.subarray(left));
    full();
  }

  function freeze(): void {
    frozen = true;
    pairs.forEach(hold);
  }

  const server = createServer({ noDelay: true }, (client) => {
    const pair: Pair = {
      client,
      server: connect({ port: leads, host: '127.0.0.1', noDelay: true }),
      muted: false,
    };
    pairs.add(pair);
    accepted += 1;
    if (frozen) hold(pair);
    client.on('data', (chunk: Buffer) => upward(pair, chunk));
    pair.server.on('data', (chunk: Buffer) => {
      if (!pair.muted) downward(pair, chunk);
    });
    for (const [one, other] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => {
        pairs.delete(pair);
        if (!frozen) other.destroy();
      });
    }
  });

  function hold(pair: Pair): void {
    pair.client.pause();
    pair.server.pause();
  }

  function arm(bytes: number, then: (pair: Pair) => void): Promise<void> {
    return new Promise((resolve) => {
      trap = {
        at: carried + bytes,
        spring: (pair) => {
          then(pair);
          resolve();
        },
      };
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    up: () => carried,
    accepted: () => accepted,
    acceptedMoreThan: (count) => until('a new connection', () => accepted > count).then(() => undefined),
    leadTo: (port) => void (leads = port),
    cut: () => pairs.forEach(end),
    freeze,
    freezeAfter: (bytes) => new Promise((full) => (dam = { left: bytes, full })),
    thaw() {
      frozen = false;
      for (const { client, server: far } of pairs) {
        client.resume();
        far.resume();
      }
    },
    cutAfter: (bytes) => arm(bytes, end),
    muteAfter: (bytes) => arm(bytes, (pair) => void (pair.muted = true)),
    async close() {
      pairs.forEach(end);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
