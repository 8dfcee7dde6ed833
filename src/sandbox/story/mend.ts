import type { Backup } from '../../domain/backup.ts';
import { dana, otto } from '../cast.ts';
import { contentDifferences } from '../hosts/content-hash.ts';
import { buttonOf } from './buttons.ts';
import { newSchemas, restoredSchema, schemaOf } from './catalog.ts';
import { hashOf, independently, newDatabases } from './database.ts';
import { requestOf, scriptsOf } from './moves.ts';
import type { Stage } from './stage.ts';

/** A set on two vendors' servers of which one part fails: neither is touched, and a retry brings both. */
export async function failureAndMend(stage: Stage): Promise<void> {
  const { tell, sandbox, store } = stage;
  tell.scene(
    'CI gets orders (PostgreSQL) and catalog (MariaDB) together; a script fails, and both stay as they were',
  );
  const host = sandbox.hosts.hosts['test-db'];
  tell.line('(somebody has dropped the role that the script of CI grants to)');
  await host.sql('postgres', 'drop role if exists ci_dashboard');
  const before = await hashOf(sandbox, 'orders_ci');
  const catalog = await schemaOf(sandbox, 'catalog_ci');
  await stage.type(dana, '/refresh', 'ci orders catalog --reason "nightly build"');
  const request = await requestOf(stage, 'nightly build');
  await stage.until(request, ['failed', 'succeeded', 'fenced'], 90);
  const alert = await stage.alert(request, /fail/i);
  stage.showCard('#db-operators', alert);
  await stage.showSteps(request);
  tell.claim('orders of CI is exactly as it was', (await hashOf(sandbox, 'orders_ci')).hash === before.hash);
  tell.claim(
    'so is the catalogue, although nothing failed there: all or nothing',
    (await schemaOf(sandbox, 'catalog_ci')).hash === catalog.hash,
  );
  const kept = await newDatabases(sandbox);
  tell.claim(
    'what was loaded waits for the retry, closed to everybody',
    kept.length === 1 && !kept[0]!.open && kept[0]!.name.startsWith('orders_ci__new_'),
    JSON.stringify(kept),
  );

  tell.scene('Otto, the operator, puts the role back and presses Retry');
  await host.sql('postgres', 'create role ci_dashboard');
  tell.line('(create role ci_dashboard)');
  await stage.press(otto, alert, buttonOf(alert, /retry/i));
  await stage.until(request, ['succeeded', 'fenced'], 90);
  stage.showCard('#db-refreshes', await stage.card(request, /done|refreshed|succeeded/i));
  await stage.issue(request, 'Done');
  const ended = await store.requests.get(request);
  const [orders, goods] = await Promise.all(
    ended!.items.map(async ({ backup }) => (await store.backups.get(backup!.id)) as Backup),
  );
  const expected = await independently(sandbox, orders!, scriptsOf('ci'));
  const now = await hashOf(sandbox, 'orders_ci');
  tell.claim(
    'orders of CI holds its backup now',
    now.hash === expected.hash,
    contentDifferences(now, expected).join('\n'),
  );
  const wanted = await restoredSchema(sandbox, goods!);
  const fresh = await schemaOf(sandbox, 'catalog_ci');
  tell.claim(
    'so does its catalogue: what MariaDB’s own client makes of the dump, to the last row, trigger and event',
    fresh.hash === wanted.hash && fresh.hash !== catalog.hash,
    contentDifferences(fresh, wanted).join('\n'),
  );
  const loads = (await store.events.ofRequest(request, ['step-done'])).filter(
    (event) => event.type === 'step-done' && event.step === 'orders.load',
  );
  tell.claim('the retry went on where it had failed: nothing was loaded a second time', loads.length === 1);
  const left = [...(await newDatabases(sandbox)).map(({ name }) => name), ...(await newSchemas(sandbox))];
  tell.claim('nothing half-made lies on either server', left.length === 0, left.join('\n'));
}
