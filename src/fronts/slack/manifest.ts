import type { AppsManifestCreateArguments } from '@slack/web-api';
import { Document, isScalar, isSeq } from 'yaml';
import type { Command } from '../../../commands/command.ts';
import { groups } from './deed.ts';
import { eventsPath } from './connection/http.ts';
import { eventReasons, scopeReasons } from './scopes.ts';

/** An app manifest as Slack takes it, from api.slack.com/apps or `apps.manifest.create`. */
export type SlackManifest = AppsManifestCreateArguments['manifest'];

export type ManifestWords = {
  /** Everything that people can say. */
  commands: readonly Command[];
  /** HTTP mode: the bot's address from outside, `https://bot.example`. Without it the app is for Socket Mode. */
  publicUrl?: string;
};

/**
 * The Slack app that this code is: commands, events and scopes as they are used, and nothing more. A test compares it with
 * what the sources call and hear.
 */
export function slackManifest({ commands, publicUrl }: ManifestWords): SlackManifest {
  const url = publicUrl === undefined ? undefined : `${publicUrl.replace(/\/+$/, '')}${eventsPath}`;
  const events = Object.keys(eventReasons) as NonNullable<Settings['event_subscriptions']>['bot_events'];
  return {
    display_information: {
      name: 'Freshet',
      description: 'Refreshes test databases from backups, approved by a second person.',
      background_color: '#1d4e4a',
    },
    features: {
      app_home: {
        home_tab_enabled: 'app_home_opened' in eventReasons,
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: true,
      },
      bot_user: { display_name: 'freshet', always_online: true },
      slash_commands: groups.map((group) => ({
        command: `/${group}`,
        ...(url === undefined ? {} : { url }),
        ...wordsOf(commands, group),
        should_escape: false,
      })),
    },
    oauth_config: { scopes: { bot: Object.keys(scopeReasons) as Scopes } },
    settings: {
      event_subscriptions: { ...(url === undefined ? {} : { request_url: url }), bot_events: events! },
      interactivity: {
        is_enabled: true,
        ...(url === undefined ? {} : { request_url: url, message_menu_options_url: url }),
      },
      org_deploy_enabled: false,
      socket_mode_enabled: url === undefined,
      token_rotation_enabled: false,
    },
  };
}

type Settings = NonNullable<SlackManifest['settings']>;
type Scopes = NonNullable<NonNullable<NonNullable<SlackManifest['oauth_config']>['scopes']>['bot']>;

/** What Slack shows while somebody types the command: the plain form, and the words that may follow. */
function wordsOf(commands: readonly Command[], group: string): { description: string; usage_hint: string } {
  const own = commands.filter(({ words }) => words[0] === group);
  const plain = own.find(({ words }) => words.length === 1);
  const verbs = [...new Set(own.flatMap(({ words }) => words.slice(1, 2)))];
  const hint = [plain?.usage.replace(`/${group}`, '').trim() ?? '', ...verbs].filter((part) => part !== '');
  return { description: plain?.summary ?? `Freshet: ${group}`, usage_hint: hint.join(' | ') };
}

/** The manifest as a file for people: each scope and event with its reason. */
export function manifestYaml(words: ManifestWords): string {
  const mode = words.publicUrl === undefined ? 'Socket Mode' : 'HTTP mode';
  const command = `npx freshet manifest${words.publicUrl === undefined ? '' : ` --url ${words.publicUrl}`}`;
  const document = new Document(slackManifest(words));
  document.commentBefore = [
    ` The Slack app of Freshet, for ${mode}. Written by: ${command}`,
    ' At https://api.slack.com/apps: Create New App, From a manifest, choose the workspace, and paste this.',
  ].join('\n');
  explain(document, ['oauth_config', 'scopes', 'bot'], (scope) => scopeReasons[scope]?.why);
  explain(document, ['settings', 'event_subscriptions', 'bot_events'], (event) => eventReasons[event]);
  return document.toString({ lineWidth: 0, singleQuote: true });
}

function explain(document: Document, path: string[], reason: (name: string) => string | undefined): void {
  const list = document.getIn(path);
  if (!isSeq(list)) return;
  for (const item of list.items) {
    if (isScalar(item)) item.comment = ` ${reason(String(item.value)) ?? ''}`;
  }
}

/** Opens Slack's page for a new app with the manifest filled in. */
export function manifestLink(words: ManifestWords): string {
  const manifest = encodeURIComponent(JSON.stringify(slackManifest(words)));
  return `https://api.slack.com/apps?new_app=1&manifest_json=${manifest}`;
}
