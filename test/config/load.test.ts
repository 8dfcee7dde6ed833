import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { engineSites } from '../../runners/index.ts';
import { explain, isFreshetError } from '../../src/domain/errors.ts';
import { liveNames } from '../../src/domain/site.ts';
import { SiteInvalid } from '../../config/faults.ts';
import { loadSite, parseSite } from '../../config/load.ts';
import { cases } from './cases.ts';
import { changed, examplePath, exampleText, faultsOf, invalid, parse, withKey, withValue } from './site.ts';

describe('the site file', () => {
  it('takes the example without a fault or a warning', async () => {
    const { site, warnings } = await loadSite({ path: examplePath, engines: engineSites });
    assert.deepEqual(warnings, []);
    assert.deepEqual(Object.keys(site.environments), ['production', 'uat', 'dev']);
    assert.deepEqual(site.environments.production!.databases, {}, 'production can be no target');
    assert.deepEqual(liveNames(site.environments.production!), {
      orders: 'shop_orders',
      stock: 'shop_stock',
      catalog: 'catalog',
    });
    assert.deepEqual(liveNames(site.environments.uat!), {
      orders: 'uat_orders',
      stock: 'uat_stock',
      catalog: 'uat_catalog',
    });
    assert.equal(site.environments.uat!.keepOldSeconds, 604_800);
    assert.equal(site.environments.uat!.keepFailedSeconds, 86_400);
    assert.deepEqual(site.environments.dev!.accepts, ['declared', 'proven']);
    assert.equal(site.jira.webhookSecret, `file:${join(dirname(examplePath), 'secrets/jira-webhook')}`);
    assert.deepEqual(site.jira.statuses.approved, ['10002']);
    assert.deepEqual(site.audit, {
      post: 'slack',
      channel: 'C024ALERT02',
      atMinute: 540,
      timeZone: 'Europe/Berlin',
      keepSeconds: 3 * 365.25 * 86_400,
    });
    assert.deepEqual(site.hosts['db-test']!.transfer, { address: 'db2.example.org', port: 22 });
  });

  it('Jira is asked more often where no webhook tells of anything, and Data Center needs no address', async () => {
    const without = (...keys: string[]) =>
      changed((document) => {
        for (const key of keys) document.deleteIn(['jira', key]);
        document.setIn(['jira', 'kind'], keys.includes('email') ? 'data-center' : 'cloud');
      });
    const jira = async (text: string) => (await parse(text)).site.jira;
    assert.equal((await jira(without('pollEvery'))).pollEverySeconds, 60);
    assert.equal((await jira(without('pollEvery', 'webhookSecret'))).pollEverySeconds, 15);
    const center = await jira(without('email', 'issue', 'transitionFields'));
    assert.deepEqual([center.kind, center.email], ['data-center', undefined]);
    assert.deepEqual(center.issue, { labels: [], components: [], fields: {}, assignee: 'none' });
    assert.deepEqual(center.transitionFields, {});
    const whole = await jira(exampleText);
    assert.deepEqual(whole.transitionFields, { succeeded: { resolution: 'Done' } });
    assert.equal(whole.issue.assignee, 'approver');
  });

  it('metrics listen on this machine unless told otherwise, and then it is said what that means', async () => {
    const alone = await parse(withValue('http.metrics', { port: 9464 }));
    assert.deepEqual(alone.site.http.metrics, { address: '127.0.0.1', port: 9464 });
    assert.deepEqual(alone.warnings, []);
    const { warnings } = await parse(withValue('http.metrics', { port: 9464, address: '0.0.0.0' }));
    assert.deepEqual(
      warnings.map(({ path }) => path),
      ['http.metrics.address'],
    );
    assert.equal((await parse(withValue('http.metrics', undefined))).site.http.metrics, undefined);
  });

  it('reads scripts with their digest', async () => {
    const { site } = await parse(exampleText);
    for (const script of site.environments.uat!.databases.orders!.scripts) {
      const bytes = await readFile(join(dirname(examplePath), script.path));
      assert.equal(script.text, bytes.toString('utf8'));
      assert.equal(script.sha256, createHash('sha256').update(bytes).digest('hex'));
    }
  });

  for (const { set, rename, to, faults } of cases) {
    const title = set === undefined ? `${rename} renamed to ${String(to)}` : `${set} = ${JSON.stringify(to)}`;
    it(`refuses ${title}`, async () => {
      const text = set === undefined ? withKey(rename!, String(to)) : withValue(set, to);
      assert.deepEqual(await faultsOf(text), faults);
    });
  }

  it('refuses a pack that an engine has no words for: it would not be done', async () => {
    const text = changed((document) => {
      document.setIn(['databases', 'orders', 'engine'], 'other');
      document.setIn(['servers', 'test-postgres', 'engine'], 'other');
      document.setIn(['databases', 'stock', 'engine'], 'other');
      const at = ['environments', 'uat', 'databases', 'orders', 'neutralise'];
      document.setIn(at, document.createNode({ subscriptions: {} }));
      document.setIn(['servers', 'production-postgres', 'engine'], 'other');
    });
    const engines = { ...engineSites, other: { ...engineSites['postgres']!, title: 'Other' } };
    await assert.rejects(parseSite(text, { path: examplePath, engines }), (error: unknown) => {
      assert.ok(error instanceof SiteInvalid);
      assert.deepEqual(
        error.faults.map(({ path, message }) => `${path}: ${message}`),
        [
          'environments.uat.databases.orders.neutralise.subscriptions: The pack "subscriptions" means nothing on "other"; it has no packs yet.',
        ],
      );
      return true;
    });
  });

  it('refuses what means nothing on MySQL, and events that run where none is to', async () => {
    const text = changed((document) => {
      for (const database of ['orders', 'stock']) document.setIn(['databases', database, 'engine'], 'mysql');
      document.setIn(['servers', 'test-postgres', 'engine'], 'mysql');
      for (const key of ['extensions', 'reader']) document.deleteIn(['servers', 'test-postgres', key]);
      document.setIn(['environments', 'uat', 'databases', 'orders', 'events'], 'as-live');
    });
    const packs = '"addresses", "webhooks", "keys", "urls", "jobs", "mail-queue" or "foreign-servers"';
    const told = (await faultsOf(text)).filter((fault) => fault.includes('neutralise'));
    assert.deepEqual(told, [
      'environments.uat.databases.orders.neutralise.jobs: The pack "jobs" says that no event runs, and "events: as-live" has those run that run in the live database. Take one of both out.',
      `environments.uat.databases.orders.neutralise.subscriptions: The pack "subscriptions" means nothing on "mysql"; expected ${packs}. Remove it, or say it with files of your own.`,
    ]);
  });

  it('looks for the hosts of production wherever it is asked for, named once or there', async () => {
    const at = ['environments', 'uat', 'databases', 'orders', 'neutralise', 'urls'];
    const hostsOf = async (urls: object) => {
      const text = changed((document) => document.setIn(at, document.createNode(urls)));
      const { site } = await parseSite(text, { path: examplePath, engines: engineSites });
      const { neutralise = [] } = site.environments['uat']!.databases['orders']!;
      const pack = neutralise.find(({ name }) => name === 'urls');
      return pack?.kind === 'pack' ? pack.parameters.hosts : undefined;
    };
    assert.deepEqual(await hostsOf({}), ['warehouse.example.com']);
    const both = await hostsOf({ hosts: ['pay.example.com', 'warehouse.example.com'] });
    assert.deepEqual(both, ['warehouse.example.com', 'pay.example.com']);
    for (const hosts of [undefined, []]) {
      const text = changed((document) => {
        document.setIn(['productionHosts'], document.createNode(hosts));
        if (hosts === undefined) document.deleteIn(['productionHosts']);
        document.setIn(at, document.createNode({ within: '5m', ...(hosts === undefined ? {} : { hosts }) }));
      });
      assert.deepEqual(await faultsOf(text), [
        `${at.join('.')}: It names no host; expected "hosts", "replace" or both. Or name those of production once, in "productionHosts" of the site file.`,
      ]);
    }
  });

  it('refuses a script that is not there', async () => {
    assert.deepEqual(
      await faultsOf(withValue('environments.uat.databases.orders.scripts.0', 'sql/none.sql')),
      [
        'environments.uat.databases.orders.scripts[0]: "sql/none.sql" can\'t be read (ENOENT); expected a file of SQL statements. ' +
          `Paths start at ${dirname(examplePath)}.`,
      ],
    );
  });

  it('refuses production as a target by its server too', async () => {
    const text = changed((document) => {
      document.setIn(['environments', 'production', 'databases', 'orders', 'server'], 'test-postgres');
      document.setIn(['servers', 'test-postgres', 'proves', 'besideProduction'], true);
      document.setIn(['environments', 'uat', 'databases', 'orders', 'databaseName'], 'shop_orders');
    });
    assert.deepEqual(await faultsOf(text), [
      'environments.uat.databases.orders.databaseName: "shop_orders" on "test-postgres" is already ' +
        'environments.production.databases.orders; one would overwrite the other.',
    ]);
  });

  it('refuses live names whose copies would have the same name', async () => {
    const stem = 'a'.repeat(40);
    const text = changed((document) => {
      document.setIn(['environments', 'uat', 'databases', 'orders', 'databaseName'], `${stem}_orders`);
      document.setIn(['environments', 'uat', 'databases', 'stock', 'databaseName'], `${stem}_stock`);
    });
    assert.deepEqual(await faultsOf(text), [
      `environments.uat.databases.stock.databaseName: "${stem}_stock" begins with the same 40 bytes as ` +
        'environments.uat.databases.orders; the names of their copies would clash.',
    ]);
  });

  it('warns where only one person may approve', async () => {
    const { warnings } = await parse(withValue('people.dora.roles', ['operator']));
    assert.deepEqual(
      warnings.map(({ path, message }) => `${path}: ${message}`),
      [
        'environments.production.approvers: Only "chen" may approve; as nobody approves an own request, theirs can\'t be approved by anybody.',
        'environments.uat.approvers: Only "chen" may approve; as nobody approves an own request, theirs can\'t be approved by anybody.',
      ],
    );
  });

  it('tells all faults at once, each with its line', async () => {
    const text = exampleText
      .replace(
        'server: test-postgres\n        databaseName: uat_stock',
        'server: test-postgers\n        databaseName: uat_stock',
      )
      .replace('    roles: [qa-manager]\n', '    rolls: [qa-manager]\n')
      .replace('channel: C024CARDS01', 'channel: "#cards"');
    const error = await invalid(text);
    const lines = text.split('\n');
    assert.deepEqual(
      error.faults.map(({ path, line }) => [path, lines[line! - 1]!.trim()]),
      [
        ['people.chen.rolls', 'rolls: [qa-manager]'],
        ['environments.uat.databases.stock.server', 'server: test-postgers'],
        ['slack.channel', 'channel: "#cards" # id of the channel for the cards'],
      ],
    );
    assert.equal(error.code, 'site-invalid');
    assert.equal(error.kind, 'Config');
    assert.match(
      explain(error),
      /has 3 faults; the first is line \d+, people\.chen\.rolls: "rolls" is not a key;/,
    );
    assert.equal(error.render().split('\n\n').length, 4);
  });

  const forms: [string, string, string][] = [
    [
      'duplicate keys',
      exampleText.replace('  ben:\n', '  ada:\n'),
      ': "ada" stands twice in the same mapping; each key may stand once. Remove one, or merge the two.',
    ],
    [
      'tabs',
      exampleText.replace('    name: Ben', '\tname: Ben'),
      ': A tab stands where spaces are needed; YAML is indented with spaces only.',
    ],
    [
      'a colon without its space',
      exampleText.replace('botToken: env:', 'botToken:env:'),
      ': A key has no value behind it; is the space after its colon missing?',
    ],
    [
      'an empty file',
      '',
      ': It is empty; expected a mapping with "name", "people", "hosts", "environments" ...',
    ],
    [
      'two documents',
      `${exampleText}---\na: 1\n`,
      ': The file holds more than one YAML document; only one is read.',
    ],
  ];
  for (const [title, text, fault] of forms) {
    it(`refuses ${title} with one fault`, async () => {
      assert.deepEqual(await faultsOf(text), [fault]);
    });
  }

  it('names the line of a tab and of a duplicate key', async () => {
    const tab = exampleText.replace('    name: Ben', '\tname: Ben');
    const [fault] = (await invalid(tab)).faults;
    assert.equal(tab.split('\n')[fault!.line! - 1], '\tname: Ben Okafor');
  });

  it('says which file is missing, and where the example is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'freshet-site-'));
    try {
      const path = join(folder, 'site.yaml');
      await assert.rejects(loadSite({ path, engines: engineSites }), (error: unknown) => {
        assert(isFreshetError(error, 'Config'));
        assert.equal(error.code, 'site-missing');
        assert.match(explain(error), /FRESHET_CONFIG.*config\/example\/site\.yaml/);
        return true;
      });
      await assert.rejects(loadSite({ path: folder, engines: {} }), { code: 'site-unreadable' });
      await writeFile(path, Buffer.from([0x61, 0x3a, 0xff]));
      await assert.rejects(loadSite({ path, engines: {} }), { code: 'site-unreadable' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
