import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineSites } from '../../../runners/index.ts';
import { SiteInvalid } from '../../../config/faults.ts';
import { loadSite } from '../../../config/load.ts';
import { fromFlags } from '../../../src/init/asking.ts';
import { init } from '../../../src/init/init.ts';
import type { InitWords } from '../../../src/init/words.ts';
import { root } from '../../../src/sandbox/setup.mjs';
import { complete, hostKeys } from './case.ts';

describe('init by options', () => {
  let folder: string;
  let site: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'init-'));
    site = join(folder, 'conf/site.yaml');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = (words: InitWords) => init(words, site, fromFlags(), {});
  const load = async () => (await loadSite({ path: site, engines: engineSites })).site;
  async function refusal(words: InitWords): Promise<string> {
    try {
      await run(words);
    } catch (error) {
      if (error instanceof SiteInvalid) return error.render();
      if (error instanceof Error) return `${'code' in error ? String(error.code) : ''}: ${error.message}`;
    }
    throw new Error('it was not refused');
  }

  it('writes a site file that the configuration takes, for its owner alone', async () => {
    await run(complete());
    assert.equal((await stat(site)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(join(folder, 'conf')), ['site.yaml']);
    const made = await load();
    assert.deepEqual(
      [made.slack.appToken, made.slack.botToken].map((ref) => ref?.replace(folder, '')),
      ['file:/conf/secrets/slack-app-token', 'file:/conf/secrets/slack-bot-token'],
    );
    assert.equal(made.slack.signingSecret, undefined);
    assert.equal(made.jira.webhookSecret, undefined);
    assert.equal(made.jira.baseUrl, 'https://example.atlassian.net');
    assert.deepEqual(made.operators, ['operator']);
    assert.equal(made.servers['test-postgres']!.engine, 'postgres');
    assert.equal(made.environments['uat']!.timeZone, Intl.DateTimeFormat().resolvedOptions().timeZone);
    assert.equal(made.hosts['db-production']!.port, 2222);
    assert.equal(made.hosts['db-test']!.hostKey, hostKeys.test);
    assert.deepEqual(made.environments['production']!.sources, { orders: 'shop_orders', stock: 'stock' });
    const { uat, dev } = made.environments;
    assert.equal(uat!.databases['orders']!.databaseName, 'orders_uat');
    assert.equal(uat!.databases['stock']!.databaseName, 'uat_stock');
    assert.equal(uat!.databases['stock']!.target, 'uat-stock');
    assert.deepEqual([uat!.protected, dev!.protected], [true, false]);
    assert.deepEqual(made.repositories['masked']!.anonymisation, 'declared');
  });

  it('lets raw data lie only where raw backups are or an environment takes them', async () => {
    await run(complete());
    const first = await load();
    assert.deepEqual(
      [first.hosts['db-test']!.holdsRawData, first.hosts['db-production']!.holdsRawData],
      [false, true],
    );
    await run(complete({ force: true, environment: ['dev; protected=no; raw=yes'] }));
    const second = await load();
    assert.equal(second.hosts['db-test']!.holdsRawData, true);
    assert.deepEqual(second.environments['dev']!.accepts, ['raw', 'declared', 'proven']);
  });

  it('names variables instead of files where that was said; private keys stay files', async () => {
    await run(
      complete({ secrets: 'env', slack: 'http', url: 'https://bot.example.org/', jiraWebhook: 'yes' }),
    );
    const text = await readFile(site, 'utf8');
    assert.deepEqual(
      new Set([...text.matchAll(/: (env:\S+)/g)].map((match) => match[1])),
      new Set([
        'env:FRESHET_ADMIN_PASSWORD',
        'env:FRESHET_LOADER_PASSWORD',
        'env:JIRA_TOKEN',
        'env:JIRA_WEBHOOK_SECRET',
        'env:SLACK_BOT_TOKEN',
        'env:SLACK_SIGNING_SECRET',
      ]),
    );
    assert.match(text, /key: file:keys\/db-test/);
    assert.equal((await load()).http.publicUrl, 'https://bot.example.org');
  });

  it('prints lines in which an answer stays one word of the shell', async () => {
    const said = await run(
      complete({
        slack: 'http',
        url: 'https://bot.example.org/a;b',
        repository: ['nightly; path=/srv/a&(b)'],
      }),
    );
    assert.match(said, /host install db-production --root 'nightly=\/srv\/a&\(b\)' >/);
    assert.match(said, /freshet manifest --url 'https:\/\/bot\.example\.org\/a;b'"/);
  });

  it('takes Data Center without an e-mail address', async () => {
    await run(complete({ jira: 'data-center', jiraUrl: 'https://jira.example.org', jiraEmail: undefined! }));
    const made = await load();
    assert.equal(made.jira.kind, 'data-center');
    assert.equal(made.jira.email, undefined);
  });

  it('takes the time zone that was said', async () => {
    await run(complete({ timeZone: 'Asia/Kathmandu' }));
    assert.equal((await load()).environments['uat']!.timeZone, 'Asia/Kathmandu');
  });

  it('says everything that is missing at once, and writes nothing', async () => {
    const said = await refusal({ yes: true });
    for (const flag of [
      '--name',
      '--slack',
      '--channel',
      '--operators-channel',
      '--jira-url',
      '--jira-email',
      '--jira-project',
      '--person',
      '--host',
      '--database',
      '--environment',
      '--repository',
    ]) {
      assert.match(said, new RegExp(`^  ${flag} is missing: `, 'm'));
    }
    assert.match(said, /^init-incomplete: /);
    assert.deepEqual(await readdir(folder), []);
  });

  const wrong: [Partial<InitWords>, RegExp][] = [
    [{ slack: 'sockets' }, /--slack: "sockets" is not allowed; expected "socket" or "http"/],
    [
      { timeZone: 'Europe/Berln' },
      /--time-zone: "Europe\/Berln" is not allowed; expected the name of a time zone/,
    ],
    [{ slack: 'http' }, /--url is missing: The bot's address from outside/],
    [{ url: 'http://bot.example.org' }, /--url: .* expected an https:\/\/ address/],
    [{ channel: '#cards' }, /--channel: "#cards" is not allowed; expected a Slack channel id/],
    [{ jiraProject: 'dbr' }, /--jira-project: "dbr" is not allowed; expected a project key/],
    [{ jiraStatus: ['aproved=1'] }, /"aproved" is not a state; expected pending, approved/],
    [
      { jiraStatus: ['approved=Done'] },
      /--jira-status approved=.*: "Done" is not allowed; expected the id of a status/,
    ],
    [
      { person: ['ada; name=Ada'] },
      /--person "ada; jira=.*is missing: ada: Jira account id.*needed, as there is no Slack id/,
    ],
    [
      { person: ['ada; nme=Ada; slack=U024ADA0001'] },
      /"nme" is not known here; expected name=\.\.\., roles=/,
    ],
    [
      { person: ['ada; name=Ada; slack=@ada'] },
      /slack=.*: "@ada" is not allowed; expected a Slack member id/,
    ],
    [
      { person: ['ada; name=A; slack=U024ADA0001', 'ben; name=B; slack=U024ADA0001'] },
      /ben; slack=.*: Somebody else has this id/,
    ],
    [
      { jiraAccount: '70121:bot', person: ['ada; name=A; jira=70121:bot'] },
      /ada; jira=.*: This is the account of the bot itself/,
    ],
    [
      { server: 'pg; admin=freshet; loader=freshet' },
      /loader=.*: The loader can not be the account that swaps/,
    ],
    [
      {
        host: [
          `a; address=10.0.0.1; port=22; key=${hostKeys.test}`,
          `b; address=10.0.0.1; port=22; key=${hostKeys.test}`,
        ],
        repository: ['nightly; path=/b'],
      },
      /b; port=.*: "a" has the same address and port/,
    ],
    [
      { environment: ['dev; protected=no; orders=x', 'ci; protected=no; orders=x'] },
      /ci; orders=.*: It is the database of "dev" already/,
    ],
    [
      { operators: 'boss' },
      /--operators: "boss" is not allowed; expected roles that somebody holds: developer, qa-manager/,
    ],
    [
      { host: ['db-test; address=db2.example.org'] },
      /db-test; key=.* is missing: .*ssh-keyscan -t ed25519 db2\.example\.org/,
    ],
    [{ host: ['db-test; address=db2.example.org; key=ssh-ed25519 AAAA'] }, /expected the public host key/],
    [{ database: ['status'] }, /--database: "status" is a word of the commands; for example "status-db"/],
    [{ environment: ['uat; orders=orders_uat'] }, /uat; approvers=\.\.\." is missing/],
    [{ environment: ['orders; protected=no'] }, /This name is taken/],
    [{ environment: ['uat; approvers=boss'] }, /"boss" is not allowed; expected roles that somebody holds/],
    [{ repository: ['nightly; path=backups'] }, /"backups" is not allowed; expected an absolute path/],
    [
      { repository: ['nightly; path=/b; host=db3'] },
      /"db3" is not allowed; expected one of the hosts: db-test, db-production/,
    ],
    [{ repository: ['nightly; path=/b; pattern={database}_{date}'] }, /repository "nightly; pattern=/],
    [{ httpPort: '99999' }, /--http-port: "99999" is not allowed; expected a whole number from 1 to 65535/],
    // What only the whole file shows: the last word is the configuration's.
    [
      {
        host: [`a; address=10.0.0.1; key=${hostKeys.test}`, `b; address=10.0.0.1; key=${hostKeys.test}`],
        repository: ['nightly; path=/b'],
      },
      /^What these answers make \(nothing was written\) has 1 fault:[^]*hosts\.b\n.*"a" has the same address and port/,
    ],
  ];
  for (const [change, words] of wrong) {
    it(`refuses ${JSON.stringify(change)}`, async () => {
      assert.match(await refusal(complete(change)), words);
      assert.deepEqual(await readdir(folder), []);
    });
  }

  it('leaves a site file that is there as it is, unless told otherwise', async () => {
    site = join(folder, 'site.yaml');
    await writeFile(site, 'mine\n', { mode: 0o644 });
    assert.match(await refusal(complete()), /^site-exists: .*left as it is/);
    assert.equal(await readFile(site, 'utf8'), 'mine\n');
    await run(complete({ force: true }));
    assert.equal((await load()).name, 'Webshop');
    assert.equal((await stat(site)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ['site.yaml']);
  });

  it('says what is left to do: manifest, workflow, webhook, secrets, and each host with its own arguments', async () => {
    const said = await run(complete({ url: 'https://bot.example.org', jiraStatus: ['approved=10002'] }));
    assert.match(said, /https:\/\/api\.slack\.com\/apps\?new_app=1&manifest_json=%7B/);
    assert.match(said, /npx freshet manifest" prints/);
    assert.match(said, /^ +URL +https:\/\/bot\.example\.org\/jira\/webhook$/m);
    assert.match(said, /^ +JQL +project = DBR$/m);
    assert.match(said, /approved +status 10002/);
    assert.match(said, /Not mapped yet: pending, rejected, running, succeeded, failed, cancelled\./);
    assert.match(
      said,
      /^ +npx freshet host install db-test --root masked=\/srv\/backups\/masked --passfile \/etc\/freshet\/pgpass > install-db-test\.sh$/m,
    );
    assert.match(
      said,
      /^ +npx freshet host install db-production --root nightly=\/srv\/backups\/nightly > install-db-production\.sh$/m,
    );
    assert.match(said, /# made up by you: the password that freshet_loader gets on the server$/m);
    assert.equal(said.match(/^ +Add --data FOLDER/gm)?.length, 1, 'of the host with the server alone');
    assert.match(said, /ssh -p 2222 db1\.example\.org sudo sh/);
    assert.match(said, /npx freshet check /);
    assert.doesNotMatch(said, /signing/i);
    const quiet = await run(complete({ force: true }));
    assert.match(quiet, /No webhook is needed/);
    assert.doesNotMatch(quiet, /jira\/webhook/);
    assert.doesNotMatch(said, /Before Jira 10/);
    const own = { jira: 'data-center', jiraUrl: 'https://jira.example.org', jiraEmail: undefined! };
    const older = await run(complete({ ...own, force: true, url: 'https://bot.example.org' }));
    assert.match(older, /Before Jira 10 a webhook has no secret.*leave jira\.webhookSecret out/);
    const http = await run(complete({ force: true, slack: 'http', url: 'https://bot.example.org' }));
    assert.match(http, /npx freshet manifest --url https:\/\/bot\.example\.org"/);
    assert.match(http, /let Slack verify https:\/\/bot\.example\.org\/slack\/events/);
  });
});

describe('the pages about init', () => {
  it('show an option line that works as it stands, but for the fingerprint', async () => {
    const page = await readFile(join(root, 'docs/first-site-file.md'), 'utf8');
    const line = /npx freshet init --yes [^]*?(?<!\\)\n/.exec(page)?.[0];
    assert.ok(line !== undefined, 'the page shows one');
    const folder = await mkdtemp(join(tmpdir(), 'init-'));
    try {
      const site = join(folder, 'site.yaml');
      const words = line
        .replace('npx freshet', '')
        .replace('/etc/freshet/site.yaml', site)
        .replace('fingerprint=SHA256:...', `key=${hostKeys.test}`);
      const said = spawnSync(
        'sh',
        ['-c', `exec "$0" "$1" ${words}`, process.execPath, join(root, 'src/freshet.js')],
        {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'] },
        },
      );
      assert.equal(said.status, 0, said.stderr);
      assert.equal((await loadSite({ path: site, engines: engineSites })).site.name, 'Webshop');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
