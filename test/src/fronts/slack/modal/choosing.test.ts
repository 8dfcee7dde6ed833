import assert from 'node:assert/strict';
import { unavailable } from '../../../../../src/domain/errors.ts';
import { channel, dana, openStages, quinn, type Stage } from '../stage.ts';
import { filled, form, opened, textOf } from './form.ts';
import { untilHolds } from '../../../../until.ts';

describe('choosing in the form', function () {
  this.timeout(60_000);
  const open = openStages();

  async function offered(stage: Stage, text: string, who = dana): Promise<string[]> {
    const view = stage.slack.view(who)!;
    const { delivery, options } = await stage.slack.options(who, view, 'modal-backup:orders', text);
    assert.equal(delivery.error, undefined, text);
    return options.map((option) => `${option.value}: ${option.text.text}`);
  }

  it('finds backups by number, date, file, repository and kind; refused ones with why', async () => {
    const stage = await open();
    const { paper } = stage;
    for (let at = 0; at < 11; at++)
      await paper.backup({ path: `weekly/orders-${at}.dump`, repository: 'nightly' });
    await paper.backup({
      path: 'release_12.dump',
      scope: 'subset',
      dataAt: new Date('2026-11-22T04:00:00Z'),
    });
    await paper.backup({ anonymisation: 'raw', path: 'live.dump', dataAt: new Date('2026-11-23T04:00:00Z') });
    await paper.backup({ state: 'corrupt', stateReason: 'cut short', path: 'half.dump' });
    await paper.backup({ state: 'missing', path: 'gone.dump' });
    await paper.backup({ database: 'billing', path: 'release_12_billing.dump' });
    await filled(stage, dana, 'uat', ['orders']);
    const ids = async (text: string) => (await offered(stage, text)).map((line) => line.split(':')[0]);
    assert.equal((await ids('')).length, 12, 'only what fits, newest first');
    assert.equal((await ids(''))[0], 'BKP-12');
    assert.deepEqual((await ids('bkp-1')).slice(0, 2), ['BKP-1', 'BKP-12'], 'the exact number first');
    assert.deepEqual(await ids('2'), ['BKP-2', 'BKP-12', ...(await ids('2')).slice(2)]);
    assert.deepEqual(await ids('2026-11-22'), ['BKP-12']);
    assert.deepEqual(await ids('22 Nov'), ['BKP-12']);
    assert.deepEqual(await ids('release'), ['BKP-12'], 'of this database only');
    assert.deepEqual(await ids('nightly subset'), ['BKP-12']);
    assert.equal((await ids('anonymised')).filter((id) => id !== 'BKP-14').length, 12);
    const [raw] = await offered(stage, 'live');
    assert.match(raw!, /^BKP-13: ✗ BKP-13 · 23 Nov 2026, 04:00 UTC · .* · raw · full$/);
    assert.match((await offered(stage, 'half')).join(), /^BKP-14: ✗ BKP-14 .*$/);
    assert.deepEqual(await offered(stage, 'gone'), ['none: No backup of orders is found by that']);
    assert.deepEqual(await offered(stage, '%'), ['none: No backup of orders is found by that']);
    // Chosen all the same, it is refused before anything is asked, and at its field when it is.
    const view = stage.slack.view(dana)!;
    await offered(stage, 'live');
    await stage.slack.click(dana, view, 'modal-backup:orders', { value: 'BKP-13' });
    await form(stage, dana, /:x: Backup BKP-13 is raw; "uat" accepts declared or proven\./);
    const { errors } = await stage.slack.submit(dana, view);
    assert.deepEqual(Object.keys(errors), ['backup:uat:orders']);
    assert.match(Object.values(errors).join(), /Backup BKP-13 is raw; "uat" accepts declared or proven\./);
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('is answered in time when there is nothing, and when the store does not answer', async () => {
    const stage = await open();
    await filled(stage, dana, 'uat', ['orders'], /No backup of `orders` fits uat/);
    assert.deepEqual(await offered(stage, ''), ['none: No backup of orders was found yet']);
    const { backups } = stage.paper.deps.store;
    const search = backups.search.bind(backups);
    backups.search = () => new Promise(() => undefined);
    assert.deepEqual(await offered(stage, 'x'), [
      'none: Freshet’s own database does not answer; type again in a moment',
    ]);
    backups.search = () => Promise.reject(new Error('row 17 of secrets'));
    assert.deepEqual(await offered(stage, 'x'), [
      'none: The search failed by a fault of ours; the log says more',
    ]);
    backups.search = () => Promise.reject(unavailable('store-unavailable', 'The store is away.', ''));
    assert.deepEqual(await offered(stage, 'x'), ['none: The store is away.']);
    backups.search = search;
    // What only explains is no choice.
    const view = stage.slack.view(dana)!;
    const { errors } = await stage.slack.submit(dana, view, { 'modal-backup:orders': 'none' });
    assert.match(errors['backup:uat:orders'] ?? '', /"none" is no backup/);
  });

  it('offers at most 100, and finds the others by what is typed', async () => {
    const stage = await open();
    for (let at = 0; at < 103; at++) await stage.paper.backup();
    await filled(stage, dana, 'uat', ['orders']);
    const all = await offered(stage, '');
    assert.equal(all.length, 100);
    assert.match(all[0]!, /^BKP-103:/);
    assert.match((await offered(stage, 'orders-3.dump')).join(), /^BKP-3:/);
  });

  it('says what is passed over, how old the data is and what the servers say, or that they did not', async () => {
    const stage = await open();
    const { paper } = stage;
    await paper.backup({ dataAt: new Date(Date.now() - 12 * 86_400_000) });
    await paper.backup({ anonymisation: 'raw', dataAt: new Date() });
    paper.engine.problems.push({
      code: 'space-short',
      message: 'Too little space on test-db.',
      hint: 'Make room.',
    });
    const view = await filled(stage, dana, 'uat', ['orders'], /Too little space/);
    assert.match(textOf(view), /:x: Too little space on test-db\. Make room\./);
    assert.match(textOf(view), /\*old\* data of .* \(12 days old\)/);
    assert.match(
      textOf(view),
      /Newer than BKP-1, but not to be had: Backup BKP-2 is raw; "uat" accepts declared or proven/,
    );

    const inspect = paper.engine.inspect.bind(paper.engine);
    paper.engine.inspect = () =>
      Promise.reject(unavailable('host-unreachable', 'Host "test-db" is away.', ''));
    await stage.slack.click(dana, view, 'modal-databases', { value: ['orders', 'billing'] });
    await form(stage, dana, /could not be asked who is connected to `billing_uat`: Host "test-db" is away\./);

    paper.engine.inspect = () => new Promise(() => undefined);
    await stage.slack.click(dana, view, 'modal-environment', { value: 'dev' });
    await form(stage, dana, /connected to `orders_dev` is being asked …/);
    assert.match(
      textOf(view),
      /Databases of dev[^]*Backup of orders[^]*Backup of billing/,
      'the databases stay chosen',
    );
    await form(
      stage,
      dana,
      /could not be asked who is connected to `orders_dev`: It did not answer in time\./,
    );
    // What is not known does not keep anybody from asking.
    paper.engine.problems.length = 0;
    await paper.backup({ database: 'billing' });
    paper.engine.inspect = inspect;
    assert.equal((await stage.slack.submit(dana, view)).closed, true);
    await stage.told(dana, /REQ-1/);
  });

  it('follows the newest of quick choices, whatever order the answers take', async () => {
    const stage = await open();
    await stage.paper.backup();
    const view = await opened(stage, dana);
    stage.slack.faults.onCall('views.update', { kind: 'slow', delayMs: 300, times: 1 });
    await stage.slack.click(dana, view, 'modal-environment', { value: 'uat' });
    await stage.slack.click(dana, view, 'modal-environment', { value: 'ci' });
    await form(stage, dana, /Databases of ci/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.match(textOf(view), /Databases of ci/);
    assert.match(textOf(view), /CI\* is not protected/);
    // A form of somebody else's is left alone by whoever sees it.
    await opened(stage, quinn);
    assert.match(textOf(view), /Databases of ci/);
  });

  it('goes on without what the store can not tell', async () => {
    const stage = await open();
    await stage.paper.backup();
    const view = await opened(stage, dana);
    const { backups } = stage.paper.deps.store;
    backups.search = () => Promise.reject(unavailable('store-unavailable', 'The store is away.', ''));
    await stage.slack.click(dana, view, 'modal-environment', { value: 'uat' });
    await form(stage, dana, /Databases of uat/);
    await stage.slack.click(dana, view, 'modal-databases', { value: ['orders'] });
    await form(
      stage,
      dana,
      /own database does not answer, so nothing can be said about backups now[^]*Backup of orders/,
    );
    // Nor is what was typed taken away by a fault of ours.
    backups.search = () => Promise.reject(new Error('row 17 of secrets'));
    await stage.slack.click(dana, view, 'modal-databases', { value: ['billing'] });
    await untilHolds(() => stage.logged.some((line) => line.includes('could not follow')));
    assert.match(textOf(view), /Databases of uat/);
    assert.equal(stage.slack.messages(channel).length, 0);
  });
});
