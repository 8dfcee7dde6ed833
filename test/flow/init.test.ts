import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBot, type Bot } from '../../src/sandbox/bot.ts';
import { bot, channels, dana, otto, project, quinn } from '../../src/sandbox/cast.ts';
import { standardWorkflow, statusIds } from '../../src/sandbox/jira/workflow.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { root } from '../../src/sandbox/setup.mjs';
import { fingerprint } from '../../src/init/host-key.ts';
import { freshDatabase } from '../postgres.ts';
import { layUsualGround, usualScale } from '../rig/rig.ts';
import { until } from '../until.ts';
import { needs } from '../skip.ts';

type Ended = { code: number | null; stdout: string; stderr: string };

describe('from npx freshet init to a green check', function () {
  this.timeout(240_000);
  let folder: string;
  let sandbox: Sandbox;
  let site: string;
  let databaseUrl: string;
  const bots: Bot[] = [];

  before(async function () {
    this.timeout(240_000);
    needs(this, 'postgresql', 'openssh-server');
    folder = await mkdtemp(join(tmpdir(), 'init-'));
    site = join(folder, 'mine/site.yaml');
    await layUsualGround(folder);
    sandbox = await startSandbox({
      folder: join(folder, 'sandbox'),
      durable: false,
      scale: usualScale,
      slackMode: 'http',
    });
    databaseUrl = await freshDatabase({ migrated: true });
  });
  after(async function () {
    this.timeout(60_000);
    for (const one of bots) await one.stop();
    await sandbox?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  function freshet(words: readonly string[], more: Record<string, string> = {}): Promise<Ended> {
    const child = spawn(process.execPath, [join(root, 'src/freshet.js'), ...words], {
      cwd: folder,
      env: { ...environment(), ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (ended.stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (ended.stderr += String(chunk)));
    return new Promise((resolve) => {
      child.once('close', (code) => resolve({ ...ended, code }));
    });
  }

  function environment(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      FRESHET_CONFIG: site,
      DATABASE_URL: databaseUrl,
      SLACK_API_URL: sandbox.slack.apiUrl,
      FRESHET_SANDBOX: sandbox.hosts.folder,
    };
  }

  function words(): string[] {
    const { 'test-db': target, 'prod-db': source } = sandbox.hosts.hosts;
    const url = `http://127.0.0.1:${sandbox.httpPort}`;
    const pattern = "{database}_{dataAt:yyyy-MM-dd'T'HHmm'Z'}*";
    const host = (one: typeof target) =>
      `${one.name}; address=${one.address}; port=${one.port}; user=${one.user}; fingerprint=${fingerprint(one.hostKey)}`;
    const person = (one: typeof dana) =>
      `${one.id}; name=${one.name}; roles=${one.roles.join(',')}; slack=${one.slack}; jira=${one.jira}`;
    const flags: [string, string][] = [
      ['name', 'Webshop'],
      ['slack', 'http'],
      ['url', url],
      ['http-port', String(sandbox.httpPort)],
      ['channel', channels.refreshes],
      ['operators-channel', channels.operators],
      ['jira-url', sandbox.jira.url],
      ['jira-email', bot.email],
      ['jira-project', project],
      ...[dana, quinn, otto].map((one): [string, string] => ['person', person(one)]),
      ['operators', 'operator'],
      ['host', host(target)],
      ['host', host(source)],
      ['server', `test-pg; port=${target.pgPort}`],
      ['extensions', 'citext,pg_trgm,btree_gist,pgcrypto'],
      ['database', 'orders'],
      ['environment', 'uat; approvers=qa-manager; orders=orders_uat'],
      ['environment', 'dev; protected=no; raw=yes; orders=orders_dev'],
      ['repository', `nightly; path=${source.files.backups.nightly}; pattern=${pattern}; timezone=UTC`],
      [
        'repository',
        `anonymised; path=${source.files.backups.anonymised}; anonymised=yes; pattern=${pattern}; timezone=UTC`,
      ],
    ];
    return ['init', '--yes', ...flags.flatMap(([name, value]) => [`--${name}`, value])];
  }

  /** What the person does by the printed lines: each secret into the file that was named. */
  async function fillSecrets(printed: string): Promise<void> {
    const secrets = join(sandbox.folder, 'secrets');
    const values: Record<string, string> = {
      'slack-signing-secret': join(secrets, 'slackSigning'),
      'slack-bot-token': join(secrets, 'slackBot'),
      'jira-token': join(secrets, 'jira'),
      'jira-webhook-secret': join(secrets, 'webhook'),
      'test-pg-admin': sandbox.hosts.bot.adminPasswordFile,
      'test-pg-loader': sandbox.hosts.bot.loaderPasswordFile,
    };
    for (const folderLine of printed.matchAll(/^ {3}install -d -m 0700 (\S+)$/gm)) {
      await mkdir(join(folder, folderLine[1]!), { recursive: true, mode: 0o700 });
    }
    const files = [...printed.matchAll(/^ {3}install -m 0600 \/dev\/stdin (\S+)/gm)].map(
      (match) => match[1]!,
    );
    assert.deepEqual(
      new Set(files.map((file) => file.split('/').at(-1))),
      new Set(Object.keys(values)),
      'each secret that the site needs, and no other',
    );
    for (const file of files) await copyFile(values[file.split('/').at(-1)!]!, join(folder, file));
    for (const key of printed.matchAll(/ssh-keygen .* -f (\S+)$/gm)) {
      await copyFile(sandbox.hosts.bot.privateKeyFile, join(folder, key[1]!));
    }
  }

  const lines = (ended: Ended) => ended.stdout.split('\n').filter((line) => /^(?:ok|FAIL) /.test(line));
  const failing = (ended: Ended) => lines(ended).filter((line) => line.startsWith('FAIL'));

  it('writes a site file whose every line is green once the printed steps were done', async () => {
    const first = await freshet(words());
    assert.equal(first.code, 0, first.stderr);
    assert.match(await readFile(site, 'utf8'), /signingSecret: file:secrets\/slack-signing-secret/);
    assert.ok(first.stdout.includes(`URL      http://127.0.0.1:${sandbox.httpPort}/jira/webhook`));

    await fillSecrets(first.stdout);
    const unmapped = await freshet(['check']);
    assert.equal(unmapped.code, 1, unmapped.stdout);
    assert.equal(failing(unmapped).length, 2, unmapped.stdout);
    assert.match(unmapped.stdout, /^FAIL +jira account: .*\n +Set jira\.accountId to 70121:freshet-bot/m);
    assert.match(unmapped.stdout, /^FAIL +jira statuses: .*"900001".*\n.*10\d+ \(/m);
    assert.match(unmapped.stdout, /^ok +slack request URL: .*not judged/m);

    // Now that the bot's token is where it belongs, Jira itself tells the ids, and statuses may be said by name.
    const known = new Map(standardWorkflow().statuses.map(({ id, name }) => [id, name]));
    const statuses = {
      pending: statusIds.waiting,
      approved: statusIds.approved,
      rejected: statusIds.rejected,
      running: statusIds.inProgress,
      succeeded: statusIds.done,
      failed: statusIds.failed,
      cancelled: statusIds.cancelled,
    };
    const mapped = Object.entries(statuses).flatMap(([state, id]) => [
      '--jira-status',
      `${state}=${known.get(id) ?? id}`,
    ]);
    const refused = await freshet([...words(), ...mapped]);
    assert.match(refused.stderr, /^site-exists: /);
    const second = await freshet([...words(), '--force', ...mapped]);
    assert.equal(second.code, 0, second.stderr);
    assert.doesNotMatch(second.stdout, /Not mapped yet|not known yet/);

    // The sandbox's sshd takes whoever runs it; a real host has the account that the script makes.
    const withAccount = join(folder, 'mine/account.yaml');
    await writeFile(
      withAccount,
      (await readFile(site, 'utf8')).replaceAll(/^ {4}user: \S+$/gm, '    user: freshet'),
    );
    for (const [, name, rest] of second.stdout.matchAll(/^ {3}npx freshet host install (\S+)(.*) > \S+$/gm)) {
      const script = await freshet(['host', 'install', name!, ...rest!.trim().split(' ').filter(Boolean)], {
        FRESHET_CONFIG: withAccount,
      });
      assert.equal(script.code, 0, script.stderr);
      assert.match(script.stdout, /^#!\/bin\/sh\n/);
    }

    const before = await freshet(['check']);
    assert.deepEqual(failing(before), [], before.stdout);
    const serve = startBot({
      words: ['serve', '--no-worker'],
      environment: environment(),
      logFile: join(folder, 'freshet.log'),
    });
    bots.push(serve);
    await until('the bot serves', async () => {
      const answer = await fetch(`http://127.0.0.1:${sandbox.httpPort}/healthz`).catch(() => undefined);
      return answer?.ok;
    });
    const serving = await freshet(['check']);
    assert.equal(serving.code, 0, serving.stdout + serving.stderr);
    assert.match(
      serving.stdout,
      /^ok +slack request URL: http:\/\/127\.0\.0\.1:\d+\/slack\/events answers as Slack expects$/m,
    );
    for (const what of [
      'slack signing secret',
      'host test-db',
      'host prod-db',
      'uat orders',
      'repository nightly',
    ]) {
      assert.ok(
        lines(serving).some((line) => line.startsWith(`ok    ${what}:`)),
        `${what} in\n${serving.stdout}`,
      );
    }
    // Where the bot is slow to answer Slack says that it failed, and people type it again.
    await until(
      'a command is taken',
      async () => {
        const words = { command: '/refresh' };
        return (
          (await sandbox.slack.command(dana.slack, channels.refreshes, 'help', words)).error === undefined
        );
      },
      60,
      () => readFile(join(folder, 'freshet.log'), 'utf8'),
    );
  });

  it('does not write a site file for a host whose key is not the one that was said', async () => {
    const wrong = words().map((word) => word.replace(/fingerprint=SHA256:./, 'fingerprint=SHA256:?'));
    const other = join(folder, 'other.yaml');
    const { code, stderr } = await freshet([...wrong, '--site', other]);
    assert.equal(code, 1);
    assert.match(stderr, /shows SHA256:\S+, not "SHA256:\?/);
    await assert.rejects(readFile(other), { code: 'ENOENT' });
  });
});
