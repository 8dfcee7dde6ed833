import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dana, quinn, sam } from '../../../../src/sandbox/cast.ts';
import { follow } from './follow.ts';
import { secrets, startStandIns, type StandIns } from './stand-ins.ts';

type Answer = { status: number; headers: Record<string, unknown>; text: string };

describe('the server of the sandbox page', function () {
  let all: StandIns;
  beforeEach(async () => {
    all = await startStandIns();
  });
  afterEach(() => all.close());

  /** Like a browser, or like something that pretends to be one: `fetch` lets nobody choose a Host. */
  function call(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(`${all.url}${path}`, { method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
  function act(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return call('POST', path, { origin: all.url, 'content-type': 'application/json', ...headers }, text);
  }

  it('serves the page with a policy that lets no other script in', async () => {
    const { status, headers, text } = await call('GET', '/');
    assert.equal(status, 200);
    assert.match(text, /Freshet sandbox/);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal((await call('GET', '/../../package.json')).status, 404);
    assert.equal((await call('GET', '/assets/none.js')).status, 404);
  });

  it('answers nobody who came by another name, or from another site', async () => {
    const key = all.jira.createIssue(dana.jira, { summary: 'Refresh orders' }).key;
    const move = { as: 'quinn', key, to: 'Approved' };
    const port = new URL(all.url).port;
    const strangers: Record<string, string>[] = [
      { host: `evil.example:${port}` },
      { host: '127.0.0.1' },
      { origin: 'http://evil.example' },
      { origin: `https://127.0.0.1:${port}` },
      { origin: 'null' },
      { host: `localhost:${port}` },
    ];
    for (const headers of strangers) {
      assert.equal((await act('/api/jira/move', move, headers)).status, 403, JSON.stringify(headers));
    }
    assert.equal((await call('GET', '/', { host: `evil.example:${port}` })).status, 403);
    assert.equal((await call('GET', '/api/live?as=dana', { origin: 'http://evil.example' })).status, 403);
    for (const from of ['cross-site', 'same-site', 'none']) {
      assert.equal((await call('GET', '/api/live?as=dana', { 'sec-fetch-site': from })).status, 403, from);
    }
    // A link of another site may lead to the page; nothing but a path is read.
    assert.equal((await call('GET', '/', { 'sec-fetch-site': 'cross-site' })).status, 200);
    assert.equal((await call('GET', '//evil.example/')).status, 400);
    // A form of another site can't set this type, and an old browser may send no Origin.
    assert.equal((await call('POST', '/api/jira/move', { 'content-type': 'application/json' })).status, 403);
    assert.equal((await act('/api/jira/move', move, { 'content-type': 'text/plain' })).status, 415);
    assert.equal(all.jira.issue(key).status, 'Waiting for approval');
    const local = `http://localhost:${port}`;
    assert.equal(
      (await act('/api/jira/move', move, { host: `localhost:${port}`, origin: local })).status,
      200,
    );
    assert.equal(all.jira.issue(key).status, 'Approved');
  });

  it('refuses what it does not understand, in sentences', async () => {
    const cases: [string, unknown, number, RegExp][] = [
      ['/api/jira/fly', { as: 'dana' }, 404, /no deed/],
      ['/api/jira/toString', { as: 'dana' }, 404, /no deed/],
      ['/api/hosts/move', { as: 'dana' }, 404, /no deed/],
      ['/api/jira/move', '[1]', 400, /one JSON object/],
      ['/api/jira/move', '{', 400, /one JSON object/],
      ['/api/jira/move', { as: 'root' }, 400, /Nobody is called "root"/],
      ['/api/jira/move', { as: 'dana', key: 'REF-1' }, 422, /to:/],
      ['/api/jira/move', { as: 'dana', key: 'REF-1', to: 'Done', more: 1 }, 422, /more/],
      ['/api/jira/move', { as: 'dana', key: 'REF-1', to: 'Done' }, 422, /No issue "REF-1"/],
      ['/api/jira/comment', { as: 'dana', key: 'REF-1', text: 'x'.repeat(300_000) }, 400, /bytes/],
    ];
    for (const [path, body, status, sentence] of cases) {
      const answer = await act(path, body);
      assert.equal(answer.status, status, `${path} ${JSON.stringify(body).slice(0, 80)}: ${answer.text}`);
      assert.match((JSON.parse(answer.text) as { error: string }).error, sentence);
    }
    assert.equal((await call('PUT', '/', { origin: all.url })).status, 405);
    assert.equal((await call('GET', '/api/live?as=root')).status, 404);
  });

  it('tells each part once at first, and then only what changed', async () => {
    const watched = follow(all.url, 'dana');
    await watched.until((events) => events.filter(({ name }) => name !== 'page').length >= 4);
    assert.deepEqual(watched.events.map(({ name }) => name).sort(), [
      'databases',
      'freshet',
      'jira',
      'page',
      'slack',
    ]);
    const before = watched.events.length;
    const { key } = all.jira.createIssue(quinn.jira, { summary: 'Refresh orders' });
    for (let n = 0; n < 20; n += 1) all.jira.comment(quinn.jira, key, `${n}`);
    const told = await watched.until((events) =>
      events.slice(before).find(({ state }) => JSON.stringify(state).includes('"19"')),
    );
    assert.ok(told);
    // Changes of one moment come together; the calls above make Slack and the databases say nothing new.
    const after = watched.events.slice(before);
    assert.ok(after.length <= 3, `${after.length} events`);
    assert.ok(after.every(({ name }) => name === 'jira'));
    watched.stop();
  });

  it('shows each person only the ways that the workflow and their rights leave', async () => {
    const { key } = all.jira.createIssue(dana.jira, { summary: 'Refresh orders' });
    const account = all.jira.site.accounts.get(sam.jira)!;
    all.jira.setAccount({ ...account, permissions: ['BROWSE_PROJECTS'] });
    const transitions = async (as: string) => {
      const watched = follow(all.url, as);
      const event = await watched.until((events) => events.find(({ name }) => name === 'jira'));
      watched.stop();
      const state = event.state as {
        issues: { key: string; transitions: { name: string }[] }[];
        mayComment: boolean;
      };
      return [state.issues[0]?.transitions.map(({ name }) => name), state.mayComment];
    };
    assert.deepEqual(await transitions('dana'), [['Approve', 'Reject', 'Cancel'], true]);
    assert.deepEqual(await transitions('sam'), [[], false]);
    assert.equal((await act('/api/jira/move', { as: 'sam', key, to: 'Approved' })).status, 422);
    assert.equal((await act('/api/jira/move', { as: 'quinn', key, to: 'Done' })).status, 422);
    assert.equal(all.jira.issue(key).status, 'Waiting for approval');
  });

  it('says no secret to anybody', async () => {
    const said: string[] = [];
    for (const as of ['dana', 'quinn', 'otto', 'sam']) {
      const watched = follow(all.url, as);
      await watched.until((events) => events.length >= 5);
      said.push(JSON.stringify(watched.events));
      watched.stop();
    }
    for (const secret of Object.values(secrets)) assert.ok(!said.join('').includes(secret));
    assert.ok(!/no-token-of-use/.test(said.join('')));
  });

  it('says so when the port that was asked for is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await assert.rejects(startStandIns({ port }), /EADDRINUSE/);
    other.close();
  });
});
