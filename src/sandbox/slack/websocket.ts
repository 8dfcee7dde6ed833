import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The server's side of one WebSocket (RFC 6455): text both ways, ping, pong and close; no extensions.
 *  Written here because the only WebSocket package the app brings along (undici) is a client. */
export interface ServerSocket {
  readonly open: boolean;
  sendText: (text: string) => void;
  ping: () => void;
  /** The polite end: a close frame, then the connection. */
  close: (code?: number) => void;
  /** The connection is gone at once, without a close frame. */
  destroy: () => void;
}

export interface SocketEvents {
  onText: (text: string) => void;
  onClosed: () => void;
}

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const mostBytes = 1_048_576;

function frame(opcode: number, payload: Buffer): Buffer {
  const short = payload.length < 126;
  const long = payload.length > 0xffff;
  const head = Buffer.alloc(short ? 2 : long ? 10 : 4);
  head[0] = 0x80 | opcode;
  head[1] = short ? payload.length : long ? 127 : 126;
  if (long) head.writeBigUInt64BE(BigInt(payload.length), 2);
  else if (!short) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

interface Frame {
  final: boolean;
  opcode: number;
  payload: Buffer;
  size: number;
}

/** The first frame in `bytes`; undefined until it is complete. Throws on what a client must not send. */
function parse(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  if ((second & 0x80) === 0) throw new Error('a frame from the client is not masked');
  let length = second & 0x7f;
  let at = 2;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  if (length > mostBytes) throw new Error('a frame from the client is too large');
  const size = at + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, size));
  for (let i = 0; i < payload.length; i++) payload[i] = payload.readUInt8(i) ^ mask.readUInt8(i % 4);
  return { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload, size };
}

/** Answers the upgrade and serves the socket. Without a key it answers 400 and gives back nothing. */
export function acceptSocket(
  request: IncomingMessage,
  stream: Duplex,
  head: Buffer,
  events: SocketEvents,
): ServerSocket | undefined {
  const key = request.headers['sec-websocket-key'];
  if (key === undefined) {
    stream.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    return undefined;
  }
  const accept = createHash('sha1')
    .update(key + magic)
    .digest('base64');
  stream.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );

  let open = true;
  let pending: Buffer = Buffer.alloc(0);
  let parts: Buffer[] = [];

  const isOpen = (): boolean => open;
  function send(opcode: number, payload: Buffer): void {
    if (open && stream.writable) stream.write(frame(opcode, payload));
  }
  function closed(): void {
    if (!open) return;
    open = false;
    events.onClosed();
  }
  function destroy(): void {
    stream.destroy();
    closed();
  }
  function close(code = 1000): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    send(opcodes.close, payload);
    stream.end();
    // A peer that never ends its half would keep the server from closing.
    setTimeout(() => stream.destroy(), 500).unref();
    closed();
  }
  function take(one: Frame): void {
    if (one.opcode === opcodes.ping) send(opcodes.pong, one.payload);
    else if (one.opcode === opcodes.close) close();
    else if (one.opcode === opcodes.text || one.opcode === opcodes.continuation) {
      parts.push(one.payload);
      if (!one.final) return;
      const text = Buffer.concat(parts).toString('utf8');
      parts = [];
      events.onText(text);
    }
  }
  function receive(bytes: Buffer): void {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    try {
      for (let one = parse(pending); one; one = parse(pending)) {
        pending = pending.subarray(one.size);
        take(one);
        if (!isOpen()) return;
      }
    } catch {
      close(1002);
    }
  }

  stream.on('data', receive);
  stream.on('close', closed);
  stream.on('error', destroy);
  if (head.length > 0) receive(head);
  return {
    get open() {
      return open;
    },
    sendText: (text) => send(opcodes.text, Buffer.from(text, 'utf8')),
    ping: () => send(opcodes.ping, Buffer.from('ping')),
    close,
    destroy,
  };
}
