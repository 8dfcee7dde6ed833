import assert from 'node:assert/strict';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { filled } from './modal/form.ts';
import { dana, openStages } from './stage.ts';

const first: RequestId = 'REQ-1';
const second: RequestId = 'REQ-2';

describe('a refresh for a ticket, asked for in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  it('in a line: what is no key or not there is refused, what is there is on the card as a link', async () => {
    const stage = await open();
    await stage.paper.backup();
    stage.paper.deps.ticket = (key) => Promise.resolve(key === 'SHOP-123' ? 'found' : 'absent');
    await stage.refresh(dana, 'uat orders --for shop');
    await stage.told(dana, /"shop" is no ticket; expected a key of Jira such as SHOP-123/);
    await stage.refresh(dana, 'uat orders --for SHOP-9');
    await stage.told(dana, /Jira has no ticket "SHOP-9" that Freshet's account may read/);
    await stage.refresh(dana, 'plan uat orders --for shop-123');
    await stage.told(dana, /For SHOP-123\./);
    await stage.refresh(dana, 'uat orders --for shop-123');
    const card = await stage.cardReads(first, /for .*SHOP-123/);
    assert.match(JSON.stringify(card), /http:\/\/127\.0\.0\.1:1\/browse\/SHOP-123\|SHOP-123/);
  });

  it('in the form: the field is optional, refused where it belongs, and taken on trust while Jira is away, which is said', async () => {
    const stage = await open();
    await stage.paper.backup();
    stage.paper.deps.ticket = (key) => Promise.resolve(key === 'SHOP-123' ? 'unknown' : 'absent');
    const view = await filled(stage, dana, 'uat', ['orders']);
    const malformed = await stage.slack.submit(dana, view, { 'modal-ticket': '123' });
    assert.match(malformed.errors['ticket'] ?? '', /"123" is no ticket/);
    const absent = await stage.slack.submit(dana, view, { 'modal-ticket': 'SHOP-9' });
    assert.match(absent.errors['ticket'] ?? '', /Jira has no ticket "SHOP-9"/);
    assert.equal((await stage.slack.submit(dana, view, { 'modal-ticket': ' shop-123 ' })).closed, true);
    await stage.told(dana, /Jira can't be asked now whether SHOP-123 is there/);
    const card = await stage.cardReads(first, /SHOP-123/);
    const inThread = (words: RegExp) =>
      stage.slack.waitFor(
        () => stage.slack.thread(card).some((one) => words.test(stage.read(one))),
        20_000,
        `the thread says ${words.source}`,
      );
    await inThread(/Jira can't be asked now whether .*SHOP-123.* is there; it is linked as soon as it can/);
    const { service } = stage.paper;
    await service.tellOfTicket(first, { type: 'ticket-linked', ticket: 'SHOP-123' });
    await service.tellOfTicket(first, { type: 'ticket-linked', ticket: 'SHOP-123' });
    await inThread(/Linked to .*SHOP-123.* in Jira/);
    assert.equal((await stage.paper.store.events.ofRequest(first, ['ticket-linked'])).length, 1);

    await stage.paper.backup();
    assert.equal((await stage.slack.submit(dana, await filled(stage, dana, 'uat', ['orders']))).closed, true);
    await stage.card(second);
    assert.equal((await stage.paper.store.requests.get(second))?.ticket, undefined);
  });
});
