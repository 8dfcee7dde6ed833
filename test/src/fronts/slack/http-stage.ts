import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { signatureOf } from '../../../../src/fronts/slack/connection/http-signature.ts';
import type { SlackFront } from '../../../../src/fronts/slack/index.ts';
import type { openStages, Stage, StageOptions } from './stage.ts';

export const signingSecret = '8a1f0c2e4b6d8a1f0c2e4b6d8a1f0c2e';

type Post = { method: 'POST'; body: string; headers: Record<string, string> };

/** A stage in HTTP mode: each front on a port of its own, and a balancer before them that Slack knows. */
export type HttpStage = Stage & {
  fronts: readonly SlackFront[];
  /** Where each front serves Slack. */
  urls: readonly string[];
  /** How many requests the balancer gave to each. */
  served: readonly number[];
  /** What Slack sent through the balancer, as whoever listens there could send it again. */
  heard: readonly Post[];
  /** Ends every front, and starts new ones in their places. */
  restart(this: void): Promise<void>;
};

/** Opens stages in HTTP mode; `close` ends their ports. */
export function httpStages(open: ReturnType<typeof openStages>): {
  open(this: void, count: number, options?: StageOptions): Promise<HttpStage>;
  close(this: void): void;
} {
  const servers: Server[] = [];

  async function listen(handle: RequestListener): Promise<string> {
    const server = createServer(handle).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    servers.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  return {
    async open(count: number, options: StageOptions = {}): Promise<HttpStage> {
      const bases: string[] = [];
      const served = Array.from({ length: count }, () => 0);
      const heard: Post[] = [];
      let turn = 0;
      const balancer = await listen((request, response) => {
        const at = turn++ % count;
        served[at]! += 1;
        const onward = httpRequest(
          `${bases[at]}${request.url}`,
          { method: request.method ?? 'GET', headers: request.headers },
          (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
          },
        );
        onward.once('error', () => response.writeHead(502).end());
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => parts.push(part));
        request.once('end', () => heard.push(againOf(request, Buffer.concat(parts).toString())));
        request.pipe(onward);
      });
      const stage = await open({
        ...options,
        idle: true,
        app: { ...options.app, http: { requestUrl: `${balancer}/slack/events`, signingSecret } },
      });
      const fronts: SlackFront[] = [];
      const place = async (at: number) => {
        const front = await stage.another({ reception: { mode: 'http', signingSecret } });
        const app = express();
        app.use(front.routes);
        bases[at] = await listen(app);
        fronts[at] = front;
        return front;
      };
      for (let at = 0; at < count; at++) await place(at);
      const restart = async () => {
        for (const front of fronts) await front.stop();
        for (let at = 0; at < count; at++) await (await place(at)).start();
      };
      const urls = bases.map((base) => `${base}/slack/events`);
      return { ...stage, fronts, urls, served, heard, restart };
    },

    close(): void {
      for (const server of servers.splice(0)) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function againOf({ headers }: IncomingMessage, body: string): Post {
  const kept = ['content-type', 'x-slack-request-timestamp', 'x-slack-signature'];
  return {
    method: 'POST',
    body,
    headers: Object.fromEntries(kept.map((name) => [name, String(headers[name])])),
  };
}

export type Signed = {
  body: string;
  contentType?: string;
  /** Seconds by which its clock is ahead of ours. */
  ahead?: number;
  secret?: string;
  /** Goes over what was made; undefined leaves a header out. */
  headers?: Record<string, string | undefined>;
};

/** What is posted as Slack posts it, or nearly so. */
export function signed(post: Signed): Post {
  const timestamp = String(Math.floor(Date.now() / 1000) + (post.ahead ?? 0));
  const headers = {
    'content-type': post.contentType ?? 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signatureOf(post.secret ?? signingSecret, timestamp, Buffer.from(post.body)),
    ...post.headers,
  };
  return {
    method: 'POST',
    body: post.body,
    headers: Object.fromEntries(
      Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ),
  };
}

/** A slash command as Slack posts it. */
export function commandBody(user: string, text: string, trigger = 'trigger-1'): string {
  return new URLSearchParams({
    command: '/refresh',
    text,
    user_id: user,
    user_name: 'dana',
    team_id: 'T0SHOP',
    channel_id: 'C0REFRESH1',
    trigger_id: trigger,
    response_url: 'http://127.0.0.1:1/none',
  }).toString();
}
