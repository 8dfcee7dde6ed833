import assert from 'node:assert/strict';
import { dana, openStages } from './stage.ts';

describe('who received a backup', function () {
  this.timeout(60_000);
  const open = openStages();

  it('is told by /backups who: where, when, at whose wish, newest first, also after its file was replaced', async () => {
    const stage = await open();
    const backup = await stage.paper.backup();
    await stage.backups(dana, `who ${backup.id}`);
    await stage.told(dana, new RegExp(`Who received ${backup.id}.*never went live`));
    for (const [environment, request] of [
      ['ci', 'REQ-1'],
      ['dev', 'REQ-2'],
    ] as const) {
      await stage.refresh(dana, `${environment} orders --reason "release 12"`);
      await stage.card(request);
      await stage.work();
    }
    await stage.backups(dana, `who ${backup.id.toLowerCase()}`);
    const told = await stage.told(dana, new RegExp(`Who received ${backup.id}.*2 times`));
    assert.match(told, /dev.*orders_dev.*until now.*REQ-2.*[^]*ci.*orders_ci.*until now.*REQ-1/);
    assert.match(told, /approved by rule/);
    assert.doesNotMatch(told, /another file/);
    const { id: _, ...known } = backup;
    await stage.paper.backup({ ...known, checksum: 'e'.repeat(64), anonymisation: 'raw' });
    await stage.refresh(dana, 'dev orders --reason "release 13"');
    await stage.card('REQ-3');
    await stage.work();
    await stage.backups(dana, `who ${backup.id}`);
    const replaced = await stage.told(dana, new RegExp(`Who received ${backup.id}.*3 times`));
    const rows = replaced.split('\n').filter((line) => /REQ-\d/.test(line));
    assert.deepEqual(
      rows.map((row) => [/REQ-\d/.exec(row)?.[0], /another file than lies there now/.test(row)]),
      [
        ['REQ-3', false],
        ['REQ-2', true],
        ['REQ-1', true],
      ],
    );
    await stage.backups(dana, 'who BKP-999');
    await stage.told(dana, /Backup "BKP-999" is not in the catalogue/);
    assert.deepEqual(stage.slack.notices(), []);
  });
});
