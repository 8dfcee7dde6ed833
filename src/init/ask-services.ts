import { isBaseUrl } from '../../config/schema/values.ts';
import type { Asking } from './asking.ts';
import { asInSite } from './checks.ts';
import { askJira, type JiraFacts } from './jira-facts.ts';
import { jiraStates, type JiraState } from '../domain/jira-site.ts';
import type { Answers, InitWords } from './words.ts';

const urlAllowed = 'an https:// address without user, password, query or fragment';
const url = (text: string) => (isBaseUrl(text) ? undefined : urlAllowed);
const bare = (text: string) => text.replace(/\/+$/, '');

export async function askSlack(
  words: InitWords,
  asking: Asking,
): Promise<Pick<Answers, 'slack' | 'publicUrl'>> {
  const mode = await asking.text({
    flag: '--slack',
    message: 'How does Slack reach the bot?',
    given: words.slack,
    choices: [
      { value: 'socket', label: 'Socket Mode: the bot connects to Slack, nothing is open to the internet' },
      { value: 'http', label: 'HTTP mode: Slack comes to an https:// address of the bot' },
    ],
  });
  const publicUrl = await asking.text({
    flag: '--url',
    message:
      mode === 'http'
        ? "The bot's address from outside, such as https://freshet.example.org"
        : "The bot's address from outside, for Jira's webhook; empty if there is none (then Jira is polled)",
    given: words.url,
    check: url,
    ...(mode === 'http' ? {} : { fallback: '' }),
  });
  const channel = (flag: string, message: string, given: string | undefined) =>
    asking.text({ flag, message, given, check: asInSite('slack.channel') });
  return {
    slack: {
      mode: mode === 'http' ? 'http' : 'socket',
      channel: await channel(
        '--channel',
        'Id of the Slack channel for the cards (at the end of the channel\'s "Copy link", such as C024CARDS01)',
        words.channel,
      ),
      operatorsChannel: await channel(
        '--operators-channel',
        'Id of the Slack channel for failures and alerts',
        words.operatorsChannel,
      ),
    },
    ...(publicUrl === '' ? {} : { publicUrl: bare(publicUrl) }),
  };
}

/** `token`: the bot's own, where it is already there; with it Jira itself tells ids. */
export async function askJiraSite(
  words: InitWords,
  asking: Asking,
  publicUrl: string | undefined,
  token: string | undefined,
): Promise<Answers['jira']> {
  const kind =
    (await asking.text({
      flag: '--jira',
      message: 'Which Jira is it?',
      given: words.jira,
      fallback: 'cloud',
      choices: [
        { value: 'cloud', label: 'Jira Cloud (https://YOURS.atlassian.net)' },
        { value: 'data-center', label: 'Jira Data Center' },
      ],
    })) === 'data-center'
      ? ('data-center' as const)
      : ('cloud' as const);
  const baseUrl = bare(
    await asking.text({
      flag: '--jira-url',
      message: 'Address of Jira, such as https://example.atlassian.net',
      given: words.jiraUrl,
      check: url,
    }),
  );
  const email =
    kind === 'cloud'
      ? await asking.text({
          flag: '--jira-email',
          message: "E-mail address of the bot's own Jira account",
          given: words.jiraEmail,
          check: asInSite('jira.email'),
        })
      : undefined;
  const project = await asking.text({
    flag: '--jira-project',
    message: 'Key of the Jira project for the requests, such as DBR',
    given: words.jiraProject,
    check: asInSite('jira.project'),
  });
  const known = await factsOf(
    { kind, baseUrl, project, ...(email === undefined ? {} : { email }) },
    asking,
    token,
  );
  const issueType = await asking.text({
    flag: '--jira-issue-type',
    message: 'Type of the issues',
    given: words.jiraIssueType,
    fallback: 'Task',
    check: asInSite('jira.issueType'),
    ...(known === undefined || !asking.interactive
      ? {}
      : { choices: Object.keys(known.statuses).map((value) => ({ value, label: value })) }),
  });
  const accountId = await accountOf(words, asking, kind, known);
  const webhook = await askWebhook(words, asking, publicUrl);
  const statuses = await askStatuses(words, asking, known?.statuses[issueType] ?? []);
  return {
    kind,
    baseUrl,
    ...(email === undefined ? {} : { email }),
    project,
    issueType,
    ...(accountId === '' ? {} : { accountId }),
    statuses,
    webhook,
  };
}

