import assert from 'node:assert/strict';
import { engineSites } from '../../../runners/index.ts';
import { askServer } from '../../../src/init/ask-databases.ts';
import { fromFlags } from '../../../src/init/asking.ts';

const { postgres } = engineSites;
const engines = {
  postgres: postgres!,
  other: { ...postgres!, title: 'Other', port: 3306, hasExtensions: false },
};

describe('init and the engine of the server', () => {
  it('takes name, port and questions from the engine that was said', async () => {
    const asking = fromFlags();
    const said = await askServer({ server: 'test-db; engine=other' }, asking, [], engines);
    asking.finish();
    assert.deepEqual(said, {
      name: 'test-db',
      engine: 'other',
      host: '',
      port: 3306,
      admin: 'freshet_admin',
      loader: 'freshet_loader',
    });
  });

  it('goes by the first where none was said, and names all where another word was', async () => {
    const asking = fromFlags();
    const { name, engine, extensions } = await askServer({}, asking, [], engines);
    assert.deepEqual([name, engine, extensions], ['test-postgres', 'postgres', []]);
    await askServer({ server: 'db; engine=oracle' }, asking, [], engines);
    assert.throws(() => asking.finish(), /"oracle" is not allowed; expected "postgres" or "other"/);
  });
});
