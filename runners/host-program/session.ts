import { conflict } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { Host } from '../transport/host.ts';
import { openChannel } from './channel.ts';
import type { Answer, Channel } from './channel.ts';
import type { HostProgram } from './client.ts';
import { encodePlace, encodeStep, encodeWord, parseState } from './codec.ts';
import { readEntries, readFacts, readSeconds } from './reading.ts';
import type { HostStepState } from './step.ts';
import { createWatch } from './watch.ts';

/**
 * The client of `freshet-host` over a host's channels: one held session for short requests, one for all waits, and a
 * session of its own for each request that may take long. Nothing is opened before it is needed; what was lost is
 * opened anew by the next call. Never repeats a request by itself: an `Unavailable` is the caller's to repeat.
 */
export function connectHostProgram(host: Host): HostProgram {
  let held: Promise<Channel> | undefined;
  const others = new Set<Channel>();
  const watch = createWatch(() => open(), state);

  async function open(): Promise<Channel> {
    return openChannel(host.name, await host.session());
  }

  function hold(): Promise<Channel> {
    held ??= open()
      .then((channel) => {
        channel.onEnd = () => {
          held = undefined;
        };
        // It may have ended before anybody listened.
        if (channel.ended !== undefined) held = undefined;
        return channel;
      })
      .catch((error: unknown) => {
        held = undefined;
        throw error;
      });
    return held;
  }

  /** A short request over the held session. */
  async function ask(words: string[], payload?: Buffer): Promise<Answer> {
    return (await hold()).request(words, payload);
  }

  /** A request that may take long, over a session of its own, so that it holds up no other. */
  async function askApart(words: string[]): Promise<Answer> {
    const channel = await open();
    others.add(channel);
    try {
      return await channel.request(words);
    } finally {
      others.delete(channel);
      channel.close();
    }
  }

  async function state(run: RunId, step: string): Promise<HostStepState> {
    return parseState((await ask(['state', run, encodeWord(step)])).words);
  }

  return {
    host: host.name,
    async facts() {
      return readFacts((await askApart(['facts'])).lines);
    },
    async freeBytes(place) {
      const words =
        'root' in place
          ? ['root', encodeWord(place.root)]
          : 'server' in place
            ? ['server', encodeWord(place.server)]
            : ['run'];
      return Number((await ask(['free', ...words])).words[0]);
    },
    async claim(target, run, fence) {
      await ask(['claim', encodeWord(target), run, String(fence)]);
    },
    async confirm(target, run, fence) {
      await ask(['confirm', encodeWord(target), run, String(fence)]);
    },
    async release(target, run, fence) {
      await ask(['release', encodeWord(target), run, String(fence)]);
    },
    async submit(step) {
      const { payload, sha256 } = encodeStep(step);
      if (payload.length > 8_388_608) {
        throw conflict(
          'step-too-large',
          `Step "${step.step}" is larger than 8 MiB.`,
          'Make its files smaller.',
        );
      }
      return parseState((await ask(['submit', String(payload.length), sha256], payload)).words);
    },
    state,
    wait: (run, step, options) => watch.wait(run, step, options),
    async stop(run, step, fence) {
      return parseState((await askApart(['stop', run, encodeWord(step), String(fence)])).words);
    },
    async sweep(run, fence) {
      await askApart(['sweep', run, String(fence)]);
    },
    async runs() {
      const { lines, words } = await askApart(['runs']);
      const runs = lines.map((line) => {
        const [run = '', changed = '', busy = '-', kind = 'folder'] = line.split(' ');
        const changedAt = readSeconds(changed);
        return { run: run as RunId, changedAt, running: busy !== '-', folder: kind === 'folder' };
      });
      return { now: readSeconds(words[0]), runs };
    },
    async list(root) {
      const { lines, words } = await askApart(['list', encodeWord(root)]);
      return { now: readSeconds(words[0]), entries: readEntries(root, lines) };
    },
    async grant(run, backup, publicKey, seconds) {
      const [type = '', key = ''] = publicKey.split(' ');
      const [kind, ...words] = encodePlace(backup).split(' ');
      const place = kind === 'root' ? words : ['-', ...words];
      await ask(['grant', run, String(seconds), encodeWord(type), encodeWord(key), ...place]);
    },
    async revoke(run) {
      await ask(['revoke', run]);
    },
    async fetchKey(run) {
      return (await ask(['fetchkey', run])).words.join(' ');
    },
    async close() {
      watch.close();
      for (const channel of others) channel.close();
      const channel = await held?.catch(() => undefined);
      channel?.close();
    },
  };
}
