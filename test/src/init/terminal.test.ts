import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import ssh2 from 'ssh2';
import { createServer, type AddressInfo } from 'node:net';
import { engineSites } from '../../../runners/index.ts';
import { loadSite } from '../../../config/load.ts';
import { fingerprint, showHostKey } from '../../../src/init/host-key.ts';
import { init } from '../../../src/init/init.ts';
import { bot, jiraAccounts, project } from '../../../src/sandbox/cast.ts';
import { startJira } from '../../../src/sandbox/jira/jira.ts';
import { standardWorkflow } from '../../../src/sandbox/jira/workflow.ts';
import { atTerminal } from '../../../src/init/terminal.ts';
import { root } from '../../../src/sandbox/setup.mjs';
import { skip } from '../../skip.ts';
import { complete, hostKeys } from './case.ts';

const keys = { up: '\u001b[A', down: '\u001b[B', clear: '\u0015', enter: '\r' };

/** A person who types an answer to each question by its words, or presses keys, and else Enter. */
function person(answers: readonly [question: RegExp, ...typed: string[]][]) {
  const input = new PassThrough();
  const output = new PassThrough();
  const left = answers.map(([question, ...typed]) => ({ question, typed }));
  let question = '';
  let heard = '';
  let said = '';
  output.on('data', (chunk) => {
    said += String(chunk);
    heard += stripVTControlCharacters(String(chunk));
    // Once a question is drawn, and again once an answer was refused.
    setImmediate(() => {
      const shown = /(?:[◆*] {2}[^◇◆▲*]*|[▲x] {2}[^◇◆▲*]*)$/.exec(heard)?.[0];
      if (shown === undefined) return;
      heard = '';
      if (!/^[▲x]/.test(shown)) question = shown;
      const found = left.find((one) => one.typed.length > 0 && one.question.test(question));
      const typed = found?.typed.shift() ?? '';
      input.write(typed === 'y' || typed === 'n' ? typed : `${keys.clear}${typed}${keys.enter}`);
    });
  });
  const terminal = atTerminal(input, output);
  return { terminal, input, said: () => said, left: () => left.filter((one) => one.typed.length > 0) };
}

