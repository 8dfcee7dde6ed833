import type { Event } from '../../domain/event.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { Request } from '../../domain/request.ts';
import type { Store } from '../../store/store.ts';
import type { Player } from '../cast.ts';
import { channels } from '../cast.ts';
import type { Sandbox } from '../sandbox.ts';
import { unescape } from '../slack/plain-text.ts';
import type { Message, Ephemeral } from '../slack/workspace.ts';
import { labelOf } from './buttons.ts';
import { textWidth, type Teller } from './teller.ts';

/** The sandbox as a stage: what people do on it and what can be seen from the seats. */
export type Stage = {
  sandbox: Sandbox;
  store: Store;
  tell: Teller;
  /** Types a slash command in the refreshes' channel. */
  type(player: Player, command: '/refresh' | '/backups', words: string): Promise<void>;
  /** The first thing since `since` that only this player sees and that reads like `pattern`, once there is one. */
  whispered(player: Player, since: number, pattern?: RegExp): Promise<Ephemeral>;
  whispers(player: Player): number;
  /** Presses a button of a card, through its confirm dialog if it has one. */
  press(player: Player, message: Message, action: string): Promise<void>;
  /** The card of a request, once it shows `pattern`. */
  card(request: RequestId, pattern: RegExp, seconds?: number): Promise<Message>;
  alert(request: RequestId, pattern: RegExp, seconds?: number): Promise<Message>;
  /** Key of the request's issue, once it has the status. */
  issue(request: RequestId, status: string, seconds?: number): Promise<string>;
  /** The newest request there is. */
  newest(): Promise<Request>;
  /** The request, once it is in one of the states. */
  until(request: RequestId, states: readonly Request['state'][], seconds?: number): Promise<Request>;
  events(request: RequestId): Promise<Event[]>;
  showCard(title: string, message: Message): void;
  /** What a message said at each time it was edited, as a notification reads: its first lines, without repetitions. */
  changes(message: Message): string[];
  /** Each step of the request with its host and time. */
  showSteps(request: RequestId): Promise<void>;
};

/** Seconds; for a machine that does much else. */
const patience = 120;

export function createStage(sandbox: Sandbox, store: Store, tell: Teller): Stage {
  const { slack, jira } = sandbox;

  async function message(
    channel: string,
    request: RequestId,
    pattern: RegExp,
    seconds: number,
  ): Promise<Message> {
    const own = new RegExp(`\\b${request}\\b`);
    return slack.waitFor(
      () =>
        slack
          .messages(channel)
          .findLast((one) => one.threadTs === undefined && own.test(all(one)) && pattern.test(all(one))),
      seconds * 1000,
    );
  }

  function all(one: Message | Ephemeral): string {
    return `${one.text}\n${slack.renderText(one)}`;
  }

  const stage: Stage = {
    sandbox,
    store,
    tell,

    async type(player, command, words) {
      tell.deed(player.name, `${command} ${words}`);
      await slack.command(player.slack, channels.refreshes, words, { command });
    },

    whispers: (player) => slack.ephemerals(player.slack).length,

    whispered(player, since, pattern = /./) {
      return slack.waitFor(
        () =>
          slack
            .ephemerals(player.slack)
            .slice(since)
            .find((one) => pattern.test(all(one))),
        patience * 1000,
        `${player.name} to be told ${String(pattern)}`,
      );
    },

    async press(player, one, action) {
      const dialog = slack.confirmDialog(one, action);
      tell.deed(player.name, `presses [ ${labelOf(one, action)} ]`);
      if (dialog) tell.line(`  asked: “${dialog.title.text}” ${dialog.text.text.replaceAll('\n', ' ')}`);
      await slack.click(player.slack, one, action, dialog ? { confirm: true } : {});
    },

    card: (request, pattern, seconds = patience) => message(channels.refreshes, request, pattern, seconds),
    alert: (request, pattern, seconds = patience) => message(channels.operators, request, pattern, seconds),

    async issue(request, status, seconds = patience) {
      return jira.waitFor((now) => {
        const found = now.issues().find((one) => one.labels.some((label) => isOf(label, request)));
        return found?.status === status ? found.key : undefined;
      }, seconds * 1000);
    },

    async newest() {
      const { requests } = await store.requests.list({}, { limit: 1, offset: 0 });
      const [request] = requests;
      if (request === undefined) throw new Error('there is no request yet');
      return request;
    },

    async until(id, states, seconds = 60) {
      const end = Date.now() + seconds * 1000;
      for (;;) {
        const request = await store.requests.get(id);
        if (request !== undefined && states.includes(request.state)) return request;
        if (Date.now() > end) {
          const seen = (await store.events.ofRequest(id)).slice(-6);
          throw new Error(
            `${id} is ${request?.state ?? 'nowhere'} after ${seconds} s; expected ${states.join(' or ')}; last events: ${JSON.stringify(seen)}`,
          );
        }
        await store.events.wait(0.5);
      }
    },

    events: (request) => store.events.ofRequest(request),

    showCard(title, one) {
      tell.shown(title, slack.renderText(one, { width: textWidth }));
    },

    changes(one) {
      const lines = [...one.versions, one].map((version) => unescape(version.text.split('\n')[0] ?? ''));
      return lines.filter((line, n) => line !== lines[n - 1]);
    },

    async showSteps(request) {
      const lines = (await store.events.ofRequest(request, ['step-done', 'step-failed'])).map((event) => {
        if (event.type === 'step-done') {
          return `${event.seconds.toFixed(1).padStart(6)} s  ${(event.host ?? '').padEnd(8)} ${event.title}`;
        }
        if (event.type === 'step-failed') {
          return `failed    ${(event.host ?? '').padEnd(8)} ${event.title}: ${event.cause}`;
        }
        return '';
      });
      tell.shown('Steps on the hosts', lines.join('\n'));
    },
  };
  return stage;
}

/** Whether a label of an issue names the request. */
export function isOf(label: string, request: RequestId): boolean {
  return new RegExp(`(^|[^a-z0-9])${request}$`, 'i').test(label);
}
