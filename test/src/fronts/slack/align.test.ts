import assert from 'node:assert/strict';
import { dana, openStages, type Stage } from './stage.ts';

describe('sets of backups in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  /** Hours before now. */
  const put = async ({ paper }: Stage, database: string, hours: number) =>
    (await paper.backup({ database, dataAt: new Date(Date.now() - hours * 3_600_000) })).id;

  it('are shown by /backups align with moments, distances, the skew, and the line that asks for them', async () => {
    const stage = await open();
    const orders = [await put(stage, 'orders', 200), await put(stage, 'orders', 2)];
    const billing = [await put(stage, 'billing', 197), await put(stage, 'billing', 5)];
    await stage.backups(dana, 'align orders billing');
    const now = await stage.told(dana, /Set of orders and billing for uat/);
    assert.match(
      now,
      new RegExp(`.orders.: ${orders[1]} · data of .* \\(2 h old\\) · 2 kB, anonymised \\(declared\\)`),
    );
    assert.match(now, /The data is 3 h apart: billing is 3 h older; orders is the newest\./);
    const line = new RegExp(
      `To have it: ./refresh uat orders billing --backup ${orders[1]} --backup ${billing[1]}.`,
    );
    assert.match(now, line);
    await stage.backups(
      dana,
      `align billing orders --env dev --as-of "${new Date(Date.now() - 9e7).toISOString()}"`,
    );
    const then = await stage.told(dana, /for dev, with data of .* \(Europe\/Berlin\) or before/);
    assert.match(
      then,
      new RegExp(`/refresh dev billing orders --backup ${billing[0]} --backup ${orders[0]}`),
    );
    await stage.backups(dana, 'align orders --as-of "next week"');
    await stage.told(dana, /"next week" is no moment to go back to/);
    await stage.backups(dana, 'align orders stok');
    await stage.told(dana, /Database "stok" is not configured; expected "orders" or "billing"/);
    await stage.backups(dana, 'help');
    await stage.told(dana, /\/backups align orders billing \[--env uat\]/);
    assert.deepEqual(stage.slack.notices(), []);
  });

  it('are what /refresh takes, also of another time; the plan and the card say how far apart it is', async () => {
    const stage = await open();
    const old = [await put(stage, 'orders', 200), await put(stage, 'billing', 197)];
    const late = [await put(stage, 'orders', 1), await put(stage, 'billing', 2)];
    const monday = new Date(Date.now() - 9e7).toISOString();
    await stage.refresh(dana, `plan uat orders billing --as-of "${monday}"`);
    const plan = await stage.told(dana, new RegExp(`${old[0]} of production[^]*${old[1]} of production`));
    assert.match(plan, /The data is 3 h apart: orders is 3 h older; billing is the newest\./);
    await stage.refresh(dana, 'ci orders billing');
    const card = await stage.cardReads(
      'REQ-1',
      /The data is 60 min apart|The data is 1 h apart: billing is 1 h older/,
    );
    for (const id of late) assert.match(stage.read(card), new RegExp(`overwritten by ${id}`));
    await stage.work();
    // What is there now stays, and counts.
    await stage.refresh(dana, `plan ci orders --backup ${old[0]}`);
    const beside = await stage.told(dana, /The data is 8 days apart, and at most 6 h is fine/);
    assert.match(beside, /billing stays as it is: the newest/);
    assert.match(beside, new RegExp(`Would fit better: ./refresh ci orders --backup ${late[0]}.`));
    await stage.refresh(dana, 'plan dev orders');
    await stage.told(dana, /billing stays as it is; of what moment its data is, nobody knows\./);
    assert.deepEqual(stage.slack.notices(), []);
  });
});
