import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askJira } from '../../../src/init/jira-facts.ts';
import { bot, jiraAccounts, project } from '../../../src/sandbox/cast.ts';
import { startJira, type JiraStandIn } from '../../../src/sandbox/jira/jira.ts';
import { standardWorkflow } from '../../../src/sandbox/jira/workflow.ts';

describe('what Jira tells init', function () {
  let jira: JiraStandIn | undefined;
  afterEach(async () => {
    await jira?.close();
    jira = undefined;
  });

  for (const kind of ['cloud', 'data-center'] as const) {
    it(`of ${kind}: the bot's own id, and the statuses of each issue type`, async () => {
      jira = await startJira({ accounts: jiraAccounts('the-token-of-the-bot'), kind });
      const known = { kind, baseUrl: jira.url, email: bot.email, project };
      const facts = await askJira(known, 'the-token-of-the-bot');
      assert.equal(facts.account.name, 'Freshet');
      assert.equal(facts.account.id, bot.jira);
      assert.deepEqual(
        new Set(facts.statuses['Task']),
        new Set(standardWorkflow().statuses.map(({ id, name }) => ({ id, name }))),
      );
      await assert.rejects(askJira(known, 'another-token'), (error: Error) => {
        assert.match(error.message, /answers 401 to myself/);
        assert.doesNotMatch(error.message, /another-token/);
        return true;
      });
      await assert.rejects(askJira({ ...known, project: 'NONE' }, 'the-token-of-the-bot'), /answers 404/);
    });
  }

  it('names are shown without control characters, and what is no Jira is said in a sentence', async () => {
    let user = JSON.stringify({ accountId: 'x:1', displayName: 'Bot\u001b[2J\u0007' });
    const statuses = [{ name: 'Task\u001b[31m', statuses: [{ id: '1', name: 'Open\u202e' }] }];
    const server = createServer((request, response) => {
      response.end(request.url?.endsWith('/myself') ? user : JSON.stringify(statuses));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const known = { kind: 'cloud' as const, baseUrl, email: bot.email, project };
      assert.doesNotMatch(JSON.stringify(await askJira(known, 'x')), /\\u|\u202e/);
      user = '\u001b[2J<html>';
      await assert.rejects(askJira(known, 'x'), { message: `${baseUrl} answers to myself as no Jira does` });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('nobody there is said with the address', async () => {
    const known = { kind: 'cloud' as const, baseUrl: 'http://127.0.0.1:1', email: bot.email, project };
    await assert.rejects(askJira(known, 'x'), /http:\/\/127\.0\.0\.1:1 can't be reached/);
  });
});
