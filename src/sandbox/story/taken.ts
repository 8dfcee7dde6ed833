import type { Backup } from '../../domain/backup.ts';
import type { RequestId } from '../../domain/ids.ts';
import { dana, quinn } from '../cast.ts';
import { contentDifferences } from '../hosts/content-hash.ts';
import { buttonOf } from './buttons.ts';
import { newSchemas } from './catalog.ts';
import { hashOf, independently, newDatabases } from './database.ts';
import { requestOf } from './moves.ts';
import type { Stage } from './stage.ts';
import { textWidth } from './teller.ts';

const reason = 'our test data, before release 13 overwrites it';

/** Test data takes weeks to make: before it is overwritten it is backed up, and what was backed up is proven to come back. */
export async function takenBefore(stage: Stage): Promise<void> {
  const { tell, sandbox, store } = stage;
  tell.scene('Before release 13 overwrites the test data of UAT, Dana has it backed up');
  await stage.type(dana, '/backups', `take uat orders catalog --reason "${reason}"`);
  const id = await requestOf(stage, reason);
  const waiting = await stage.card(id, /approv/i);
  await stage.press(quinn, waiting, buttonOf(waiting, /approve/i));
  await stage.until(id, ['succeeded', 'failed', 'fenced'], 90);
  stage.showCard('#db-refreshes', await stage.card(id, /done/i));
  await stage.issue(id, 'Done');
  const [orders, goods] = await takenBy(stage, id);
  const [now, restored] = await Promise.all([
    hashOf(sandbox, 'orders_uat'),
    independently(sandbox, orders!, []),
  ]);
  tell.claim(
    'what PostgreSQL’s own tools restore of it is UAT, to the last row',
    now.hash === restored.hash,
    contentDifferences(now, restored).join('\n'),
  );

  tell.scene('A backup that nobody has restored is a hope: both are proven');
  const questions = [orders!, goods!].map(({ id: backup }) => [backup, `does ${backup} come back?`] as const);
  for (const [backup, why] of questions)
    await stage.type(dana, '/backups', `prove ${backup} --reason "${why}"`);
  const proofs = await Promise.all(questions.map(([, why]) => requestOf(stage, why)));
  for (const proof of proofs) {
    await stage.until(proof, ['succeeded', 'failed', 'fenced'], 90);
    stage.showCard('#db-refreshes', await stage.card(proof, /done/i));
    await stage.issue(proof, 'Done');
  }
  const left = [...(await newDatabases(sandbox)).map(({ name }) => name), ...(await newSchemas(sandbox))];
  tell.claim('what was restored for it is gone again', left.length === 0, left.join('\n'));
  const since = stage.whispers(dana);
  await stage.type(dana, '/backups', 'orders --environment uat');
  const answer = await stage.whispered(dana, since, /Backups of/);
  const text = sandbox.slack.renderText(answer, { width: textWidth });
  tell.shown('only Dana sees', text);
  tell.claim(
    'it stands among the backups, of UAT and proven',
    text.includes(orders!.id) && /proven/.test(text) && !/gone from/.test(text),
    text,
  );
  const known = await Promise.all([orders!, goods!].map((backup) => store.backups.get(backup.id)));
  tell.claim(
    'so does that of the catalogue',
    known.every((backup) => backup?.state === 'present' && proofs.includes(backup.verifiedBy!)),
    JSON.stringify(known),
  );
}

/** Of orders and of the catalogue. */
async function takenBy({ store }: Stage, request: RequestId): Promise<Backup[]> {
  const taken = await store.events.ofRequest(request, ['item-taken']);
  const ids = taken.flatMap((event) => (event.type === 'item-taken' ? event.backup : []));
  const backups = await store.backups.several(ids);
  return backups.toSorted((a, b) => b.database.localeCompare(a.database));
}
