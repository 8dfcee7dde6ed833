import { createInterface } from 'node:readline/promises';
import { channels, dana, players, project } from './cast.ts';
import type { Sandbox } from './sandbox.ts';
import type { Message } from './slack/workspace.ts';

const help = [
  'Type as somebody:  /refresh uat orders --reason "..."     /backups orders     /refresh help',
  '  as quinn              be somebody else (dana, quinn, otto, sam)',
  '  press approve         press a button of the newest card or alert that has it (approve, reject, cancel, undo, retry ...)',
  `  move ${project}-1 Approved    move a Jira issue, as whom you are`,
  '  board                 see the Jira board',
  '  help, quit',
].join('\n');

/** A conversation with the sandbox in a terminal: people type here, and what they would see is printed as it comes. */
export async function converse(sandbox: Sandbox, say: (text: string) => void): Promise<number> {
  if (!process.stdin.isTTY) return new Promise<number>(() => undefined);
  const { slack } = sandbox;
  let player = dana;
  say(help);
  const seen = new Map<string, string>();
  const stop = slack.onChange(() => {
    for (const [place, said] of everythingShown(sandbox)) {
      const text = slack.renderText(said, { width: 96 });
      if (seen.get(`${place} ${said.ts}`) === text) continue;
      seen.set(`${place} ${said.ts}`, text);
      say(`\n[${place}]\n${text}`);
    }
  });
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    for (;;) {
      const line = (await terminal.question(`${player.id}> `)).trim();
      if (line === 'quit' || line === 'exit') return 0;
      try {
        const as = players.find((one) => `as ${one.id}` === line);
        if (as !== undefined) player = as;
        else await act(sandbox, player, line, say);
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
      }
    }
  } finally {
    stop();
    terminal.close();
  }
}

async function act(
  sandbox: Sandbox,
  player: typeof dana,
  line: string,
  say: (text: string) => void,
): Promise<void> {
  const { slack, jira } = sandbox;
  const slash = /^(\/\w+)\s*(.*)$/s.exec(line);
  if (slash !== null) {
    await slack.command(player.slack, channels.refreshes, slash[2]!, { command: slash[1]! });
    return;
  }
  const press = /^press (\w+)$/.exec(line);
  if (press !== null) {
    const found = newestWith(sandbox, press[1]!);
    if (found === undefined) throw new Error(`No message has a button "${press[1]}".`);
    const dialog = slack.confirmDialog(found.message, found.action);
    if (dialog) say(`(${dialog.title.text} ${dialog.text.text} - yes)`);
    await slack.click(player.slack, found.message, found.action, dialog ? { confirm: true } : {});
    return;
  }
  const move = /^move (\S+) (.+)$/.exec(line);
  if (move !== null) jira.moveIssue(player.jira, move[1]!, move[2]!);
  else if (line === 'board') {
    for (const column of jira.board())
      say(
        `${column.status}: ${column.issues.map((issue) => `${issue.key} ${issue.summary}`).join('; ') || '-'}`,
      );
  } else if (line !== '') say(help);
}

function newestWith(sandbox: Sandbox, word: string): { message: Message; action: string } | undefined {
  const wanted = new RegExp(`^${word}`, 'i');
  for (const channel of [channels.refreshes, channels.operators]) {
    for (const message of sandbox.slack.messages(channel).toReversed()) {
      for (const block of message.blocks as unknown as {
        type: string;
        elements?: { text?: { text?: string }; action_id?: string }[];
      }[]) {
        if (block.type !== 'actions') continue;
        const button = block.elements?.find((element) => wanted.test(element.text?.text ?? ''));
        if (button?.action_id !== undefined) return { message, action: button.action_id };
      }
    }
  }
  return undefined;
}

function* everythingShown({ slack }: Sandbox) {
  for (const channel of slack.channels()) {
    for (const message of slack.messages(channel.id)) yield [`#${channel.name}`, message] as const;
  }
  for (const player of players) {
    for (const whisper of slack.ephemerals(player.slack)) yield [`only ${player.id} sees`, whisper] as const;
  }
}
