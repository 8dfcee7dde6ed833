import assert from 'node:assert/strict';
import type { KeptRows } from '../../../../src/domain/kept-rows.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { descriptionOf } from '../../../../src/fronts/jira/description.ts';
import { card } from '../../../../src/fronts/slack/messages/card.ts';
import { previewMessage } from '../../../../src/fronts/slack/messages/preview.ts';
import { bind } from '../../../../src/service/backups/binding.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

describe('what a refresh keeps of its target', function () {
  const keep: readonly KeptRows[] = [
    { table: 'feature_flags' },
    { table: 'users', where: "email like\n '%@qa.example' and id <> 7" },
  ];
  let paper: Paper;
  before(async () => {
    paper = await openPaper((site) => keeping(site, keep));
  });
  after(() => paper.close());

  function keeping(site: Site, kept: readonly KeptRows[] | undefined): Site {
    const uat = site.environments['uat']!;
    const { keep: _, ...orders } = uat.databases['orders']!;
    const databases = { ...uat.databases, orders: kept === undefined ? orders : { ...orders, keep: kept } };
    return { ...site, environments: { ...site.environments, uat: { ...uat, databases } } };
  }

  const told =
    /Kept as it is in orders_uat: feature_flags; users where email like '%@qa\.example' and id (?:&lt;&gt;|<>) 7/;

  it('is on plan, card and issue', async () => {
    const { id: backup } = await paper.backup();
    const wish = { environment: 'uat', databases: [{ database: 'orders', backup }], reason: 'x' };
    const plan = await paper.service.previewRefresh(paper.actor('dana'), wish);
    const around = { people: paper.site.people, now: new Date() };
    assert.match(JSON.stringify(previewMessage(plan, around)), told);
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), wish);
    const view = await paper.service.view(id);
    assert.match(JSON.stringify(card(view, around)), told);
    assert.match(JSON.stringify(descriptionOf(view, undefined)), told);
  });

  it('is refused where the engine would not do it', async () => {
    const { id: backup } = await paper.backup();
    const wish = { environment: 'uat', databases: [{ database: 'orders', backup }], reason: 'x' };
    const { engine, deps } = paper;
    deps.engine = () => ({ ...engine, keepsRows: false });
    const refused = paper.service.requestRefresh(paper.actor('dana'), wish);
    await assert.rejects(refused, { code: 'keep-unsupported' });
    deps.engine = () => engine;
  });

  it('is part of what is approved, and where nothing is kept nothing of that changes', async () => {
    const { id, checksum = '' } = await paper.backup();
    const digest = async (kept: readonly KeptRows[] | undefined) => {
      const request = {
        kind: 'refresh' as const,
        environment: 'uat',
        requester: paper.actor('dana').person,
        items: [{ database: 'orders', backup: { id, checksum } }],
      };
      return (await bind(keeping(paper.site, kept), paper.store, request)).digest;
    };
    const all = await Promise.all([
      digest(undefined),
      digest(keep),
      digest([keep[0]!]),
      digest([keep[0]!, { table: 'users' }]),
    ]);
    assert.equal(new Set(all).size, all.length);
  });
});
