import assert from 'node:assert/strict';
import { SiteInvalid } from '../../config/faults.ts';
import { parseSite } from '../../config/load.ts';
import { engineSites } from '../../runners/index.ts';
import type { EngineSites } from '../../src/domain/engine-site.ts';
import { changed, examplePath } from './site.ts';

const engines: EngineSites = {
  ...engineSites,
  other: {
    title: 'Other',
    port: 5555,
    maintenanceDatabase: 'ledger',
    ownDatabases: ['system'],
    longestName: { most: 20, unit: 'characters' },
    hasExtensions: false,
  },
};

/** The example with its server and databases of the engine `other`, and these values set. */
function ofOther(values: Record<string, unknown> = {}): string {
  return changed((document) => {
    for (const database of ['orders', 'stock']) document.setIn(['databases', database, 'engine'], 'other');
    for (const server of ['test-postgres', 'production-postgres'])
      document.setIn(['servers', server, 'engine'], 'other');
    document.deleteIn(['servers', 'production-postgres', 'maintenanceDatabase']);
    for (const key of ['port', 'maintenanceDatabase', 'extensions'])
      document.deleteIn(['servers', 'test-postgres', key]);
    // It has no packs.
    document.deleteIn(['environments', 'uat', 'databases', 'orders', 'neutralise']);
    for (const [path, value] of Object.entries(values)) document.setIn(path.split('.'), value);
  });
}

async function faults(text: string): Promise<string[]> {
  try {
    await parseSite(text, { path: examplePath, engines });
  } catch (error) {
    if (error instanceof SiteInvalid) return error.faults.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

describe('what the site file knows of an engine', () => {
  const live = 'environments.uat.databases.orders.databaseName';

  it('fills in what a server leaves to it', async () => {
    const { site } = await parseSite(ofOther(), { path: examplePath, engines });
    const { port, maintenanceDatabase, extensions } = site.servers['test-postgres']!;
    assert.deepEqual([port, maintenanceDatabase, extensions], [5555, 'ledger', []]);
    const told = ofOther({ 'servers.test-postgres.port': 5556 });
    const other = await parseSite(told, { path: examplePath, engines });
    assert.equal(other.site.servers['test-postgres']?.port, 5556);
  });

  it('finds two servers on one port also where neither says it', async () => {
    const text = changed((document) => {
      const server = document.getIn(['servers', 'test-postgres']) as { toJSON(): object };
      document.setIn(['servers', 'second'], document.createNode({ ...server.toJSON(), port: undefined }));
      document.deleteIn(['servers', 'second', 'port']);
      document.deleteIn(['servers', 'second', 'proves']);
      document.deleteIn(['servers', 'test-postgres', 'port']);
    });
    assert.deepEqual(await faults(text), [
      'servers.second: "test-postgres" has the same host and port; a server has one name.',
    ]);
  });

  it('refuses extensions where the engine has none', async () => {
    assert.deepEqual(await faults(ofOther({ 'servers.test-postgres.extensions': ['citext'] })), [
      'servers.test-postgres.extensions: "extensions" means nothing to Other.',
    ]);
  });

  it("holds live names against the engine's own databases and its longest name", async () => {
    for (const own of ['system', 'ledger']) {
      assert.deepEqual(await faults(ofOther({ [live]: own })), [
        `${live}: "${own}" is a database of the server itself and never a target.`,
      ]);
    }
    assert.deepEqual(await faults(ofOther({ [live]: 'template1' })), [], 'of another engine');
    assert.deepEqual(await faults(ofOther({ [live]: 'ü'.repeat(20) })), []);
    assert.deepEqual(await faults(ofOther({ [live]: 'ü'.repeat(21) })), [
      `${live}: "${'ü'.repeat(21)}" has 21 characters; a server takes at most 20.`,
    ]);
  });
});
