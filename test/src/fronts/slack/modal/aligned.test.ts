import assert from 'node:assert/strict';
import { unavailable } from '../../../../../src/domain/errors.ts';
import { channel, dana, openStages, type Stage } from '../stage.ts';
import { filled, form, opened, textOf } from './form.ts';

const first = 'REQ-1';

describe('the form and backups that belong together', function () {
  this.timeout(60_000);
  const open = openStages();

  const at = (hours: number) => new Date(Date.UTC(2026, 10, 20) + hours * 3_600_000);
  const put = async ({ paper }: Stage, database: string, hours: number) =>
    (await paper.backup({ database, dataAt: at(hours) })).id;
  /** What the field of a database shows. */
  const shownIn = (stage: Stage, database: string) =>
    Object.values(stage.slack.view(dana)!.values)
      .map((held) => held[`modal-backup:${database}`]?.selected_option?.value)
      .find((value) => value !== undefined);

  /** As in Slack: what was searched for is offered, then it is picked. */
  async function pick(stage: Stage, database: string, id: string) {
    const view = stage.slack.view(dana)!;
    await stage.slack.options(dana, view, `modal-backup:${database}`, id);
    await stage.slack.click(dana, view, `modal-backup:${database}`, { value: id });
  }

  it('proposes a set with its skew, follows what is picked, and asks for what it shows', async () => {
    const stage = await open();
    const orders = [await put(stage, 'orders', 0), await put(stage, 'orders', 144)];
    const billing = [await put(stage, 'billing', -72), await put(stage, 'billing', 2)];
    const view = await filled(stage, dana, 'uat', ['orders']);
    assert.equal(shownIn(stage, 'orders'), orders[1], 'alone, the newest');
    await stage.slack.click(dana, view, 'modal-databases', { value: ['orders', 'billing'] });
    await form(stage, dana, /The data is 2 h apart: orders is 2 h older; billing is the newest\./);
    assert.deepEqual([shownIn(stage, 'orders'), shownIn(stage, 'billing')], [orders[0], billing[1]]);
    assert.match(textOf(view), new RegExp(`Newer, but further from the others: ${orders[1]} of orders\\.`));

    await pick(stage, 'orders', orders[1]!);
    await form(
      stage,
      dana,
      /:warning: The data is 6 days apart, and at most 6 h is fine: billing is 6 days older/,
    );
    assert.match(
      textOf(view),
      new RegExp(
        `Would fit better: \`/refresh uat orders billing --backup ${orders[0]} --backup ${billing[1]}\``,
      ),
    );
    assert.equal(shownIn(stage, 'orders'), orders[1], 'what somebody picked stays');
    await pick(stage, 'billing', billing[0]!);
    await form(stage, dana, /The data is 9 days apart/);
    await pick(stage, 'orders', orders[0]!);
    await form(stage, dana, /The data is 3 days apart/);
    assert.equal((await stage.slack.submit(dana, view)).closed, true);
    const card = stage.read(await stage.card(first));
    assert.match(
      card,
      /The data is 3 days apart, and at most 6 h is fine: billing is 3 days older; orders is the newest\./,
    );
    const items = (await stage.paper.store.requests.get(first))!.items.map(({ backup }) => backup?.id);
    assert.deepEqual(items, [orders[0], billing[0]]);
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('begins with what they asked for last, and with a set of now', async () => {
    const stage = await open();
    await put(stage, 'orders', 0);
    await put(stage, 'billing', 0);
    await stage.refresh(dana, 'uat billing orders');
    await stage.card(first);
    const later = [await put(stage, 'orders', 24), await put(stage, 'billing', 25)];
    await stage.slack.command(dana, channel, '', { command: '/refresh' });
    await form(stage, dana, /The data is 60 min|The data is 1 h apart/);
    assert.deepEqual([shownIn(stage, 'orders'), shownIn(stage, 'billing')], later);
    // Without the store it begins empty, and still opens.
    const { requests } = stage.paper.deps.store;
    const list = requests.list.bind(requests);
    requests.list = () => Promise.reject(unavailable('store-unavailable', 'The store is away.', ''));
    await opened(stage, dana, /Choose an environment to see/);
    requests.list = list;
  });

  it('refuses what is too far apart where the environment says so, at the field of the databases', async () => {
    const stage = await open({
      site: (site) => {
        const uat = site.environments['uat']!;
        const alignment = { ...uat.alignment, beyond: 'refuse' as const };
        return { ...site, environments: { ...site.environments, uat: { ...uat, alignment } } };
      },
    });
    const late = await put(stage, 'orders', 144);
    await put(stage, 'orders', 0);
    await put(stage, 'billing', 2);
    const view = await filled(stage, dana, 'uat', ['orders', 'billing']);
    await pick(stage, 'orders', late);
    await form(stage, dana, /:x: The data of "uat" would be 6 days apart .*; at most 6 h is allowed\./);
    const { errors } = await stage.slack.submit(dana, view);
    assert.match(
      errors['databases:uat'] ?? '',
      /would be 6 days apart .* \/refresh uat orders billing --backup BKP-2/,
    );
  });
});
