import assert from 'node:assert/strict';
import type { Event } from '../../../../src/domain/event.ts';
import type { Person } from '../../../../src/domain/person.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { createService } from '../../../../src/service/service.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';

const danas = '70121:dana-own';

/** Dana has no Jira account in the site file. */
function unlinked(site: Site): Site {
  const { jiraAccountId: _, ...dana } = site.people['dana']!;
  return { ...site, people: { ...site.people, dana } };
}

describe('what people have beside the site file, when they are not in it any more', function () {
  this.timeout(60_000);
  let paper: Paper;
  beforeEach(async () => {
    paper = await openPaper(unlinked);
  });
  afterEach(() => paper.close());

  /** A process that was started with another site file. */
  function startedWith(people: Record<string, Partial<Person> | undefined>) {
    const changed = Object.entries({ ...paper.site.people, ...people }).flatMap(([id, person]) =>
      person === undefined ? [] : [[id, { ...paper.site.people[id], ...person }] as const],
    );
    return createService({
      ...paper.deps,
      site: { ...paper.site, people: Object.fromEntries(changed) } as Site,
    });
  }

  async function link(): Promise<void> {
    const { phrase } = await paper.service.startLink(paper.actor('dana'), 'jira');
    const written = { front: 'jira', key: '1', text: phrase, account: danas, name: 'Dana D.' } as const;
    await paper.service.heardPhrase(written);
    const found = (await events()).find((event) => event.type === 'link-found');
    await paper.service.endLink(paper.actor('dana'), found!.code, true);
    assert.equal((await paper.service.personOver('jira', danas))?.id, 'dana');
  }

  const lend = () => paper.service.delegate(paper.actor('quinn'), { to: 'otto', until: 'tomorrow 23:59' });

  async function events(): Promise<Event[]> {
    return (await paper.store.events.after(undefined, 500)).events;
  }

  const lapsed = async () =>
    (await events()).flatMap((event) =>
      event.type === 'link-lapsed' || event.type === 'delegation-lapsed' ? [event] : [],
    );

  const changes: [string, Partial<Person> | undefined, RegExp][] = [
    ['who has left', undefined, /^"dana" is not in the site file any more\.$/],
    [
      'whose name is somebody else’s now',
      { slackUserId: 'U0NEWDANA' },
      /^"dana" .* another account by now\.$/,
    ],
    ['whose account the file says itself', { jiraAccountId: '70121:d' }, /^The site file says by now which/],
  ];
  for (const [what, dana, why] of changes) {
    it(`a link of somebody ${what} counts no more, and does not come back`, async () => {
      await link();
      const other = startedWith({ dana });
      assert.equal(await other.personOver('jira', danas), undefined, 'before any upkeep');
      await other.reconcile();
      await other.reconcile();
      const [told, ...more] = await lapsed();
      assert.deepEqual([told?.type, more], ['link-lapsed', []]);
      assert.match(told!.why, why);
      assert.deepEqual(await paper.store.links.all(), []);
      assert.equal(await paper.service.personOver('jira', danas), undefined, 'with the file as it was');
    });
  }

  it('a link to an account that the file gives to another is theirs alone', async () => {
    await link();
    const other = startedWith({ rosa: { jiraAccountId: danas } });
    assert.equal((await other.personOver('jira', danas))?.id, 'rosa');
    await other.reconcile();
    assert.deepEqual(await paper.store.links.all(), []);
  });

  for (const [what, people] of [
    ['who gave it has left', { quinn: undefined }],
    ['who has it has left', { otto: undefined }],
    ['who has it is somebody else', { otto: { slackUserId: 'U0NEWOTTO' } }],
  ] as const) {
    it(`a delegation ends where ${what}, and does not come back`, async () => {
      await lend();
      const other = startedWith(people);
      assert.deepEqual(await other.delegations(), [], 'before any upkeep');
      await Promise.all([other.reconcile(), other.reconcile()]);
      assert.deepEqual(
        (await lapsed()).map(({ type }) => type),
        ['delegation-lapsed'],
      );
      assert.deepEqual(await paper.service.delegations(), [], 'with the file as it was');
    });
  }

  it('nothing ends of who is still there, whatever else the file says of them', async () => {
    await link();
    await lend();
    await startedWith({ dana: { name: 'Dana Doe', roles: [] }, rosa: undefined }).reconcile();
    assert.deepEqual(await lapsed(), []);
    assert.equal((await paper.service.personOver('jira', danas))?.id, 'dana');
    assert.equal((await paper.service.delegations()).length, 1);
  });

  it('is told to those of them who are', async () => {
    await lend();
    await startedWith({ otto: undefined }).reconcile();
    const [event] = await lapsed();
    const kinds = (await paper.store.outbox.take('slack', 50, 30)).filter(
      (effect) => effect.event === event?.id,
    );
    assert.deepEqual(
      kinds.map(({ kind }) => kind),
      ['person:quinn'],
    );
  });
});
