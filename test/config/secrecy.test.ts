import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { inspect } from 'node:util';
import { FreshetError } from '../../src/domain/errors.ts';
import { SiteInvalid } from '../../config/faults.ts';
import { parse, exampleText, withValue } from './site.ts';

const places = [
  'slack.appToken',
  'slack.signingSecret',
  'slack.botToken',
  'jira.token',
  'jira.webhookSecret',
  'hosts.db-test.key',
  'hosts.db-production.passphrase',
  'servers.test-postgres.admin.password',
  'servers.test-postgres.loader.password',
];

/** A secret as tools make them, and with what upsets YAML. */
const secret = fc
  .tuple(
    fc.constantFrom(
      '',
      'xoxb-',
      '@',
      '*',
      '&',
      '!',
      '%',
      '"',
      "'",
      '{',
      '[',
      '- ',
      ': ',
      '#',
      'env:',
      'env: ',
      '|',
      '\t',
    ),
    fc.stringMatching(/^[A-Za-z0-9]{12,40}$/),
    fc.constantFrom('', ': x', ' #', '"', '}', '!', '\n', '\\', '=='),
  )
  .map(([before, core, after]) => ({ core, text: `${before}${core}${after}` }));

async function told(text: string): Promise<string> {
  try {
    await parse(text);
    return '';
  } catch (error) {
    assert(error instanceof FreshetError, 'only errors that people may see are thrown');
    const faults = error instanceof SiteInvalid ? error.render() : '';
    return `${inspect(error, { depth: 9 })}\n${faults}`;
  }
}

describe('secrets in the site file', function () {
  // Hundreds of whole site files are read.
  this.timeout(120_000);
  it('are never shown when they stand where a reference belongs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places),
        secret,
        fc.constantFrom('text', 'list', 'mapping'),
        async (place, { core, text }, shape) => {
          const value = shape === 'text' ? text : shape === 'list' ? [text] : { value: text };
          const said = await told(withValue(place, value));
          // "env:" and a name is a reference, and what it names is no secret.
          if (said === '') assert.match(text, /^env:/);
          else assert(!said.includes(core), said);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('are never shown when they are written as they come, whatever YAML makes of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('botToken: ', 'botToken:', 'bot-token: ', 'botToken : - ', '? '),
        secret,
        async (key, { core, text }) => {
          const said = await told(
            exampleText.replace('botToken: env:SLACK_BOT_TOKEN', () => `${key}${text}`),
          );
          assert(!said.includes(core) || text.startsWith('env:'), said);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('are not shown where they slipped into another field', async () => {
    for (const token of [
      'xoxb-12345-abcdef',
      'xapp-1-A02-99',
      'https://bot:hunter2@example.org',
      `ATATT3xFf${'q'.repeat(20)}`,
    ]) {
      for (const place of ['slack.channel', 'jira.project', 'jira.email', 'jira.baseUrl']) {
        const said = await told(withValue(place, token));
        assert.notEqual(said, '', `${token} in ${place}`);
        assert(!said.includes(token), said);
      }
    }
  });
});
