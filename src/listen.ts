import { createServer, type Server } from 'node:http';
import express, { type Router } from 'express';
import { unavailable } from './domain/errors.ts';

/** A port of this process; `named` is where the site file or the command line says it. */
export type Endpoint = { address: string; port: number; named: string };

/** Serves the routes there. `Unavailable` (`http-port-taken`) when it can't. */
export async function listen(routes: readonly Router[], { address, port, named }: Endpoint): Promise<Server> {
  const app = express();
  app.disable('x-powered-by');
  for (const one of routes) app.use(one);
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        unavailable(
          'http-port-taken',
          `Port "${port}" of ${address} can't be listened on (${error.code ?? 'unknown'}).`,
          `Choose another port as ${named}, or end what has it.`,
        ),
      );
    });
    server.listen(port, address, resolve);
  });
  return server;
}

/** The port that it listens on; 0 where it does not. */
export function portOf(server: Server | undefined): number {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Takes no more, and lets go of who is connected. */
export function shut(server: Server | undefined): void {
  server?.closeAllConnections();
  server?.close();
}
