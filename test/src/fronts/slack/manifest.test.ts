import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WebClient } from '@slack/web-api';
import type { App } from '@slack/bolt';
import { commands } from '../../../../commands/index.ts';
import { manifestLink, manifestYaml, slackManifest } from '../../../../src/fronts/slack/manifest.ts';
import { root } from '../../../../src/sandbox/setup.mjs';
import { filesBelow, textOf } from '../../../house/tree.ts';
import { parse } from 'yaml';
import { openStages } from './stage.ts';

const publicUrl = 'https://freshet.example.org';
const socket = slackManifest({ commands });
const http = slackManifest({ commands, publicUrl });
const scopes = (socket.oauth_config?.scopes?.bot ?? []) as readonly string[];
const events = (socket.settings?.event_subscriptions?.bot_events ?? []) as readonly string[];

/** What each method asks of the bot's token, as Slack's reference says; `of` the kinds of conversation that we have. */
const scopesOf: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  // With the app-level token.
  'apps.connections.open': [],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.delete': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.getPermalink': [],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.replies': ['channels:history', 'groups:history'],
  'usergroups.users.list': ['usergroups:read'],
  'views.open': [],
  'views.push': [],
  'views.update': [],
  'views.publish': [],
};
const scopesOfEvents: Readonly<Record<string, readonly string[]>> = { app_home_opened: [] };

/** Every Web API method that the sources of the front name. */
function methodsCalled(): string[] {
  const client = new WebClient('none') as unknown as Record<string, unknown>;
  const families = Object.keys(client).filter((key) => hasMethods(client[key]));
  const call = new RegExp(`\\.\\s*((?:${families.join('|')})(?:\\s*\\.\\s*[a-z][A-Za-z]*)+)`, 'g');
  const found = new Set<string>();
  for (const path of filesBelow().filter((one) => /^src\/fronts\/slack\/.*\.ts$/.test(one))) {
    const text = textOf(path).replaceAll(/\/\/.*$|\/\*[^]*?\*\//gm, '');
    assert.doesNotMatch(
      text,
      /\.apiCall\(/,
      `${path} calls a method by its name, which is not looked for here`,
    );
    for (const [, words] of text.matchAll(call)) {
      const name = words!.replaceAll(/\s/g, '');
      if (isMethod(client, name)) found.add(name);
    }
  }
  return [...found].sort();
}

function hasMethods(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((one) => typeof one === 'function' || hasMethodsOnce(one));
}

function hasMethodsOnce(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).some((one) => typeof one === 'function')
  );
}

