import assert from 'node:assert/strict';
import type { RoleSource } from '../../../../src/domain/role-source.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { openPeople } from '../../../../src/service/people/people.ts';
import { createService } from '../../../../src/service/service.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { until } from '../../../until.ts';

const group: RoleSource = { role: 'qa-manager', kind: 'slack-group', group: 'S0QA' };

/** The paper site whose QA managers are told by a Slack group. */
function sourced(site: Site): Site {
  const people = Object.fromEntries(
    Object.entries(site.people).map(([id, person]) => [
      id,
      { ...person, roles: person.roles.filter((role) => role !== 'qa-manager') },
    ]),
  );
  return { ...site, people, roleSources: [group] };
}

describe('roles that come from elsewhere', function () {
  this.timeout(60_000);
  let paper: Paper;
  /** Who is in the group; undefined: it does not answer. */
  let members: string[] | undefined;
  let asked = 0;

  before(async () => {
    paper = await openPaper(sourced, {
      roleMembers: () => {
        asked++;
        return members === undefined ? Promise.reject(new Error('away')) : Promise.resolve(members);
      },
    });
  });
  after(() => paper.close());
  beforeEach(() => {
    members = ['U0QUINN'];
    asked = 0;
    // Nothing that an earlier test was told counts any more.
    paper.pass(3600);
  });

  async function ask() {
    await paper.backup();
    return paper.service.requestRefresh(paper.actor('dana'), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: 'release 12',
    });
  }

  const approve = (id: Parameters<Paper['service']['view']>[0], who: string) =>
    paper.service.decide(paper.actor(who), { request: id, decision: 'approved' });

  it('count like those of the site file: who is in the group may approve and is named, who is not may not', async () => {
    const { id } = await ask();
    assert.deepEqual(
      (await paper.service.view(id)).approvers.map((person) => person.id),
      ['quinn'],
    );
    await assert.rejects(approve(id, 'rosa'), { code: 'approval-not-allowed' });
    assert.equal((await approve(id, 'quinn')).state, 'running');
    await paper.drain();
  });

  it('are asked at most once in a minute for what is shown, and again for a decision', async () => {
    const { id } = await ask();
    await paper.service.view(id);
    await paper.service.view(id);
    assert.equal(asked, 1);
    paper.pass(20);
    await paper.service.view(id);
    assert.equal(asked, 1);
    members = ['U0ROSA'];
    await assert.rejects(approve(id, 'quinn'), { code: 'approval-not-allowed' });
    assert.equal(asked, 2);
    assert.equal((await approve(id, 'rosa')).state, 'running');
    await paper.drain();
  });

  it('taken away between the yes and the start void the yes', async () => {
    const { id } = await ask();
    const startAt = new Date(paper.deps.now().getTime() + 600_000);
    await paper.service.cancel(paper.actor('dana'), id);
    await paper.backup();
    const later = await paper.service.requestRefresh(paper.actor('dana'), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: '',
      startAt,
    });
    assert.equal((await approve(later.id, 'quinn')).state, 'approved');
    members = [];
    paper.pass(601);
    assert.equal(await paper.service.dispatch(later.id), 'not-now');
    const voided = await paper.store.events.ofRequest(later.id, ['approval-voided']);
    assert.match(JSON.stringify(voided), /Nobody who approved it may approve any more/);
    assert.equal((await paper.store.requests.get(later.id))?.state, 'pending');
  });

  it("of a source that does not answer are nobody's, and whoever is refused is told so", async () => {
    const { id } = await ask();
    members = undefined;
    paper.pass(61);
    await assert.rejects(approve(id, 'quinn'), (error: Error) => {
      assert.match(error.message, /it takes the role "qa-manager"; the Slack group S0QA could not be asked/);
      return true;
    });
    assert.deepEqual((await paper.service.view(id)).approvers, []);
    const refused = await paper.store.events.ofRequest(id, ['decision-refused']);
    assert.match(JSON.stringify(refused), /the Slack group S0QA could not be asked/);
    members = ['U0QUINN'];
    paper.pass(11);
    assert.equal((await approve(id, 'quinn')).state, 'running');
    await paper.drain();
  });

  it('that can not be asked at the start start nothing and void nothing; it starts when they answer', async () => {
    await paper.backup();
    const { id } = await paper.service.requestRefresh(paper.actor('dana'), {
      environment: 'uat',
      databases: [{ database: 'orders' }],
      reason: '',
      startAt: new Date(paper.deps.now().getTime() + 600_000),
    });
    await approve(id, 'quinn');
    members = undefined;
    paper.pass(601);
    assert.equal(await paper.service.dispatch(id), 'not-now');
    assert.equal((await paper.store.requests.get(id))?.state, 'approved');
    assert.deepEqual(await paper.store.events.ofRequest(id, ['approval-voided']), []);
    members = ['U0QUINN'];
    paper.pass(11);
    assert.equal(await paper.service.dispatch(id), 'started');
    await paper.drain();
    assert.equal((await paper.store.requests.get(id))?.state, 'succeeded');
  });

  it('let nobody in who is not in the site file', async () => {
    members = ['U0SAM'];
    assert.equal(await paper.service.personOver('slack', 'U0SAM'), undefined);
    const quinn = await paper.service.personOver('slack', 'U0QUINN');
    assert.deepEqual(quinn?.roles, []);
  });

  it('taken away a second ago refuse the yes of who was seen to have them, which is recorded and explained', async () => {
    const { id } = await ask();
    assert.deepEqual(
      (await paper.service.view(id)).approvers.map((person) => person.id),
      ['quinn'],
    );
    members = [];
    paper.pass(1);
    await assert.rejects(approve(id, 'quinn'), { code: 'approval-not-allowed', message: /"qa-manager"/ });
    const [refused] = await paper.store.events.ofRequest(id, ['decision-refused']);
    assert.ok(refused?.type === 'decision-refused');
    assert.equal(`${refused.who} ${refused.code}`, 'Quinn approval-not-allowed');
    assert.match(refused.why, /it takes the role "qa-manager"/);
  });

  it('taken away a second ago refuse the approval of a schedule', async () => {
    await paper.service.addSchedule(paper.actor('dana'), {
      name: 'nightly-uat',
      environment: 'uat',
      databases: ['orders'],
      cron: '0 3 * * *',
      reason: '',
    });
    await paper.service.showSchedule('nightly-uat');
    members = [];
    paper.pass(1);
    const yes = paper.service.approveSchedule(paper.actor('quinn'), { name: 'nightly-uat', until: '' });
    await assert.rejects(yes, { code: 'approval-not-allowed' });
  });

  it('taken away right after the yes start nothing, whatever was answered before it', async () => {
    const { id } = await ask();
    let questions = 0;
    // In the group for the decision, and out of it a moment later.
    const service = createService({
      ...paper.deps,
      roleMembers: () => Promise.resolve(++questions === 1 ? ['U0QUINN'] : []),
    });
    await service.decide(paper.actor('quinn'), { request: id, decision: 'approved' });
    assert.equal((await paper.store.requests.get(id))?.state, 'pending');
    const [voided] = await paper.store.events.ofRequest(id, ['approval-voided']);
    assert.match(voided?.type === 'approval-voided' ? voided.why : '', /Nobody who approved it/);
  });

  it('are asked once for all decisions that came while an earlier question was under way, which counts for none of them', async () => {
    const answers: ((members: string[]) => void)[] = [];
    const people = openPeople({
      ...paper.deps,
      // All are there at once: none waits for the store.
      store: { ...paper.store, links: { ...paper.store.links, all: () => Promise.resolve([]) } },
      roleMembers: () => new Promise((resolve) => answers.push(resolve)),
    });
    const first = people.site('anew');
    await until('the first question', () => answers.length === 1);
    const others = Array.from({ length: 5 }, () => people.site('anew'));
    await new Promise((resolve) => setImmediate(resolve));
    answers[0]!(['U0QUINN']);
    await until('the question of the others', () => answers.length === 2);
    answers[1]!([]);
    const roles = (site: Site) => site.people['quinn']!.roles;
    assert.deepEqual(roles(await first), ['qa-manager']);
    for (const site of await Promise.all(others)) assert.deepEqual(roles(site), []);
    assert.equal(answers.length, 2);
  });

  it('a source that does not answer in time holds a decision up for seconds, and the answer is no', async () => {
    const { id } = await ask();
    await paper.service.view(id);
    const silent = createService({ ...paper.deps, roleMembers: () => new Promise(() => undefined) });
    await assert.rejects(silent.decide(paper.actor('quinn'), { request: id, decision: 'approved' }), {
      code: 'approval-not-allowed',
      message: /the Slack group S0QA could not be asked/,
    });
  });

  it('a source that takes its time holds up nobody who only looks', async () => {
    const { id } = await ask();
    paper.pass(3600);
    const slow = createService({ ...paper.deps, roleMembers: () => new Promise(() => undefined) });
    const seen = await slow.view(id);
    assert.deepEqual(seen.approvers, []);
  });

  it('check has a line for each source, with the remedy', async () => {
    const lines = async () => {
      const probe = paper.service.probes().find(({ name }) => name.startsWith('role '))!;
      return { name: probe.name, ...(await probe.run()) };
    };
    assert.deepEqual(await lines(), {
      name: 'role qa-manager by the Slack group S0QA',
      ok: true,
      says: '1 member, 1 of them people of the site file',
    });
    members = ['U0SAM'];
    assert.equal((await lines()).ok, false);
  });
});
