import assert from 'node:assert/strict';
import {
  accept,
  complete,
  type Completion,
} from '../../../../../src/sandbox/page/client/slack/composer/complete.ts';
import { wordsOf } from '../../../../../src/sandbox/page/slack/words.ts';
import { commands } from '../../../../../commands/index.ts';
import { understand } from '../../../../../commands/grammar.ts';
import { paperSite } from '../../../../paper-site.ts';

const words = wordsOf(paperSite(), ['/refresh', '/backups']);
const ids = { requests: ['REQ-12', 'REQ-3'], backups: ['BKP-7', 'BKP-1'] };

function at(line: string): Completion | undefined {
  return complete(line, words, ids);
}
function offered(line: string): string[] {
  return at(line)?.offers.map(({ text }) => text) ?? [];
}

describe("the composer's completion", () => {
  it('offers the commands, and nothing for what is none', () => {
    assert.deepEqual(offered('/'), ['/refresh', '/backups']);
    assert.deepEqual(offered('/b'), ['/backups']);
    assert.equal(at('hello /refresh'), undefined);
    assert.equal(at('/refreshing uat'), undefined);
  });

  it('offers every verb of the grammar and the environments that can be refreshed', () => {
    const first = offered('/refresh ');
    for (const one of ['uat', 'ci', 'dev']) assert.ok(first.includes(one), one);
    assert.ok(!first.includes('production'));
    for (const {
      words: [group, verb],
    } of commands)
      if (group === 'refresh' && verb !== undefined)
        assert.deepEqual(
          offered(`/refresh ${verb.slice(0, -1)}`).includes(verb),
          true,
          `/refresh ${verb} is not offered`,
        );
  });

  it('goes on with databases, each once, and with options', () => {
    const { options } = commands.find((one) => one.words.join() === 'refresh')!;
    assert.deepEqual(offered('/refresh uat '), [
      'orders',
      'billing',
      ...options.map(({ name, value = '' }) => (value.startsWith('"') ? `--${name} ""` : `--${name}`)),
    ]);
    assert.ok(!offered('/refresh uat orders ').includes('orders'));
    assert.ok(offered('/refresh uat orders ').includes('billing'));
    assert.ok(!offered('/refresh uat orders --reason "x" ').some((one) => one.startsWith('--reason')));
    assert.deepEqual(offered('/refresh plan uat o'), ['orders']);
  });

  it('offers ids that are in sight, by their number, too', () => {
    assert.deepEqual(offered('/refresh uat orders --backup '), ids.backups);
    assert.deepEqual(offered('/refresh approve ').slice(0, 2), ids.requests);
    assert.deepEqual(offered('/refresh approve 12'), ['REQ-12']);
    assert.deepEqual(offered('/backups show bkp-7'), []);
    assert.deepEqual(offered('/backups who '), ids.backups);
    assert.deepEqual(offered('/refresh status '), [...ids.requests, 'uat', 'ci', 'dev', '--page']);
  });

  it('offers what an option allows', () => {
    assert.deepEqual(offered('/backups orders --state '), ['present', 'missing', 'corrupt']);
    assert.ok(offered('/backups orders --environment ').includes('production'));
    assert.ok(offered('/backups orders --').includes('--anonymised'));
  });

  it('keeps silent in quotes, and tells the usage', () => {
    const quoted = at('/refresh uat orders --reason "uat ');
    assert.deepEqual(quoted?.offers, []);
    assert.match(quoted?.usage ?? '', /^\/refresh uat orders/);
    assert.match(at('/backups show ')?.usage ?? '', /^\/backups show/);
  });

  it('chooses nothing by itself for a word that is complete', () => {
    assert.equal(at('/refresh')?.exact, true);
    assert.equal(at('/ref')?.exact, false);
    assert.equal(at('/refresh uat')?.exact, true);
    assert.equal(at('/refresh uat ')?.exact, true);
  });

  it('puts what was chosen in place, and the caret into the quotes of a reason', () => {
    assert.deepEqual(accept('/ref', 4, 0, { text: '/refresh', about: '' }), { text: '/refresh ', caret: 9 });
    assert.deepEqual(accept('/refresh u orders', 10, 9, { text: 'uat', about: '' }), {
      text: '/refresh uat orders',
      caret: 13,
    });
    const reason = accept('/refresh uat orders --r', 23, 20, { text: '--reason ""', about: '' });
    assert.deepEqual(reason, { text: '/refresh uat orders --reason ""', caret: 30 });
  });

  it('makes lines that Freshet understands', () => {
    let line = '/';
    for (const start of ['/ref', 'ci', 'ord', '--b', 'BKP-7']) {
      if (line === '/') line = '';
      line += start;
      const found = complete(line, words, ids)!;
      const offer = found.offers[0];
      line = offer ? accept(line, line.length, found.from, offer).text : `${line} `;
    }
    assert.equal(line, '/refresh ci orders --backup BKP-7 ');
    const { command } = understand(commands, 'refresh', line.replace('/refresh', ''));
    assert.deepEqual(command.words, ['refresh']);
  });
});
