import assert from 'node:assert/strict';
import { announceHead } from '../../../../src/service/audit/announce-head.ts';
import { openStage, type Stage } from './stage.ts';

describe('Jira: the head of the log of events', function () {
  this.timeout(60_000);
  let stage: Stage;
  afterEach(() => stage.close());

  it('is a comment on the issue that the site file names, once', async () => {
    const audit = { post: 'jira' as const, issue: 'DBR-1', atMinute: 0, timeZone: 'UTC' };
    stage = await openStage({ site: (site) => ({ ...site, audit }) });
    const { paper } = stage;
    // Any issue does; here it is the first request's.
    const key = await stage.issueOf((await stage.ask()).id);
    assert.equal(key, audit.issue);
    await stage.told();
    await paper.service.seal();
    await paper.store.setNote('audit-head', '2026-01-01');
    await announceHead(paper.deps);
    await announceHead(paper.deps);
    await stage.told();
    const { hash } = (await paper.store.seals.latest())!;
    const told = stage.comments(key).filter((text) => text.includes(hash));
    assert.equal(told.length, 1);
    assert.match(told[0]!, new RegExp(`npx freshet audit verify --head ${hash}`));
  });
});
