import type { ServerAccess } from '../../../runners/engine.ts';
import { numbered, severedWhere } from '../sever.ts';

export function severed(access: ServerAccess, last: number | ((statement: string) => boolean)): ServerAccess {
  return severedWhere(access, changes, typeof last === 'number' ? numbered(last) : last);
}

/** The same server, and something else is done there right before the first statement that begins so. */
export function meanwhile(access: ServerAccess, begins: string, deed: () => Promise<unknown>): ServerAccess {
  let isDone = false;
  const forward = async (port: number) => {
    const stream = await access.host.forward(port);
    const write = stream.write.bind(stream) as (chunk: Buffer, ...rest: unknown[]) => boolean;
    stream.write = ((chunk: Buffer, ...rest: unknown[]) => {
      if (isDone || changes(chunk)?.startsWith(begins) !== true) return write(chunk, ...rest);
      isDone = true;
      deed().then(
        () => write(chunk, ...rest),
        (error: Error) => stream.destroy(error),
      );
      return true;
    }) as typeof stream.write;
    return stream;
  };
  return { ...access, host: { ...access.host, forward } };
}

function changes(chunk: Buffer): string | undefined {
  // COM_QUERY, the first packet of its exchange; those of the handshake have other numbers.
  if (chunk[3] !== 0 || chunk[4] !== 3) return undefined;
  // To a server of MySQL 8 the driver says first that no attributes of the query follow.
  const from = chunk[5] === 0 && chunk[6] === 1 ? 7 : 5;
  const statement = chunk.toString('latin1', from).trim();
  return /^(?:SELECT|SHOW|SET|USE)/i.test(statement) ? undefined : statement;
}
