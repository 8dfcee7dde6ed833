import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came in: headers, and the body as it was sent. */
export type Hit = { path: string; headers: IncomingMessage['headers']; body: string };

/** A server that hooks call: it answers what the test says, one answer after another, and then 204. */
export async function hookTarget() {
  const hits: Hit[] = [];
  const answers: ((response: ServerResponse) => void)[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      hits.push({ path: request.url ?? '', headers: request.headers, body });
      const answer = answers.shift() ?? ((one: ServerResponse) => one.writeHead(204).end());
      answer(response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    hits,
    /** What is answered next: a status, or anything. */
    answer(...next: (number | ((response: ServerResponse) => void))[]): void {
      for (const one of next) {
        answers.push(typeof one === 'number' ? (response) => response.writeHead(one).end('a secret') : one);
      }
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