async function factsOf(
  jira: Pick<Answers['jira'], 'kind' | 'baseUrl' | 'email' | 'project'>,
  asking: Asking,
  token: string | undefined,
): Promise<JiraFacts | undefined> {
  if (token === undefined || !isBaseUrl(jira.baseUrl)) return undefined;
  try {
    const facts = await askJira(jira, token);
    asking.say(`Jira knows the bot as ${facts.account.name} (${facts.account.id}).`);
    return facts;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    asking.say(`Jira was not asked for ids: ${why}. npx freshet check tells them later.`);
    return undefined;
  }
}

async function accountOf(
  words: InitWords,
  asking: Asking,
  kind: Answers['jira']['kind'],
  known: JiraFacts | undefined,
): Promise<string> {
  if (words.jiraAccount === undefined && known !== undefined) return known.account.id;
  return asking.text({
    flag: '--jira-account',
    message: `${kind === 'cloud' ? 'Account id' : 'User key'} of the bot's own Jira account; empty if you do not know it (npx freshet check tells it)`,
    given: words.jiraAccount,
    fallback: '',
    check: asInSite('jira.accountId'),
  });
}

async function askWebhook(words: InitWords, asking: Asking, publicUrl: string | undefined): Promise<boolean> {
  if (publicUrl === undefined && words.jiraWebhook === undefined) return false;
  const answer = await asking.text({
    flag: '--jira-webhook',
    message: 'Is Jira to tell of changes at once, by a webhook that its administrator makes?',
    given: words.jiraWebhook,
    fallback: 'yes',
    choices: [
      { value: 'yes', label: 'Yes, by a webhook' },
      { value: 'no', label: 'No, the bot looks by itself' },
    ],
  });
  return answer === 'yes';
}

const statusWords: Readonly<Record<JiraState, string>> = {
  pending: 'waits for approval (new issues start there)',
  approved: 'is approved',
  rejected: 'is rejected',
  running: 'is being carried out',
  succeeded: 'is done',
  failed: 'has failed',
  cancelled: 'was cancelled or has expired',
};

/** How such a status is often called. */
const likely: Readonly<Record<JiraState, RegExp>> = {
  pending: /wait|pending|open|to ?do|requested/i,
  approved: /approved|accepted/i,
  rejected: /reject|declin|denied/i,
  running: /progress|running/i,
  succeeded: /done|succe|complete|resolved/i,
  failed: /fail/i,
  cancelled: /cancel|withdrawn|expired/i,
};

/** By id, or by name where Jira was asked. What nobody says is left open. */
async function askStatuses(
  words: InitWords,
  asking: Asking,
  known: readonly { id: string; name: string }[],
): Promise<Partial<Record<JiraState, string>>> {
  const given = new Map<string, string>();
  for (const line of words.jiraStatus ?? []) {
    const [state = '', ...rest] = line.split('=');
    if (!jiraStates.some((one) => one === state.trim())) {
      asking.fault('--jira-status', `"${state}" is not a state; expected ${jiraStates.join(', ')}.`);
    }
    given.set(state.trim(), rest.join('=').trim());
  }
  const statuses: Partial<Record<JiraState, string>> = {};
  if (asking.interactive && known.length === 0 && given.size === 0) {
    asking.say('The ids of the statuses are left open; npx freshet check lists those of the project.');
    return statuses;
  }
  for (const state of jiraStates) {
    const said = given.get(state);
    const named = known.find(({ name }) => name.toLowerCase() === said?.toLowerCase());
    const id = await asking.text({
      flag: `--jira-status ${state}=...`,
      message: `Status of an issue whose request ${statusWords[state]}`,
      given: named?.id ?? said,
      // A person sees what is offered and may choose another; a script says what it means.
      fallback: asking.interactive ? (known.find(({ name }) => likely[state].test(name))?.id ?? '') : '',
      ...(known.length === 0
        ? { check: asInSite(`jira.statuses.${state === 'approved' ? 'rejected' : state}`) }
        : { choices: known.map(({ id: value, name }) => ({ value, label: name })) }),
    });
    if (id !== '') statuses[state] = id;
  }
  return statuses;
}
