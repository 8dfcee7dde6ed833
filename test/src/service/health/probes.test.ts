import assert from 'node:assert/strict';
import { previewRefresh } from '../../../../src/service/asking/previews.ts';
import { probes } from '../../../../src/service/health/probes.ts';
import { previewMessage } from '../../../../src/fronts/slack/messages/preview.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('the free space of a server whose data folder nobody named', () => {
  let paper: Paper;

  before(async function () {
    this.timeout(30_000);
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
    const text = JSON.stringify(previewMessage(shown, new Date()));
    assert.match(text, /free space unknown on `test-db`/);
    assert.doesNotMatch(text, /GB free/);
  });
});
