import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { createService } from '../../../../src/service/service.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { administer } from '../../../postgres.ts';

const danas = '70121:dana-own';
const rosas = '70121:rosa-own';

/** Dana and Rosa have no Jira account in the site file. QA says yes twice on uat. */
function unlinked(site: Site): Site {
  const without = (id: string) => {
    const { jiraAccountId: _, ...person } = site.people[id]!;
    return person;
  };
  const stages = [{ name: 'QA', roles: ['qa-manager'], quorum: 2 }];
  return {
    ...site,
    people: { ...site.people, dana: without('dana'), rosa: without('rosa') },
    environments: { ...site.environments, uat: { ...site.environments['uat']!, approval: { stages } } },
  };
}

describe('an account that somebody links', function () {
  this.timeout(60_000);
  let paper: Paper;
  let written = 0;
  beforeEach(async () => {
    paper = await openPaper(unlinked);
  });
  afterEach(() => paper.close());

  const write = (text: string, account: string, name = 'Somebody', key = String(++written)) =>
    paper.service.heardPhrase({ front: 'jira', key, text, account, name });

  /** Codes for which somebody is asked whether the account is theirs, as their messages carry them. */
  async function found(): Promise<number[]> {
    const { events } = await paper.store.events.after(undefined, 1000);
    return events.flatMap((event) => (event.type === 'link-found' ? [event.code] : []));
  }

  async function refusals(): Promise<string[]> {
    const { events } = await paper.store.events.after(undefined, 1000);
    return events.flatMap((event) => (event.type === 'link-refused' ? [event.code] : []));
  }

  async function linked(who: string, account: string): Promise<void> {
    const { phrase } = await paper.service.startLink(paper.actor(who), 'jira');
    await write(phrase, account);
    await paper.service.endLink(paper.actor(who), (await found()).at(-1)!, true);
  }

  it('counts when both sides have said so, until it is taken away; the code itself is kept nowhere', async () => {
    const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
    assert.match(phrase, /^freshet link dana /);
    assert.equal(await write(phrase, danas, 'Dana D.'), true);
    assert.equal(await paper.service.personOver('jira', danas), undefined);
    const [code] = await found();
    await paper.service.endLink(paper.actor('dana'), code!, true);
    assert.equal((await paper.service.personOver('jira', danas))?.id, 'dana');
    const { links } = await paper.service.accountsOf(paper.actor('dana'));
    assert.deepEqual(
      links.map(({ account, name }) => [account, name]),
      [[danas, 'Dana D.']],
    );
    const secret = phrase.split(' ').at(-1)!;
    const kept = await administer(
      paper.connectionString,
      `select (select count(*) from freshet.events where data::text like '%${secret}%')
            + (select count(*) from freshet.inbox where body::text like '%${secret}%')
            + (select count(*) from freshet.link_codes where link_codes::text like '%${secret}%') as n`,
    );
    assert.match(JSON.stringify(kept), /"n":"?0"?/);
    await paper.service.removeLink(paper.actor('dana'), 'jira');
    assert.equal(await paper.service.personOver('jira', danas), undefined);
    await assert.rejects(paper.service.removeLink(paper.actor('dana'), 'jira'), { code: 'link-none' });
  });

  it('that they say is not theirs counts for nothing', async () => {
    const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
    await write(phrase, '70121:mallory');
    const [code] = await found();
    assert.equal(await paper.service.endLink(paper.actor('dana'), code!, false), undefined);
    assert.equal(await paper.service.personOver('jira', '70121:mallory'), undefined);
    await assert.rejects(paper.service.endLink(paper.actor('dana'), code!, true), { code: 'link-code-used' });
  });

  it('whose code a second account has written is nobody’s, whichever was first', async () => {
    const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
    await write(phrase, '70121:mallory', 'Dana D.');
    await write(phrase, danas, 'Dana D.');
    const [code] = await found();
    await assert.rejects(paper.service.endLink(paper.actor('dana'), code!, true), { code: 'link-code-used' });
    assert.equal(await paper.service.personOver('jira', '70121:mallory'), undefined);
    assert.deepEqual(await refusals(), ['link-code-used', 'link-code-used']);
  });

  const wrong: [string, string, () => Promise<void>][] = [
    [
      'a code that there is not',
      'link-code-unknown',
      async () => void (await write('freshet link dana ABCDE-FGHJK', danas)),
    ],
    [
      'a code that has expired',
      'link-code-expired',
      async () => {
        const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
        paper.pass(601);
        await write(phrase, danas);
      },
    ],
    [
      'a code that was written before, by whomever',
      'link-code-used',
      async () => {
        const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
        await write(phrase, danas);
        await write(phrase, '70121:mallory');
      },
    ],
    [
      'a code in whose place there is a newer one',
      'link-code-used',
      async () => {
        const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
        await paper.service.startLink(paper.actor('dana'), 'jira');
        await write(phrase, danas);
      },
    ],
    [
      'words that name another person than the code',
      'link-code-foreign',
      async () => {
        const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
        await write(phrase.replace('dana', 'rosa'), rosas);
      },
    ],
    [
      "an account that is somebody's by the site file",
      'link-account-taken',
      async () => {
        const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
        await write(phrase, '70121:quinn');
      },
    ],
    [
      'an account that somebody linked',
      'link-account-taken',
      async () => {
        await linked('rosa', rosas);
        const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
        await write(phrase, rosas);
      },
    ],
    [
      "the bot's own account",
      'link-account-taken',
      async () => {
        const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
        await write(phrase, '70121:bot');
      },
    ],
  ];
  for (const [what, code, attempt] of wrong) {
    it(`is not linked by ${what}; that is recorded`, async () => {
      await attempt();
      assert.deepEqual(await refusals(), [code]);
      assert.equal(await paper.service.personOver('jira', danas), undefined);
    });
  }

  it('is confirmed by who asked and nobody else, in time', async () => {
    const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
    await write(phrase, danas);
    const [code] = await found();
    await assert.rejects(paper.service.endLink(paper.actor('rosa'), code!, true), { code: 'link-not-yours' });
    await assert.rejects(paper.service.endLink(paper.actor('dana'), code! + 1, true), {
      code: 'link-code-unknown',
    });
    paper.pass(601);
    await assert.rejects(paper.service.endLink(paper.actor('dana'), code!, true), {
      code: 'link-code-expired',
    });
    assert.deepEqual(await refusals(), ['link-not-yours', 'link-code-unknown', 'link-code-expired']);
  });

  it('is one, and never another than the site file says; codes are made three in ten minutes', async () => {
    await assert.rejects(paper.service.startLink(paper.actor('quinn'), 'jira'), { code: 'link-fixed' });
    await linked('rosa', rosas);
    await assert.rejects(paper.service.startLink(paper.actor('rosa'), 'jira'), { code: 'link-exists' });
    const asked = await Promise.allSettled(
      Array.from({ length: 5 }, () => paper.service.startLink(paper.actor('dana'), 'jira')),
    );
    assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 3);
    await assert.rejects(paper.service.startLink(paper.actor('dana'), 'jira'), { code: 'link-too-often' });
    paper.pass(601);
    await paper.service.startLink(paper.actor('dana'), 'jira');
  });

  it('that is seen again and again is taken once', async () => {
    const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
    assert.equal(await write(phrase, danas, 'Dana', 'same'), true);
    assert.equal(await write(phrase, danas, 'Dana', 'same'), false);
    assert.deepEqual(await refusals(), []);
    const { inbox } = await paper.store.figures();
    assert.deepEqual(inbox, [], 'nothing waits for anybody to take it');
  });

  it("that two people confirm at the same time becomes one person's", async () => {
    for (const who of ['dana', 'rosa']) {
      const { phrase } = await paper.service.startLink(paper.actor(who), 'jira');
      await write(phrase, '70121:shared');
    }
    const [first, second] = await found();
    const ended = await Promise.allSettled([
      paper.service.endLink(paper.actor('dana'), first!, true),
      paper.service.endLink(paper.actor('rosa'), second!, true),
    ]);
    assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('gives way to the site file, also where that says something later', async () => {
    await linked('dana', danas);
    const { site } = paper;
    const changed = (id: string, jiraAccountId: string) =>
      createService({
        ...paper.deps,
        site: { ...site, people: { ...site.people, [id]: { ...site.people[id]!, jiraAccountId } } },
      });
    const another = changed('dana', '70121:dana-of-the-file');
    assert.equal(await another.personOver('jira', danas), undefined);
    assert.equal((await another.personOver('jira', '70121:dana-of-the-file'))?.id, 'dana');
    assert.equal((await changed('otto', danas).personOver('jira', danas))?.id, 'otto');
  });

  it('makes one person of two accounts: nobody approves an own request by it, nor counts twice', async () => {
    await linked('dana', danas);
    await linked('rosa', rosas);
    await paper.backup();
    const ask = async (who: string): Promise<RequestId> =>
      (
        await paper.service.requestRefresh(paper.actor(who), {
          environment: 'uat',
          databases: [{ database: 'orders' }],
          reason: '',
        })
      ).id;
    const approve = async (id: RequestId, account: string) => {
      const person = (await paper.service.personOver('jira', account))!;
      return paper.service.decide({ person, front: 'jira' }, { request: id, decision: 'approved' });
    };
    const own = await ask('rosa');
    await assert.rejects(approve(own, rosas), { code: 'approval-own-request' });
    await paper.service.cancel(paper.actor('rosa'), own);
    const id = await ask('dana');
    await paper.service.decide(paper.actor('rosa'), { request: id, decision: 'approved' });
    await assert.rejects(approve(id, rosas), { code: 'approval-counted' });
    assert.equal((await approve(id, '70121:quinn')).state, 'running');
  });
});
