import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SiteInvalid } from '../../config/faults.ts';
import { parseSite } from '../../config/load.ts';
import { absoluteRef, openSecrets } from '../../config/secrets.ts';
import { commands } from '../../commands/index.ts';
import { engineSites } from '../../runners/index.ts';
import { manifestLink } from '../fronts/slack/manifest.ts';
import { askDatabases, askEnvironments, askRepositories, askServer } from './ask-databases.ts';
import { askHosts } from './ask-hosts.ts';
import { askPeople } from './ask-people.ts';
import { askJiraSite, askSlack } from './ask-services.ts';
import type { Asking } from './asking.ts';
import { asInSite, numberInSite } from './checks.ts';
import { nextSteps } from './next-steps.ts';
import { refsOf } from './refs.ts';
import { siteText } from './site-text.ts';
import type { Answers, InitWords } from './words.ts';
import { exists, mayWrite, writeWhole } from './write.ts';

/**
 * Gathers the answers, writes the site file whole, and answers with what is left to do. Throws `Input` with all that is missing
 * (`init-incomplete`), and `site-exists`; then, and when it is ended before, nothing was written.
 */
export async function init(
  words: InitWords,
  site: string,
  asking: Asking,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const force = words.force === true;
  if (!force && existsSync(site)) throw exists(site);
  await mayWrite(site);
  const secret = openToken(environment, site);
  const answers = await gather(words, asking, secret);
  asking.finish();
  const schema = fileURLToPath(new URL('../../config/site.schema.json', import.meta.url));
  const text = siteText(answers, relative(dirname(resolve(site)), schema));
  await prove(text, site);
  await writeWhole(site, text, force);
  const { publicUrl } = answers;
  const byHttp = answers.slack.mode === 'http' && publicUrl !== undefined;
  const link = manifestLink({ commands, ...(byHttp ? { publicUrl } : {}) });
  return `Wrote ${site}. What is left to do:\n\n${nextSteps({ answers, site, link })}\n`;
}

async function gather(words: InitWords, asking: Asking, tokenOf: TokenOf): Promise<Answers> {
  const name = await asking.text({
    flag: '--name',
    message: 'Name of this installation, shown on cards, such as Webshop',
    given: words.name,
    check: asInSite('name'),
  });
  const secrets = await asking.text({
    flag: '--secrets',
    message: 'Where are secrets to be? Their values are never asked for.',
    given: words.secrets,
    fallback: 'file',
    choices: [
      { value: 'file', label: 'Files beside the site file that only the bot can read' },
      { value: 'env', label: 'Variables of the process' },
    ],
  });
  const { slack, publicUrl } = await askSlack(words, asking);
  const kept = secrets === 'env' ? ('env' as const) : ('file' as const);
  const jira = await askJiraSite(words, asking, publicUrl, await tokenOf(kept));
  const { people, operators } = await askPeople(words, asking, jira.accountId);
  const hosts = await askHosts(words, asking);
  const server = await askServer(words, asking, hosts, engineSites);
  const databases = await askDatabases(words, asking);
  const environments = await askEnvironments(words, asking, { databases, people });
  const repositories = await askRepositories(words, asking, hosts);
  const port = await portOf(words, asking);
  const timeZone = await zoneOf(words, asking);
  return {
    name,
    timeZone,
    slack,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    httpPort: port,
    people,
    operators,
    jira,
    hosts,
    server,
    databases,
    environments,
    repositories,
    secrets: kept,
  };
}

/** Not asked for: most often that of the machine. */
async function zoneOf({ timeZone }: InitWords, asking: Asking): Promise<string> {
  const check = asInSite('timeZone');
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (timeZone === undefined) return check(own) === undefined ? own : 'UTC';
  const question = { flag: '--time-zone', message: 'Zone in which times are said and shown' };
  return asking.text({ ...question, given: timeZone, check });
}

/** Not asked for: hardly anybody needs another. */
async function portOf({ httpPort }: InitWords, asking: Asking): Promise<number> {
  if (httpPort === undefined) return 8080;
  const question = { flag: '--http-port', message: "The bot's own port", given: httpPort };
  return Number(await asking.text({ ...question, check: numberInSite('http.port') }));
}

type TokenOf = (secrets: Answers['secrets']) => Promise<string | undefined>;

/** The bot's token for Jira where it is to be, if it is there already; then Jira itself can tell ids. */
function openToken(environment: Readonly<Record<string, string | undefined>>, site: string): TokenOf {
  return async (secrets) => {
    for (const ref of [refsOf({ secrets, server: { name: '' } }).jira, 'env:JIRA_TOKEN']) {
      try {
        return await openSecrets(environment).resolve(absoluteRef(ref, dirname(resolve(site))));
      } catch {
        // Not there yet, or not to be read: then ids are looked up later.
      }
    }
    return undefined;
  };
}

/** The configuration's own checks have the last word. */
async function prove(text: string, site: string): Promise<void> {
  try {
    await parseSite(text, { path: site, engines: engineSites });
  } catch (error) {
    if (!(error instanceof SiteInvalid)) throw error;
    throw new SiteInvalid(
      'site-invalid',
      'What these answers make (nothing was written)',
      error.faults,
      'Run npx freshet init again with other answers.',
    );
  }
}
