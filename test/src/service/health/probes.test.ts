import assert from 'node:assert/strict';
import { previewRefresh } from '../../../../src/service/asking/previews.ts';
import { probes } from '../../../../src/service/health/probes.ts';
import { previewMessage } from '../../../../src/fronts/slack/messages/preview.ts';
import type { HostProgram } from '../../../../runners/host-program/client.ts';
import type { Hook } from '../../../../src/domain/hook.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('the free space of a server whose data folder nobody named', () => {
  let paper: Paper;

  before(async function () {
    paper = await openPaper();
    await paper.backup();
    const looked = paper.engine.inspect.bind(paper.engine);
    paper.engine.inspect = async (access, item) => {
      const { freeBytes: _unknown, ...seen } = await looked(access, item);
      return seen;
    };
  });
  after(() => paper.close());

  it('is said to be unknown by check, and is no fault', async () => {
    const probe = probes(paper.deps).find(({ name }) => name === 'uat orders');
    const finding = await probe!.run();
    assert.equal(finding.ok, true);
    assert.match(finding.says, /free space unknown/);
    assert.doesNotMatch(finding.says, /GB free/);
  });

  it('is said to be unknown by the plan in Slack', async () => {
    const wish = { environment: 'uat', databases: [{ database: 'orders' }], reason: '' };
    const shown = await previewRefresh(paper.deps, paper.actor('dana'), wish);
    const text = JSON.stringify(previewMessage(shown, { people: paper.site.people, now: new Date() }));
    assert.match(text, /free space unknown on `test-db`/);
    assert.doesNotMatch(text, /GB free/);
  });
});

describe('a hook that is a command', () => {
  let paper: Paper;

  before(async function () {
    const hook: Hook = {
      name: 'migrate', kind: 'command', after: ['refresh'], timeoutSeconds: 60, host: 'test-db', command: 'migrate-uat',
    }; // prettier-ignore
    paper = await openPaper((site) => {
      const uat = { ...site.environments['uat']!, hooks: [hook] };
      return { ...site, environments: { ...site.environments, uat } };
    });
  });
  after(() => paper.close());

  it('is looked for in its host’s own file', async () => {
    const targets = Object.values(paper.site.environments).flatMap(({ databases }) =>
      Object.values(databases).map(({ target }) => target),
    );
    const look = async (hooks: readonly string[]) => {
      const facts = {
        version: '0.1.0',
        now: paper.deps.now(),
        tools: {},
        targets,
        roots: [],
        servers: [],
        hooks,
      };
      const program = () => ({ facts: () => Promise.resolve(facts) }) as unknown as HostProgram;
      return probes({ ...paper.deps, program })
        .find(({ name }) => name === 'host test-db')!
        .run();
    };
    assert.equal((await look(['migrate-uat'])).ok, true);
    const finding = await look(['clear-caches']);
    assert.equal(finding.ok, false);
    assert.match(finding.says, /its host\.conf does not list hook "migrate-uat"/);
  });
});
