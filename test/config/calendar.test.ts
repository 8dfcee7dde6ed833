import assert from 'node:assert/strict';
import { changed, faultsOf, parse } from './site.ts';

function calendared(key: string, value: unknown): string {
  return changed((document) => {
    document.setIn(['environments', 'uat', key], document.createNode(value));
  });
}

describe('the calendar of the site file', () => {
  it('is read with its windows, and asks and waits where nothing is said', async () => {
    const { site } = await parse(changed(() => undefined));
    const { uat, dev } = site.environments;
    assert.deepEqual(
      uat?.freezes.map(({ text, reason, kind }) => [kind, text, reason]),
      [
        ['weekly', 'mon-fri 09:00-17:00', 'testing hours'],
        ['dated', '2026-12-20 .. 2027-01-02', 'end of the year'],
      ],
    );
    assert.deepEqual([dev?.freezes, dev?.onFreeze, dev?.onHold], [[], 'wait', 'ask']);
    const refusing = await parse(calendared('onHold', 'refuse'));
    assert.equal(refusing.site.environments['uat']?.onHold, 'refuse');
  });

  it('refuses what is no window, has no reason, or asks whom nobody can ask', async () => {
    const window = (text: string) => calendared('freeze', [{ window: text, reason: 'x' }]);
    const faults = async (text: string) => (await faultsOf(text)).join('\n');
    assert.match(await faults(window('weekends')), /freeze.*window.*"weekends".*mon-fri 09:00-17:00/);
    assert.match(await faults(window('2027-01-02 .. 2026-12-20')), /window.*2027-01-02 \.\. 2026-12-20/);
    assert.match(await faults(calendared('freeze', [{ window: 'daily 09:00-10:00' }])), /reason/);
    assert.match(await faults(calendared('onFreeze', 'ask')), /onFreeze.*"wait" or "refuse"/);
    assert.match(await faults(calendared('onHold', 'never')), /onHold.*"wait", "refuse" or "ask"/);
  });
});
