import assert from 'node:assert/strict';
import type { Repository } from '../../../../runners/repository/repository.ts';
import type { Backup } from '../../../../src/domain/backup.ts';
import { conflict, unavailable } from '../../../../src/domain/errors.ts';
import type { BackupId } from '../../../../src/domain/ids.ts';
import { scan } from '../../../../src/service/backups/catalogue.ts';
import { openPaper, type Paper } from '../../../house-of-paper.ts';
import { takingSite } from '../../../taking-site.ts';

describe('what retention removes', function () {
  let paper: Paper;
  let removed: string[];
  let refusal: Error | undefined;

  beforeEach(async () => {
    paper = await openPaper(takingSite);
    Object.assign(paper.site.repositories['taken-dev']!, { retention: { last: 2 } });
    removed = [];
    refusal = undefined;
    const repository: Repository = {
      site: paper.site.repositories['taken-dev']!,
      scan: async () =>
        (await paper.store.backups.ofRepository('taken-dev'))
          .filter(({ path }) => !removed.includes(path))
          .map(({ path, bytes, takenAt }) => ({ path, kind: 'folder', bytes, modifiedAt: takenAt })),
      read: () => assert.fail('nothing is read'),
      outline: () => Promise.resolve(undefined),
      remove({ path }) {
        if (refusal !== undefined) return Promise.reject(refusal);
        removed.push(path);
        return Promise.resolve();
      },
    };
    Object.assign(paper.deps.repositories, { 'taken-dev': repository });
  });
  afterEach(() => paper.close());

  /** One that Freshet took; each is a day older than the one before it. */
  let request: Backup['takenBy'];
  async function taken(daysAgo: number, more: Partial<Backup> = {}) {
    request ??= 'REQ-1';
    const at = new Date(Date.now() - daysAgo * 86_400_000);
    const of = { repository: 'taken-dev', environment: 'dev', anonymisation: 'raw' as const, dataAt: at };
    return paper.backup({ ...of, takenAt: at, takenBy: request, ...more });
  }

  async function four(): Promise<Backup[]> {
    const wish = { environment: 'dev', databases: ['orders'] };
    const { id } = await paper.service.requestTake(paper.actor('otto'), wish, '');
    await paper.service.cancel(paper.actor('otto'), id);
    await paper.drain();
    request = id;
    return [await taken(1), await taken(2), await taken(3), await taken(4)];
  }

  const stateOf = async (id: BackupId) => (await paper.store.backups.get(id))?.state;
  const told = async (type: 'backup-removed' | 'upkeep-alert' | 'backup-returned') =>
    (await paper.store.events.ofNoRequest([type], 20)).length;

  it('is what the look at it said, and no more: not what was found, nor what a request needs', async () => {
    const [one, two, three, four4] = await four();
    const found = await paper.backup({ repository: 'taken-dev', environment: 'dev', dataAt: new Date(0) });
    const wish = { ...paper.wish('dev'), databases: [{ database: 'orders', backup: four4!.id }] };
    const asked = await paper.service.requestRefresh(paper.actor('dana'), wish);
    const [view] = await paper.service.retentionOf('taken-dev');
    assert.deepEqual(
      view?.verdicts.map(({ backup, stays }) => [backup.id, stays]),
      [
        [one!.id, true],
        [two!.id, true],
        [three!.id, false],
        [four4!.id, true],
      ],
    );
    assert.deepEqual(removed, [], 'nothing goes by looking');
    await paper.service.keepBackups();
    assert.deepEqual(removed, [three!.path]);
    assert.equal(await stateOf(three!.id), 'missing');
    assert.match((await paper.store.backups.get(three!.id))?.stateReason ?? '', /retention.*neither among/);
    assert.deepEqual([await stateOf(found.id), await told('backup-removed')], ['present', 1]);
    await scan(paper.deps, paper.deps.repositories['taken-dev']!);
    assert.equal(await told('backup-returned'), 0);

    await paper.drain();
    assert.equal(await paper.stateOf(asked.id), 'succeeded');
    await paper.service.keepBackups();
    assert.deepEqual(removed, [three!.path, four4!.path]);
  });

  it('is at most twenty in a round, so that a rule that was mistyped is noticed', async () => {
    await four();
    for (let day = 5; day <= 24; day += 1) await taken(day);
    await paper.service.keepBackups();
    assert.equal(removed.length, 20);
    await paper.service.keepBackups();
    assert.equal(removed.length, 22, 'the newest two stay');
  });

  it('nobody can ask for what is about to go', async () => {
    const [, , three] = await four();
    assert.equal(
      await paper.store.write((tx) => tx.backups.giveUp(three!.id, 'it goes', paper.deps.now())),
      true,
    );
    const wish = { ...paper.wish('dev'), databases: [{ database: 'orders', backup: three!.id }] };
    await assert.rejects(paper.service.requestRefresh(paper.actor('dana'), wish), { code: 'backup-missing' });
    assert.equal(await paper.store.write((tx) => tx.backups.giveUp(three!.id, '', paper.deps.now())), false);
  });

  it('what its host refuses to remove stays as it was, and is told once; a host that is away is not', async () => {
    const [, , three, last] = await four();
    refusal = unavailable('host-unreachable', 'Host "test-db" does not answer.', '');
    await paper.service.keepBackups();
    assert.deepEqual([await stateOf(three!.id), await told('upkeep-alert')], ['present', 0]);
    paper.pass(3601);
    refusal = conflict('manifest-differs', 'The manifest beside it is of another one.', 'Look whose it is.');
    await paper.service.keepBackups();
    await paper.service.keepBackups();
    assert.deepEqual([await stateOf(three!.id), await told('upkeep-alert')], ['present', 1]);
    assert.equal(await stateOf(last!.id), 'present');
    paper.pass(3601);
    refusal = undefined;
    await paper.service.keepBackups();
    assert.deepEqual(removed, [three!.path, last!.path]);
  });

  it('can be looked at where there is a rule', async () => {
    const refused = (message: string) => ({ code: 'retention-none', message });
    await assert.rejects(
      paper.service.retentionOf('taken'),
      refused('Repository "taken" has no retention; expected "taken-dev".'),
    );
    assert.equal((await paper.service.retentionOf()).length, 1);
    Object.assign(paper.site.repositories['taken-dev']!, { retention: undefined });
    await assert.rejects(
      paper.service.retentionOf('taken-dev'),
      refused('Repository "taken-dev" has no retention, nor has any other.'),
    );
  });
});
