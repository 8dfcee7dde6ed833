import type { Command } from 'commander';
import type { InitWords } from './words.ts';

const several = (value: string, before: string[] | undefined) => [...(before ?? []), value];

/** Adds `init` to the command line. */
export function addInit(freshet: Command): void {
  freshet
    .command('init')
    .description(
      'asks what a site file needs (or takes it as options), writes it, and says what is left to do',
    )
    .option('--site <file>', 'where to write it; FRESHET_CONFIG by default, else config/site.yaml')
    .option('--force', 'replace a site file that is there')
    .option('--yes', 'ask nothing: take the options and the defaults, or say what is missing')
    .option('--name <name>', 'name of this installation')
    .option(
      '--time-zone <name>',
      "in which people say and read times, such as Europe/Berlin; this machine's by default",
    )
    .option('--secrets <where>', 'file or env')
    .option('--slack <mode>', 'socket or http')
    .option('--url <address>', "the bot's address from outside, such as https://bot.example")
    .option('--channel <id>', 'Slack channel for the cards')
    .option('--operators-channel <id>', 'Slack channel for failures')
    .option('--jira <kind>', 'cloud or data-center')
    .option('--jira-url <address>', 'address of Jira')
    .option('--jira-email <address>', "Cloud: e-mail address of the bot's account")
    .option('--jira-project <key>', 'key of the project')
    .option('--jira-issue-type <name>', 'type of the issues')
    .option('--jira-account <id>', "the bot's own account id (Cloud) or user key (Data Center)")
    .option(
      '--jira-status <state=id>',
      'status of a state, by id or, with a token, by name; for each',
      several,
    )
    .option('--jira-webhook <answer>', 'yes or no')
    .option(
      '--person <entry>',
      '"ada; name=Ada Lindqvist; roles=developer; slack=U...; jira=..."; for each',
      several,
    )
    .option('--operators <roles>', 'roles whose holders are told of failures')
    .option(
      '--host <entry>',
      '"db-test; address=db2.example.org; fingerprint=SHA256:..." (or key=, port=, user=); the one with the databases first',
      several,
    )
    .option(
      '--server <entry>',
      '"test-postgres; engine=postgres; port=5432; admin=freshet_admin; loader=freshet_loader"',
    )
    .option('--extensions <names>', 'extensions that the databases use')
    .option('--database <entry>', '"orders; production=shop_orders"; for each', several)
    .option(
      '--environment <entry>',
      '"uat; protected=yes; approvers=qa-manager; raw=no; orders=uat_orders"; for each',
      several,
    )
    .option(
      '--repository <entry>',
      '"nightly; host=db-prod; path=/srv/backups; anonymised=no; pattern=...; timezone=..."; for each',
      several,
    )
    .option('--http-port <port>', "the bot's own port")
    .action((words: InitWords) => run(words));
}

async function run(words: InitWords): Promise<void> {
  // It has a Slack, a Jira and a terminal of its own, which no other command has to wait for.
  const [{ readEnvironment }, { fromFlags }, { init }, { atTerminal }] = await Promise.all([
    import('../../config/environment.ts'),
    import('./asking.ts'),
    import('./init.ts'),
    import('./terminal.ts'),
  ]);
  const site = words.site ?? readEnvironment().sitePath;
  if (words.yes === true || !process.stdin.isTTY || !process.stdout.isTTY) {
    process.stdout.write(await init(words, site, fromFlags()));
    return;
  }
  // A serial console tells no size; then each letter would stand on a line of its own, and no choice be shown.
  process.stdout.columns ||= 80;
  process.stdout.rows ||= 24;
  const terminal = atTerminal(process.stdin, process.stdout);
  terminal.say('Every answer is checked at once. Ctrl-C ends this and leaves nothing behind.');
  process.stdout.write(`\n${await init(words, site, terminal)}`);
}
