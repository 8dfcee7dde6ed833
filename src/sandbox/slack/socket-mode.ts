import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Changed } from './change.ts';
import type { SlackApp } from './options.ts';
import { acceptSocket, type ServerSocket } from './websocket.ts';

export interface Envelope {
  envelope_id: string;
  type: DeliveryType;
  payload: Record<string, unknown>;
  accepts_response_payload: boolean;
  retry_attempt?: number;
  retry_reason?: string;
}
export type DeliveryType = 'slash_commands' | 'interactive' | 'events_api';
export type Acknowledged = (envelopeId: string, payload: Record<string, unknown>) => void;

const mostSockets = 10;
const pingEveryMs = 5000;
const ticketLivesMs = 30_000;

export type SocketMode = ReturnType<typeof createSocketMode>;

/** Socket Mode: hands out one-use WebSocket addresses, greets, pings, and sends each envelope to one of the open
 *  sockets in turn, as Slack spreads them over the instances of an app. */
export function createSocketMode(app: SlackApp, acknowledged: Acknowledged, changed: Changed) {
  const tickets = new Map<string, number>();
  const sockets: ServerSocket[] = [];
  let turn = 0;

  /** A WebSocket address that can be used once, within 30 seconds. */
  function address(port: number): string {
    const ticket = randomBytes(18).toString('hex');
    tickets.set(ticket, Date.now() + ticketLivesMs);
    return `ws://127.0.0.1:${port}/link/?ticket=${ticket}&app_id=${app.id}`;
  }

  function heard(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message !== 'object' || message === null) return;
    const { envelope_id: id, payload } = message as { envelope_id?: unknown; payload?: unknown };
    if (typeof id !== 'string') return;
    const answer = typeof payload === 'object' && payload !== null ? payload : {};
    acknowledged(id, answer as Record<string, unknown>);
  }

  function leave(socket: ServerSocket | undefined): void {
    const at = socket ? sockets.indexOf(socket) : -1;
    if (at < 0) return;
    sockets.splice(at, 1);
    changed({ kind: 'connection' });
  }

  function upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const ticket = url.searchParams.get('ticket') ?? '';
    const until = tickets.get(ticket);
    tickets.delete(ticket);
    if (url.pathname !== '/link/' || until === undefined || until < Date.now()) {
      stream.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      return;
    }
    let pings: NodeJS.Timeout | undefined;
    const socket = acceptSocket(request, stream, head, {
      onText: heard,
      onClosed: () => {
        clearInterval(pings);
        leave(socket);
      },
    });
    if (!socket) return;
    if (sockets.length >= mostSockets) {
      socket.sendText(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets' }));
      socket.close();
      return;
    }
    sockets.push(socket);
    pings = setInterval(() => socket.ping(), pingEveryMs).unref();
    socket.sendText(
      JSON.stringify({
        type: 'hello',
        num_connections: sockets.length,
        debug_info: { host: 'slack-stand-in', build_number: 1, approximate_connection_time: 18_060 },
        connection_info: { app_id: app.id },
      }),
    );
    changed({ kind: 'connection' });
  }

  /** Sends it to the next open socket. False where nobody is connected. */
  function send(envelope: Envelope): boolean {
    const open = sockets.filter((one) => one.open);
    const socket = open[turn++ % Math.max(open.length, 1)];
    socket?.sendText(JSON.stringify(envelope));
    return socket !== undefined;
  }

  return {
    address,
    upgrade,
    send,
    newEnvelopeId: (): string => randomUUID(),
    count: (): number => sockets.length,
    /** Cuts every connection without a word, as a network does. */
    cut: (): void => {
      for (const one of sockets.slice()) one.destroy();
    },
    /** Ends every connection with a close frame. */
    close: (): void => {
      for (const one of sockets.slice()) one.close(1001);
    },
    /** Asks every client to come back, as Slack does before it recycles a connection. */
    refresh: (): void => {
      for (const one of sockets)
        one.sendText(
          JSON.stringify({
            type: 'disconnect',
            reason: 'refresh_requested',
            debug_info: { host: 'slack-stand-in' },
          }),
        );
    },
  };
}
