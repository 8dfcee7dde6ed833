import assert from 'node:assert/strict';
import type { Site } from '../../../../src/domain/site.ts';
import { dana, openStages, quinn, stranger, type Stage } from './stage.ts';
import { untilHolds } from '../../../until.ts';

function unlinked(site: Site): Site {
  const { jiraAccountId: _, ...without } = site.people['dana']!;
  return { ...site, people: { ...site.people, dana: without } };
}

describe('linking an account from Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  async function asked(stage: Stage): Promise<string> {
    await stage.refresh(dana, 'link jira');
    const told = await stage.told(dana, /freshet link dana [A-Z0-9]{5}-[A-Z0-9]{5}/);
    return /freshet link dana \S{11}/.exec(told)![0];
  }

  const heard = (stage: Stage, text: string) =>
    stage.paper.service.heardPhrase({
      front: 'jira',
      key: text,
      text,
      account: '70121:dd',
      name: 'Dana <D>',
    });

  it('shows the words to who asked alone, asks them by button, and links at their yes', async () => {
    const stage = await open({ site: unlinked });
    const { slack, paper } = stage;
    await stage.refresh(dana, 'link');
    await stage.told(dana, /Slack: @Dana, by the site file[^]*\/refresh link jira/);
    assert.equal(await heard(stage, await asked(stage)), true);
    const question = await slack.waitFor(() => slack.directMessages(dana)[0]);
    assert.match(stage.read(question), /Is this Jira account, "Dana <D>", yours\?[^]*70121:dd/);
    await slack.click(dana, question, 'link-confirm');
    await untilHolds(async () => (await paper.service.personOver('jira', '70121:dd'))?.id === 'dana');
    await slack.waitFor(() =>
      slack.directMessages(dana).some((one) => /is linked to you/.test(stage.read(one))),
    );
    // Its buttons are gone.
    await slack.waitFor(() => !/Yes, it is mine/.test(stage.read(question)));
    await stage.refresh(dana, 'unlink jira');
    await untilHolds(async () => (await paper.service.personOver('jira', '70121:dd')) === undefined);
  });

  it('takes no press of somebody else, and no code of somebody whom the site does not know', async () => {
    const stage = await open({ site: unlinked });
    const { paper } = stage;
    await heard(stage, await asked(stage));
    const { events } = await paper.store.events.after(undefined, 1000);
    const code = events.flatMap((event) => (event.type === 'link-found' ? [event.code] : []))[0]!;
    const forged = (user: string) => ({
      kind: 'button',
      button: 'link-confirm',
      value: String(code),
      user,
      userName: 'x',
      channel: 'C0REFRESH1',
      teams: ['T0SHOP'],
    });
    await paper.service.inbox.accept('slack', 'forged 1', forged(quinn));
    await stage.told(quinn, /link-not-yours/);
    await paper.service.inbox.accept('slack', 'forged 2', forged(stranger));
    await stage.told(stranger, /person-unknown/);
    await stage.refresh(stranger, 'link jira');
    assert.equal(await paper.service.personOver('jira', '70121:dd'), undefined);
    await paper.service.inbox.accept('slack', 'forged 3', { ...forged(dana), value: '1 or 1' });
    await stage.told(dana, /input-invalid/);
  });
});
