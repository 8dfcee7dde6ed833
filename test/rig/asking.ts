import type { BackupId, RequestId } from '../../src/domain/ids.ts';
import { channels, dana, type Player } from '../../src/sandbox/cast.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { Store } from '../../src/store/store.ts';
import { until } from '../until.ts';

export type Wish = {
  who?: Player;
  databases?: readonly string[];
  backup?: BackupId;
  reason?: string;
  /** Further options, as typed. */
  more?: string;
};

/** Requests as people make them, over Slack. */
export type Asking = {
  /** Asks over Slack, and answers when the request is in the store. */
  ask(environment: string, wish?: Wish): Promise<RequestId>;
  /** Asks for the undo of a request; answers the undo's own id. */
  undo(request: RequestId, who?: Player): Promise<RequestId>;
  /** What Dana alone is told when she has typed this, as one line. */
  answer(words: string, command?: '/refresh' | '/backups'): Promise<string>;
};

let asked = 0;
/** A machine that does much else is slow. */
const answerSeconds = 400;
/** Said of a host that had no time: it tells nothing of what was asked for. */
const isNoAnswer = /did not start in time|can't be reached at|did not answer in time/;

export function askingOf(sandbox: Sandbox, store: Store): Asking {
  const newest = async () => (await store.requests.list({}, { limit: 20, offset: 0 })).requests;
  /** As people do: what reached nobody, as the bot was just connecting anew, is typed once more. */
  async function say(who: Player, words: string, command: '/refresh' | '/backups' = '/refresh') {
    for (let again = 0; ; again += 1) {
      const taken = await sandbox.slack.command(who.slack, channels.refreshes, words, { command });
      if (taken.error !== 'dispatch_failed' || again === 5) return taken;
      await until('the bot is connected', () => sandbox.slack.connections() > 0, answerSeconds);
    }
  }

  return {
    async ask(environment, { who = dana, databases = ['orders'], backup, reason, more } = {}) {
      const why = reason ?? `rig ${(asked += 1)}`;
      const words = [
        environment,
        ...databases,
        ...(backup === undefined ? [] : ['--backup', backup]),
        '--reason',
        `"${why}"`,
        ...(more === undefined ? [] : [more]),
      ].join(' ');
      const whispers = sandbox.slack.ephemerals(who.slack).length;
      const taken = await say(who, words);
      const told = () =>
        sandbox.slack
          .ephemerals(who.slack)
          .slice(whispers)
          .map(({ text }) => text);
      let heard = 0;
      return until(
        `a request "${why}"`,
        async () => {
          const made = (await newest()).find((request) => request.reason === why)?.id;
          if (made !== undefined) return made;
          // A host that had no time to answer: nothing was made of it, and people type it again.
          const answers = told().slice(heard);
          heard += answers.length;
          if (answers.some((text) => isNoAnswer.test(text))) await say(who, words);
          return undefined;
        },
        answerSeconds,
        () => JSON.stringify([taken.error, ...told()]),
      );
    },

    async answer(words, command = '/refresh') {
      const { slack } = sandbox;
      for (let again = 0; ; again += 1) {
        const since = slack.ephemerals(dana.slack).length;
        await say(dana, words, command);
        const look = () => slack.ephemerals(dana.slack)[since];
        const whisper = await until(`an answer to ${command} ${words}`, look, answerSeconds);
        const told = `${whisper.text}\n${slack.renderText(whisper)}`.replaceAll(/\s+/g, ' ');
        if (again === 5 || !isNoAnswer.test(told)) return told;
      }
    },

    async undo(request, who = dana) {
      await say(who, `undo ${request}`);
      return until(
        `an undo of ${request}`,
        async () => (await newest()).find((one) => one.undoes === request)?.id,
        answerSeconds,
      );
    },
  };
}
