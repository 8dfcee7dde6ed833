import type { Backup } from '../../domain/backup.ts';
import { dana, quinn } from '../cast.ts';
import { contentDifferences } from '../hosts/content-hash.ts';
import { buttonOf } from './buttons.ts';
import { mailsIn, migrationsOf, ofTesters, restoredSchema, schemaOf, someEntries } from './catalog.ts';
import { hashOf, independently } from './database.ts';
import { requestOf, scriptsOf } from './moves.ts';
import type { Stage } from './stage.ts';

const reason = 'release 13: vouchers and badges';
const live = 'catalog_uat';
/** What production does not know yet, as the site's own tool has written it down. */
const ahead = 'flyway 20261116083000 products have badges';

/**
 * Orders on PostgreSQL and the catalogue on MariaDB, in one request: what UAT alone has is seen before it is overwritten, the copy is
 * kept from writing to people, and what belongs to the testers stays.
 */
export async function bothVendors(stage: Stage): Promise<void> {
  const { tell, sandbox, store } = stage;
  tell.scene('A release needs orders (PostgreSQL) and catalog (MariaDB) of UAT from one night');
  tell.shown(`${live} now`, await someEntries(sandbox, live));
  const testers = await ofTesters(sandbox, live);
  const migrations = await migrationsOf(sandbox, live);
  await stage.type(dana, '/refresh', `uat orders catalog --reason "${reason}"`);
  const id = await requestOf(stage, reason);
  const waiting = await stage.card(id, new RegExp(ahead));
  stage.showCard('#db-refreshes', waiting);
  const said = flat(sandbox.slack.renderText(waiting));
  const lost = `Only in ${live}, and lost: 1 migration (${ahead}); 1 column (product.badge)`;
  tell.claim(
    'the approver sees which migration is in UAT alone, and what goes with it',
    said.includes(lost),
    said,
  );
  const stays = `Kept as it is in ${live}: account where is_test; feature_flag`;
  tell.claim(
    'and what stays, and what keeps the copy from writing to people',
    said.includes(stays) && said.includes('Neutralised before the swap: catalog: mail-queue'),
    said,
  );
  const key = await stage.issue(id, 'Waiting for approval');
  const issue = await sandbox.jira.waitFor((jira) => {
    const text = flat(jira.renderText(key));
    return text.includes(lost) ? text : undefined;
  }, 30_000);
  tell.shown(`Jira ${key}`, sandbox.jira.renderText(key));
  tell.claim(
    'so she does in Jira',
    issue.includes(lost) && issue.includes(stays) && issue.includes('mail-queue'),
    issue,
  );

  tell.scene('Quinn knows of the migration, and says yes');
  await stage.press(quinn, waiting, buttonOf(waiting, /approve/i));
  const { items } = await stage.until(id, ['succeeded', 'failed', 'fenced'], 90);
  const done = await stage.card(id, /done/i);
  stage.showCard('the card at the end', done);
  await stage.showSteps(id);
  tell.shown(`${live} now`, await someEntries(sandbox, live));
  await stage.issue(id, 'Done');
  const types = (await store.events.ofRequest(id)).map(({ type }) => type);
  tell.claim(
    'neither was swapped before both were verified',
    items.every(({ state }) => state === 'swapped') &&
      types.lastIndexOf('item-ready') < types.indexOf('item-swapped'),
    types.join(),
  );
  const [orders, goods] = await Promise.all(
    items.map(async ({ backup }) => (await store.backups.get(backup!.id)) as Backup),
  );
  const wanted = await independently(sandbox, orders!, scriptsOf('uat'));
  tell.claim('orders holds its backup', (await hashOf(sandbox, 'orders_uat')).hash === wanted.hash);
  const differs = contentDifferences(await schemaOf(sandbox, live), await restoredSchema(sandbox, goods!));
  tell.claim(
    'the catalogue, too, but for the queue and what was kept',
    differs.every((part) =>
      ['table account', 'table feature_flag', 'table mail_queue', 'auto-increments'].includes(part),
    ),
    differs.join('\n'),
  );
  const shown = flat(sandbox.slack.renderText(done));
  const proof = /Neutralised, and proven to be so: catalog: mail-queue \((\d+) rows\)/.exec(shown);
  tell.claim(
    'its mail queue was emptied, and the card has the proof',
    Number(proof?.[1]) > 0 && (await mailsIn(sandbox, live)) === 0,
    shown,
  );
  const kept = await ofTesters(sandbox, live);
  tell.claim(
    'the testers go on with their accounts and flags',
    testers.length > 0 && kept.join('\n') === testers.join('\n'),
    `${testers.join('\n')}\nthen\n${kept.join('\n')}`,
  );
  const now = await migrationsOf(sandbox, live);
  tell.claim('the migration is gone, as was said', now.length === migrations.length - 1, now.join('\n'));
}

/** As it reads, without the ends of lines. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
