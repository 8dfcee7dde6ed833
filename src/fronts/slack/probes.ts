import { WebClient } from '@slack/web-api';
import type { Finding, Probe } from '../../domain/probe.ts';
import { clientOptions, missingScopes, refusalCode } from './connection/clients.ts';
import type { Front } from './deps.ts';
import { requestUrlFinding, signingSecretFinding } from './connection/http-probes.ts';
import { scopeReasons } from './scopes.ts';

/** What `npx freshet check` looks at in Slack. Nothing is posted. */
export function probesOf(front: Front): Probe[] {
  const { clients, site } = front;
  const { replies } = clients;
  return [
    { name: 'slack bot token', run: () => answered(() => botToken(replies)) },
    { name: 'slack scopes', run: () => answered(() => botScopes(replies)) },
    ...receptionProbes(front),
    {
      name: 'slack channel for cards',
      run: () => answered(() => channelOf(replies, site.slack.channel, 'slack.channel')),
    },
    {
      name: 'slack channel for operators',
      run: () => answered(() => channelOf(replies, site.slack.operatorsChannel, 'slack.operatorsChannel')),
    },
    { name: 'slack members', run: () => Promise.resolve(members(front)) },
  ];
}

async function botToken(client: WebClient): Promise<Finding> {
  const answer = await client.auth.test();
  return { ok: true, says: `the bot is "${answer.user ?? ''}" in workspace "${answer.team ?? ''}"` };
}

async function botScopes(client: WebClient): Promise<Finding> {
  const given = (await client.auth.test()).response_metadata?.scopes ?? [];
  const missing = Object.keys(scopeReasons).filter((scope) => !given.includes(scope));
  const needed = missing.filter((scope) => scopeReasons[scope]!.needed);
  if (missing.length === 0)
    return { ok: true, says: `has ${given.length} scopes, among them all that are asked for` };
  const why = missing.map((scope) => `${scope} (${scopeReasons[scope]!.why})`).join('; ');
  const remedy = 'Add it under OAuth & Permissions of the Slack app, then install the app anew.';
  if (needed.length > 0) return { ok: false, says: `lacks ${why}`, remedy };
  return { ok: true, says: `has all it needs; goes without ${why}`, remedy };
}

/** Of the way by which people's deeds come, Socket Mode or HTTP. */
function receptionProbes(front: Front): Probe[] {
  const { reception, site } = front;
  if (reception.mode === 'socket') {
    const { appToken: token } = reception;
    return [{ name: 'slack app token', run: () => answered(() => appToken(front, token)) }];
  }
  const { signingSecret } = reception;
  return [
    { name: 'slack signing secret', run: () => Promise.resolve(signingSecretFinding(signingSecret)) },
    { name: 'slack request URL', run: () => requestUrlFinding(site.http, signingSecret) },
  ];
}

async function appToken(front: Front, token: string): Promise<Finding> {
  // An address that is not used is forgotten by Slack after half a minute.
  await new WebClient(token, clientOptions(front.slackApiUrl, front.log)).apps.connections.open({});
  return { ok: true, says: 'may open Socket Mode connections' };
}

async function channelOf(client: WebClient, channel: string, path: string): Promise<Finding> {
  try {
    const found = (await client.conversations.info({ channel })).channel;
    const name = `#${found?.name ?? channel}`;
    if (found?.is_archived === true) {
      return {
        ok: false,
        says: `${name} is archived`,
        remedy: `Name another channel as ${path} in the site file.`,
      };
    }
    if (found?.is_member !== true) {
      return { ok: false, says: `the bot is not in ${name}`, remedy: `Type /invite @Freshet in ${name}.` };
    }
    return { ok: true, says: `the bot is in ${name}` };
  } catch (error) {
    if (missingScopes(error) !== undefined) {
      return { ok: true, says: `can't be looked at without the scope ${missingScopes(error)}; not judged` };
    }
    if (refusalCode(error) !== 'channel_not_found') throw error;
    return {
      ok: false,
      says: `"${channel}" is not a channel that the bot can see`,
      remedy: `Correct ${path} in the site file (an id such as C0123ABCD), or invite the bot if the channel is private.`,
    };
  }
}

function members(front: Front): Finding {
  const all = Object.values(front.site.people);
  const without = all.filter((person) => person.slackUserId === undefined).map((person) => person.name);
  if (without.length === 0)
    return { ok: true, says: `all ${all.length} people of the site file have a member id` };
  return {
    ok: true,
    says: `${without.length} of ${all.length} people have no slackUserId and can do nothing in Slack: ${without.slice(0, 8).join(', ')}`,
  };
}

/** Slack's refusals of a token, and its absence, as findings. */
async function answered(look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    const code = refusalCode(error);
    if (code === 'missing_scope') {
      return {
        ok: false,
        says: `Slack misses the scope "${missingScopes(error)}"`,
        remedy: 'Add it to the token (app tokens: Basic Information; bot tokens: OAuth & Permissions).',
      };
    }
    if (code !== undefined) {
      return { ok: false, says: `Slack refuses the token with "${code}"`, remedy: tokenRemedy };
    }
    const why = error instanceof Error ? error.message : 'unknown';
    return {
      ok: false,
      says: `Slack can't be reached: ${why}`,
      remedy: 'Look at SLACK_API_URL and at the way out.',
    };
  }
}

export const tokenRemedy =
  'Set slack.botToken to the "Bot User OAuth Token" (xoxb-...) and, in Socket Mode, slack.appToken to an app-level token (xapp-...) with connections:write.';