function isMethod(client: Record<string, unknown>, name: string): boolean {
  let value: unknown = client;
  for (const part of name.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  return typeof value === 'function';
}

type Heard = { kind: string; pattern: unknown };

describe('the app manifest', function () {
  this.timeout(60_000);
  const open = openStages();

  it('asks for exactly the scopes that the methods in the sources need', () => {
    const called = methodsCalled();
    for (const known of ['auth.test', 'chat.delete', 'chat.postMessage', 'conversations.replies']) {
      assert.ok(called.includes(known), `${known} was not found among ${called.join(', ')}`);
    }
    const unknown = called.filter((method) => scopesOf[method] === undefined);
    assert.deepEqual(unknown, [], 'look up which scopes these need, and add them to the table');
    const needed = new Set(['commands', ...called.flatMap((method) => scopesOf[method]!)]);
    for (const event of events) for (const scope of scopesOfEvents[event]!) needed.add(scope);
    assert.deepEqual([...scopes].sort(), [...needed].sort());
  });

  it('subscribes to exactly what is heard, and switches on what hears it', async () => {
    const stage = await open({ idle: true });
    const heard: Heard[] = [];
    const hear =
      (kind: string) =>
      (pattern: unknown): void =>
        void heard.push({ kind, pattern });
    const kinds = ['command', 'action', 'options', 'view', 'event', 'message', 'shortcut', 'function'];
    stage.front.listeners(
      Object.fromEntries(
        [...kinds, 'use', 'assistant', 'error'].map((kind) => [kind, hear(kind)]),
      ) as unknown as App,
    );
    const of = (kind: string) => heard.filter((one) => one.kind === kind).map(({ pattern }) => pattern);
    assert.ok(of('command').length > 0 && of('action').length > 0);
    assert.deepEqual(
      heard.filter(({ kind }) => !['command', 'action', 'options', 'view', 'event', 'error'].includes(kind)),
      [],
      'the manifest has no place for these yet',
    );
    assert.deepEqual(new Set(of('event')), new Set(events));
    const typed = socket.features!.slash_commands!.map(({ command }) => command);
    for (const pattern of of('command')) {
      const matched = typed.filter((command) =>
        pattern instanceof RegExp ? pattern.test(command) : pattern === command,
      );
      assert.ok(matched.length > 0, `${String(pattern)} is in no manifest`);
    }
    for (const command of typed) {
      assert.ok(
        of('command').some((one) => (one instanceof RegExp ? one.test(command) : one === command)),
        `${command} is not heard`,
      );
    }
    const { interactivity } = http.settings!;
    const isAsked = of('action').length + of('view').length + of('options').length > 0;
    assert.equal(interactivity!.is_enabled, isAsked);
    assert.equal(socket.features!.app_home!.home_tab_enabled, methodsCalled().includes('views.publish'));
  });

  it('has a slash command for each group of commands, with its words', () => {
    const groups = [...new Set(commands.map(({ words }) => `/${words[0]}`))];
    const typed = socket.features!.slash_commands!;
    assert.deepEqual(
      typed.map(({ command }) => command),
      groups,
    );
    for (const { command, description, usage_hint: hint } of typed) {
      assert.ok(description.length > 0 && description.length <= 2000);
      assert.ok(hint!.length <= 1000);
      for (const { words } of commands.filter((one) => `/${one.words[0]}` === command)) {
        // Of longer ones the first word tells the rest.
        for (const verb of words.slice(1, 2)) assert.match(hint!, new RegExp(`\\b${verb}\\b`));
      }
    }
  });

  it('keeps to the lengths that Slack allows', () => {
    const { display_information: display, features } = socket;
    assert.ok(display.name.length <= 35 && display.description!.length <= 140);
    assert.match(features!.bot_user!.display_name, /^[a-z0-9._-]{1,80}$/);
  });

  it('sends everything to the one address in HTTP mode, and nowhere in Socket Mode', () => {
    const address = `${publicUrl}/slack/events`;
    const urls = (manifest: unknown) => JSON.stringify(manifest).match(/https?:\/\/[^"]*/g) ?? [];
    assert.deepEqual(urls(socket), []);
    assert.equal(socket.settings!.socket_mode_enabled, true);
    assert.equal(http.settings!.socket_mode_enabled, false);
    assert.deepEqual(new Set(urls(http)), new Set([address]));
    assert.equal(urls(http).length, http.features!.slash_commands!.length + 3);
  });

  it('is the one in docs, for both modes', async () => {
    for (const [file, words, command] of [
      ['docs/slack-manifest.yaml', { commands }, 'npx freshet manifest'],
      ['docs/slack-manifest-http.yaml', { commands, publicUrl }, `npx freshet manifest --url ${publicUrl}`],
    ] as const) {
      const text = await readFile(join(root, file), 'utf8');
      assert.equal(text, manifestYaml(words), `run ${command} > ${file}`);
      assert.deepEqual(parse(text), slackManifest(words));
    }
  });

  it('travels whole in its link', () => {
    const link = new URL(manifestLink({ commands, publicUrl }));
    assert.deepEqual(JSON.parse(link.searchParams.get('manifest_json')!), http);
    assert.ok(link.href.length < 8000, `${link.href.length} characters`);
  });
});