describe('init at a terminal', function () {
  let folder: string;
  let site: string;
  const closing: (() => void)[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'init-'));
    site = join(folder, 'site.yaml');
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) close();
    await rm(folder, { recursive: true, force: true });
  });

  /** An sshd that shows a key, and notes who tries to sign in. */
  async function sshd(): Promise<{ port: number; hostKey: string; logins: () => number }> {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    let logins = 0;
    const server = new ssh2.Server({ hostKeys: [pair.private] }, (client) => {
      client.on('authentication', (context) => {
        logins += 1;
        context.reject();
      });
      client.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    return {
      port: (server.address() as AddressInfo).port,
      hostKey: pair.public.trim().split(' ').slice(0, 2).join(' '),
      logins: () => logins,
    };
  }

  it('asks for everything, each answer checked at once, and pins a host key that the person confirmed', async () => {
    const host = await sshd();
    const asked = person([
      [/Name of this installation/, 'Webshop'],
      [/How does Slack reach/, keys.down],
      [/address from outside/, 'http://freshet.example.org', 'https://freshet.example.org'],
      [/channel for the cards/, '#cards', 'C024CARDS01'],
      [/channel for failures/, 'C024ALERT02'],
      [/Address of Jira/, 'https://example.atlassian.net'],
      [/E-mail address/, 'freshet@example.org'],
      [/Key of the Jira project/, 'DBR'],
      [/short name for a person/, 'ada', 'chen'],
      [/name, as cards show it/, 'Ada Lindqvist', 'Chen Wei'],
      [/chen: roles/, 'qa-manager,operator'],
      [/ada: Slack member id/, 'U024ADA0001'],
      [/chen: Slack member id/, 'U024CHEN003'],
      [/Another person/, 'y', 'n'],
      [/name of the database host/, 'db-test'],
      [/IP address of its sshd/, '127.0.0.1'],
      [/port of its sshd/, String(host.port)],
      [/is it the same there/, 'y'],
      [/A database of your product/, 'status', 'orders'],
      [/A test environment/, 'uat'],
      [/roles that may approve/, 'nobody', 'qa-manager'],
      [/folder with backups/, 'nightly'],
      [/its path there/, '/srv/backups/nightly'],
    ]);
    const said = await init({}, site, asked.terminal, {});
    assert.deepEqual(asked.left(), []);
    for (const fault of [
      /"http:\/\/freshet\.example\.org" is not allowed/,
      /"#cards" is not allowed/,
      /"status" is a word of the commands/,
      /"nobody" is not allowed/,
    ]) {
      assert.match(asked.said(), fault);
    }
    assert.ok(asked.said().includes(fingerprint(host.hostKey)), 'the fingerprint is shown');
    assert.equal(host.logins(), 0, 'nobody signs in to a host that is not pinned yet');
    const made = (await loadSite({ path: site, engines: engineSites })).site;
    assert.equal(made.hosts['db-test']!.hostKey, host.hostKey);
    assert.deepEqual(Object.keys(made.people), ['ada', 'chen']);
    assert.match(said, /npx freshet host install db-test --root nightly=\/srv\/backups\/nightly --passfile/);
  });

  it('offers the statuses that Jira has, the likely ones first', async () => {
    const jira = await startJira({ accounts: jiraAccounts('the-token-of-the-bot') });
    closing.push(() => void jira.close());
    const asked = person([[/whose request is rejected/, keys.up]]);
    const options = { ...complete(), jiraUrl: jira.url, jiraEmail: bot.email, jiraProject: project };
    await init(options, site, asked.terminal, { JIRA_TOKEN: 'the-token-of-the-bot' });
    assert.match(asked.said(), /Jira knows the bot as Freshet/);
    const made = (await loadSite({ path: site, engines: engineSites })).site.jira;
    assert.equal(made.accountId, bot.jira);
    const { stages: _, ...statuses } = made.statuses;
    const names = new Map(standardWorkflow().statuses.map(({ id, name }) => [id, name]));
    assert.deepEqual(
      Object.values(statuses)
        .flat()
        .map((id) => names.get(id)),
      ['Waiting for approval', 'Approved', 'Approved', 'In progress', 'Done', 'Failed', 'Cancelled'],
    );
  });

  it('does not show what looks like a secret and came to the wrong question', async () => {
    const token = ['xoxb', '1234567890', 'abcdefABCDEF1234567890abcd'].join('-');
    const asked = person([[/channel for the cards/, token, 'C024CARDS01']]);
    const { channel: _, ...rest } = complete();
    await init(rest, site, asked.terminal, {});
    const refused = asked
      .said()
      .split('\n')
      .filter((line) => /is not allowed/.test(line));
    assert.deepEqual([refused.length, refused.some((line) => line.includes(token))], [1, false]);
    assert.match(refused[0]!, /A value that looks like a secret and is not shown is not allowed/);
  });

  it('asks only for what the options leave open, and anew for what they say wrongly', async () => {
    const asked = person([
      [/channel for the cards/, 'C024CARDS01'],
      [/./, ...Array.from({ length: 40 }, () => '')],
    ]);
    await init({ ...complete(), channel: 'cards' }, site, asked.terminal, {});
    assert.match(asked.said(), /--channel: "cards" is not allowed/);
    assert.doesNotMatch(asked.said(), /Name of this installation/);
    assert.equal((await loadSite({ path: site, engines: engineSites })).site.slack.channel, 'C024CARDS01');
  });

  it('a key that is not confirmed is not pinned', async () => {
    const host = await sshd();
    const asked = person([
      [/is it the same there/, 'n'],
      [/its public host key/, hostKeys.test],
      [/./, ...Array.from({ length: 40 }, () => '')],
    ]);
    await init(
      {
        ...complete(),
        host: [`db-test; address=127.0.0.1; port=${host.port}`],
        repository: ['nightly; path=/b'],
      },
      site,
      asked.terminal,
      {},
    );
    assert.equal(
      (await loadSite({ path: site, engines: engineSites })).site.hosts['db-test']!.hostKey,
      hostKeys.test,
    );
  });

  for (const [how, end] of [
    ['the end of input', (input: PassThrough) => input.end()],
    ['Ctrl-D', (input: PassThrough) => input.write('\u0004')],
    ['Ctrl-C', (input: PassThrough) => input.write('\u0003')],
  ] as const) {
    it(`${how} ends it, and nothing was written`, async () => {
      const input = new PassThrough();
      const output = new PassThrough();
      output.on('data', (chunk) => {
        if (String(chunk).includes('Name of this installation')) setImmediate(() => end(input));
      });
      await assert.rejects(init({}, site, atTerminal(input, output), {}), { code: 'init-ended' });
      assert.deepEqual(await readdir(folder), []);
    });
  }

  it('shows no control characters of whoever answers in place of a host', async () => {
    const words = Buffer.from('\u001b[2J\u001b]0;all is well\u0007');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(words.length);
    const goodbye = Buffer.concat([Buffer.from([1, 0, 0, 0, 2]), length, words, Buffer.alloc(4)]);
    const padding = 16 - ((goodbye.length + 5) % 8);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(goodbye.length + padding + 1);
    head[4] = padding;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), head, goodbye, Buffer.alloc(padding)]));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    await assert.rejects(showHostKey('127.0.0.1', (server.address() as AddressInfo).port), (error: Error) => {
      assert.match(error.message, /all is well/);
      assert.doesNotMatch(error.message, /\p{Cc}/u);
      return true;
    });
  });

  it('Ctrl-C at a real terminal leaves nothing and says so', async function () {
    if (!existsSync('/usr/bin/script')) skip(this, 'script (util-linux) is not installed');
    const line = `${process.execPath} ${join(root, 'src/freshet.js')} init --site ${site}`;
    const child = spawn('/usr/bin/script', ['-qefc', line, join(folder, 'seen')], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: 'dumb' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let said = '';
    const typed = ['Webshop\r', '\r', '\u0003'];
    const questions = [/Name of this installation/, /Where are secrets/, /HTTP mode: Slack comes to/];
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
      if (questions[0]?.test(said) !== true) return;
      questions.shift();
      child.stdin.write(typed.shift() ?? '');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(code, 1, said);
    assert.match(said, /init-ended: .*nothing was written/);
    assert.deepEqual(await readdir(folder), ['seen']);
    assert.ok((await readFile(join(folder, 'seen'), 'utf8')).includes('Ctrl-C ends this'));
  });
});
