import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Store } from '../../store/store.ts';
import type { Sandbox } from '../sandbox.ts';
import { databasesPart } from './databases/part.ts';
import { readBuilt, type PageFile } from './files.ts';
import { freshetPart } from './freshet/part.ts';
import { securityHeaders, strangerAt } from './guard.ts';
import { jiraPart } from './jira/part.ts';
import { createLive } from './live.ts';
import type { AnyPart } from './parts.ts';
import { people, playerOf } from './people.ts';
import { slackPart } from './slack/part.ts';

/** Where the page is, unless somebody else is there. */
export const usualPort = 4600;
/** A modal with everything filled in is far below it. */
const largestBody = 256 * 1024;

export type PageOptions = {
  sandbox: Sandbox;
  /** The bot's store, for what it alone knows; nothing is written to it. */
  store?: Store;
  /** 0 takes a free one. Default: the usual one, or a free one where that is taken. */
  port?: number;
  /** The folder of the built client. */
  built: string;
  /** Told what went wrong inside of the page. */
  log?: (fault: unknown) => void;
};

export type SandboxPage = {
  url: string;
  /** Ends every connection. */
  close(): Promise<void>;
};

/** Serves the sandbox's page on 127.0.0.1. */
export function startPage({ sandbox, store, ...options }: PageOptions): Promise<SandboxPage> {
  const log = options.log ?? (() => undefined);
  const parts = [
    slackPart(sandbox),
    jiraPart(sandbox),
    databasesPart(sandbox, store, log),
    freshetPart(store, log),
  ];
  return servePage({ ...options, parts });
}

/** The same of any parts: a part that is not there stays empty. */
export async function servePage(
  options: Omit<PageOptions, 'sandbox' | 'store'> & { parts: readonly AnyPart[] },
): Promise<SandboxPage> {
  const files = await readBuilt(options.built);
  const log = options.log ?? (() => undefined);
  const { parts } = options;
  const live = createLive({ start: randomUUID(), people: people() }, parts, log);
  let port = 0;
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      log(error);
      if (!response.headersSent) refuse(response, 500, 'The page’s server could not do that.');
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const stranger = strangerAt(port, request);
    if (stranger !== undefined) return refuse(response, 403, stranger);
    const asked = request.url ?? '/';
    // `//` would be read as another address.
    if (!asked.startsWith('/') || asked.startsWith('//')) return refuse(response, 400, 'That is no path.');
    const { pathname, searchParams } = new URL(asked, 'http://page');
    if (request.method === 'POST') return act(parts, pathname, request, response);
    if (request.method !== 'GET') return refuse(response, 405, 'Only GET and POST are known here.');
    if (pathname !== '/api/live') return give(files, pathname, response);
    const as = playerOf(searchParams.get('as'));
    if (as === undefined) return refuse(response, 404, `Nobody is called "${searchParams.get('as')}".`);
    live.watch(as, response);
  }

  await listen(server, options.port);
  port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      live.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      for (const part of parts) await part.close?.();
    },
  };
}

async function act(
  parts: readonly AnyPart[],
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, name, word] = /^\/api\/(\w+)\/([\w-]+)$/.exec(pathname) ?? [];
  const deeds = parts.find((part) => part.name === name)?.deeds ?? {};
  const deed = word !== undefined && Object.hasOwn(deeds, word) ? deeds[word] : undefined;
  if (deed === undefined) return refuse(response, 404, `There is no deed "${pathname}".`);
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return refuse(response, 415, 'Deeds are sent as application/json.');
  }
  const body = await readJson(request);
  if (typeof body === 'string') return refuse(response, 400, body);
  const { as: id, ...input } = body;
  const as = playerOf(id);
  if (as === undefined) return refuse(response, 400, `Nobody is called "${String(id)}".`);
  try {
    json(response, 200, (await deed(as, input)) ?? {});
  } catch (error) {
    // The stand-ins refuse with sentences for people, led by their own name.
    const sentence = error instanceof Error ? error.message : String(error);
    refuse(response, 422, sentence.replace(/^(Slack|Jira) stand-in: /, ''));
  }
}

/** The body, or what is wrong with it. */
async function readJson(request: IncomingMessage): Promise<Record<string, unknown> | string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) return `More than ${largestBody} bytes are not read.`;
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return body as Record<string, unknown>;
  } catch {
    // Said below.
  }
  return 'The body must be one JSON object.';
}

function give(files: ReadonlyMap<string, PageFile>, path: string, response: ServerResponse): void {
  const file = files.get(path);
  if (file === undefined) return refuse(response, 404, `There is nothing at "${path}".`);
  response.writeHead(200, { 'content-type': file.type, 'content-length': file.body.length });
  response.end(file.body);
}

function refuse(response: ServerResponse, status: number, error: string): void {
  // What was not read of a body would be taken for the next call.
  json(response, status, { error }, { connection: 'close' });
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

/** On the port that was asked for; without a wish on the usual one, or on a free one where that is taken. */
async function listen(server: Server, port: number | undefined): Promise<void> {
  try {
    await listenOn(server, port ?? usualPort);
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!taken || port !== undefined) throw error;
    await listenOn(server, 0);
  }
}

function listenOn(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
