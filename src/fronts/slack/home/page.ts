import type { types } from '@slack/bolt';
import { delegationLines } from '../messages/delegations.ts';
import { actions, context, heading, named, section, sections, type Block } from '../messages/blocks.ts';
import { strangerText } from '../messages/problem.ts';
import { code, joined, mrkdwn, moment } from '../messages/markup.ts';
import { taskText } from '../messages/kind-words.ts';
import { dotted, requestStanding } from '../messages/wording.ts';
import { environmentParts, refreshButton } from './environments.ts';
import { linksTo, type People } from './links.ts';
import type { HomeSeen } from './look.ts';
import { alertPart, waitingPart } from './waiting.ts';

export type HomePage = types.HomeView;

/** Slack's limits for a page; of its size a little is left. */
const mostBlocks = 100;
const mostBytes = 240_000;

/** One person's Home: what waits for them, what they asked for, and what is in the environments. Pure. */
export function homePage(seen: HomeSeen, people: People): HomePage {
  const { waiting, alerts } = seen;
  const count = waiting.length + seen.moreWaiting + alerts.length + seen.moreAlerts;
  // Each takes a block at least: no more than these can be shown, however many there are.
  const { parts, further } = environmentParts(seen, people, mostBlocks);
  const shown = [
    ...(seen.mayRequestIn.size > 0 ? [[newRefresh()]] : []),
    [
      heading('Waiting for you'),
      ...sections(delegationLines(seen.delegations, { people })),
      ...(count === 0 ? [section(mrkdwn`Nothing waits for you.`)] : []),
    ],
    ...alerts.map((alert) => alertPart(alert, people)),
    ...more(seen.moreAlerts, '/refresh status'),
    ...waiting.map((one) => waitingPart(one, people, seen.person)),
    ...more(seen.moreWaiting, '/refresh status'),
    [heading('Your requests'), ...own(seen)],
    [heading('Environments')],
    ...parts,
  ];
  return page(shown, further);
}

/** What somebody sees whom the site file does not know. */
export function strangerPage(slackUserId: string): HomePage {
  const { message, hint } = strangerText(slackUserId);
  return page([
    [
      heading('Freshet does not know you yet'),
      section(mrkdwn`${message}`),
      section(mrkdwn`*What to do:* ${hint}`),
    ],
  ]);
}

/** Parts that stand or fall as a whole, as many as Slack takes; what is left out is said, with what is `further`. */
function page(parts: readonly (readonly Block[])[], further = 0): HomePage {
  const blocks: Block[] = [];
  let bytes = 0;
  // Once something is left out, so is all that follows: an order with holes in it would mislead.
  let fitting = 0;
  for (const part of parts) {
    bytes += Buffer.byteLength(JSON.stringify(part));
    if (blocks.length + part.length > mostBlocks - 1 || bytes > mostBytes) break;
    fitting += 1;
    blocks.push(...part);
  }
  const left = parts.length - fitting + further;
  // What is left out may be of any kind.
  if (left > 0) blocks.push(...moreBlocks(left, '/refresh status', '/refresh holds', '/refresh schedule'));
  return { type: 'home', blocks };
}

function more(count: number, where: string): Block[][] {
  return count === 0 ? [] : [moreBlocks(count, where)];
}

function moreBlocks(count: number, ...where: string[]): Block[] {
  return [context(mrkdwn`and ${count} more: ${joined(where.map(code), ', ')}`)!];
}

function newRefresh(): Block {
  return named('new', actions(refreshButton('New refresh', undefined)))!;
}

function own(seen: HomeSeen): Block[] {
  if (seen.own.length === 0) {
    const how =
      seen.mayRequestIn.size > 0
        ? mrkdwn` Press New refresh, or type ${code('/refresh')} in any channel.`
        : undefined;
    return [section(mrkdwn`You have not asked for anything yet.${how}`)];
  }
  const rest = seen.moreOwn === 0 ? [] : moreBlocks(seen.moreOwn, '/refresh status');
  return [
    ...sections(
      seen.own.map(({ request, links, hookFailed }) => {
        const { sign, words } = requestStanding(request);
        return dotted(
          mrkdwn`${{ markup: sign }} *${request.id}* ${taskText(request, 60)}`,
          mrkdwn`*${words}*`,
          hookFailed ? mrkdwn`:warning: a hook failed` : undefined,
          moment(request.createdAt),
          ...linksTo(links),
        );
      }),
    ),
    ...rest,
  ];
}
