import type { Block, Interactive } from './blocks/blocks.ts';
import { interactives } from './blocks/surfaces.ts';
import type { ConfirmDialog, Option } from './blocks/text.ts';
import type { Changed } from './change.ts';
import type { Context } from './methods/method.ts';
import type { SlackUser } from './options.ts';
import { type Choice, initialValues, type StateValues } from './state-values.ts';
import type { View } from './views.ts';
import type { Conversation, Ephemeral, Message } from './workspace.ts';

/** What Slack told a user about something of the app's that went wrong. */
export interface Notice {
  at: Date;
  user: string;
  channel?: string;
  /** `operation_timeout`, `dispatch_failed`, `invalid_command_response`, ... */
  error: string;
  /** What they did: a command or an action_id. */
  deed: string;
  messages: string[];
}

export type Target = Message | Ephemeral | View;

/** Which element is meant. */
export interface Pick {
  /** Which of several elements with this action_id; found without where there is one. */
  blockId?: string;
  /** As an earlier version of the message showed it (0 is the oldest): a client whose screen has not yet got the
   *  edit. */
  version?: number;
}

export interface PressOptions extends Pick {
  /** The choice for menus, pickers and inputs. */
  value?: Choice;
  /** Must be true where the element has a confirm dialog, and nowhere else. */
  confirm?: boolean;
}

export interface Found {
  block: Block;
  element: Interactive;
}

export function isView(target: Target): target is View {
  return 'rootId' in target;
}

/** The stand-in's own refusal: Slack's screen would not have offered it. */
export function refuse(sentence: string): never {
  throw new Error(`Slack stand-in: ${sentence}`);
}

/** Throws unless they are a member. */
function among(who: SlackUser, conversation: Conversation): void {
  if (conversation.members.includes(who.id)) return;
  refuse(`${who.name} is not in ${conversation.directTo ? 'that conversation' : `#${conversation.name}`}`);
}

function shownBlocks(target: Target, version: number | undefined): Block[] {
  if (isView(target)) return target.content.blocks;
  if (version === undefined) return target.blocks;
  return (target.versions[version] ?? refuse(`the message has no version ${version}`)).blocks;
}

function find(target: Target, actionId: string, { blockId, version }: Pick = {}): Found {
  const all = shownBlocks(target, version).flatMap((block) =>
    interactives(block).map(({ element }) => ({ block, element })),
  );
  const found = all.filter(
    ({ block, element }) =>
      element.action_id === actionId && (blockId === undefined || block.block_id === blockId),
  );
  if (found.length > 1) refuse(`"${actionId}" is there ${found.length} times: say the blockId`);
  const shown = all.map((one) => `"${one.element.action_id}"`).join(', ') || 'nothing';
  return found[0] ?? refuse(`there is no "${actionId}" to act on; there is ${shown}`);
}

export type Screen = ReturnType<typeof createScreen>;

/** What each person has before their eyes, and so what they can act on. */
export function createScreen(context: Context, changed: Changed) {
  const { workspace } = context;
  const notices: Notice[] = [];
  /** What users have chosen in messages, by message and user. */
  const chosen = new Map<string, StateValues>();
  /** What external menus last offered, by user and action. */
  const offered = new Map<string, Option[]>();

  /** By id or handle. */
  function user(ref: string): SlackUser {
    const handle = ref.replace(/^@/, '');
    const all = [...workspace.users.values()];
    return (
      workspace.users.get(ref) ??
      all.find((one) => one.name === handle) ??
      refuse(`nobody is called "${ref}"`)
    );
  }

  /** By id or name; "@app" is the direct messages of `as` with the app. */
  function channel(ref: string, as?: string): Conversation {
    const name = ref.replace(/^#/, '');
    if (ref === '@app' && as !== undefined) return workspace.direct(as);
    const all = [...workspace.conversations.values()];
    return (
      workspace.conversations.get(ref) ??
      all.find((one) => !one.directTo && one.name === name) ??
      refuse(`there is no channel "${ref}"`)
    );
  }

  function notice(
    who: SlackUser,
    deed: string,
    error: string,
    where?: string,
    messages: string[] = [],
  ): void {
    const at = new Date(workspace.now());
    notices.push({ at, user: who.id, error, deed, messages, ...(where !== undefined && { channel: where }) });
    changed({ kind: 'notice', user: who.id, ...(where !== undefined && { channel: where }) });
  }

  /** Throws unless this user has it before their eyes. */
  function sees(who: SlackUser, target: Target): void {
    if (isView(target)) {
      if (target.user !== who.id) refuse(`${who.name} does not see that view`);
      const here = context.views.stack(who.id).includes(target) || context.views.home(who.id) === target;
      if (!here) refuse('that view is closed');
      return;
    }
    if (target.deletedAt) refuse('that message is deleted');
    if ('from' in target && target.user !== who.id) refuse(`${who.name} does not see that message`);
    among(who, channel(target.channel));
  }

  /** The dialog that comes before the action; undefined where there is none. */
  function confirmDialog(target: Target, actionId: string, pick?: Pick): ConfirmDialog | undefined {
    const { element } = find(target, actionId, pick);
    return 'confirm' in element ? element.confirm : undefined;
  }

  /** What this user has filled in there so far. */
  function values(who: SlackUser, target: Target): StateValues {
    if (isView(target)) return target.values;
    const key = `${target.channel} ${target.ts} ${who.id}`;
    const known = chosen.get(key) ?? {};
    const now = initialValues(target.blocks);
    for (const [block, slots] of Object.entries(now))
      for (const action of Object.keys(slots)) {
        const kept = known[block]?.[action];
        if (kept) slots[action] = kept;
      }
    chosen.set(key, now);
    return now;
  }

  function reset(): void {
    notices.splice(0);
    chosen.clear();
    offered.clear();
  }

  const offers = (who: SlackUser, actionId: string): Option[] => offered.get(`${who.id} ${actionId}`) ?? [];
  const offer = (who: SlackUser, actionId: string, options: Option[]): void =>
    void offered.set(`${who.id} ${actionId}`, options);

  return { user, channel, among, notice, notices, find, sees, confirmDialog, values, offers, offer, reset };
}
