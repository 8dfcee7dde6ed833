import type { Duplex } from 'node:stream';
import type { ServerAccess } from '../../runners/engine.ts';

/**
 * The same server, whose connection is gone before it answers the statement that `last` says yes to; it has been carried out by then.
 * `changes` reads what a session sends: a statement that changes something, or nothing.
 */
export function severedWhere(
  access: ServerAccess,
  changes: (chunk: Buffer) => string | undefined,
  last: (statement: string) => boolean,
): ServerAccess {
  const forward = async (port: number): Promise<Duplex> => {
    const stream = await access.host.forward(port);
    const write = stream.write.bind(stream) as (chunk: Buffer, ...rest: unknown[]) => boolean;
    stream.write = ((chunk: Buffer, ...rest: unknown[]) => {
      const statement = changes(chunk);
      if (statement !== undefined && last(statement)) {
        stream.removeAllListeners('data');
        stream.once('data', () => stream.destroy());
      }
      return write(chunk, ...rest);
    }) as typeof stream.write;
    return stream;
  };
  return { ...access, host: { ...access.host, forward } };
}

/** `last` for the statement of this number, from one on. */
export function numbered(at: number): (statement: string) => boolean {
  let sent = 0;
  return () => (sent += 1) === at;
}
