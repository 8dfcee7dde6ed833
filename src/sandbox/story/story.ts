import type { Backup } from '../../domain/backup.ts';
import { dana, quinn, sam } from '../cast.ts';
import { contentDifferences } from '../hosts/content-hash.ts';
import { hashOf, independently, rightsOf, someRows } from './database.ts';
import type { Stage } from './stage.ts';
import { agreement } from './agreement.ts';
import { buttonOf } from './buttons.ts';
import { requestOf, scriptsOf } from './moves.ts';
import { failureAndMend } from './mend.ts';
import { alignedSet, heldUat, nightlyCi } from './rules.ts';
import { takenBefore } from './taken.ts';
import { textWidth } from './teller.ts';
import { bothVendors } from './vendors.ts';

/** A word that a shell and SQL would both stumble over, in the reason of a request. */
const awkward = `release 12; "second" try <!channel> & 'O’Brien' $(id)`;

/**
 * Plays the story of a refresh on a running sandbox and bot: every claim is looked at in Slack, in Jira, on the hosts and
 * in the databases themselves.
 */
export async function playStory(stage: Stage): Promise<void> {
  const uat = { database: 'orders_uat', before: await hashOf(stage.sandbox, 'orders_uat') };
  await listBackups(stage);
  const refreshed = await refreshUat(stage, uat.before.hash);
  await undoUat(stage, refreshed, uat.before.hash);
  await approveInSlack(stage);
  await refusals(stage);
  await failureAndMend(stage);
  await alignedSet(stage);
  await nightlyCi(stage);
  await takenBefore(stage);
  await bothVendors(stage);
  await heldUat(stage);
  await agree(stage);
}

async function listBackups(stage: Stage): Promise<void> {
  const { tell, sandbox, store } = stage;
  tell.scene('Dana looks which backups of orders there are');
  const since = stage.whispers(dana);
  await stage.type(dana, '/backups', 'orders --anonymised');
  const answer = await stage.whispered(dana, since);
  tell.shown('only Dana sees', sandbox.slack.renderText(answer, { width: textWidth }));
  const { backups } = await store.backups.list(
    { database: 'orders', anonymised: true },
    { limit: 20, offset: 0 },
  );
  const text = sandbox.slack.renderText(answer);
  tell.claim(
    'every anonymised backup is listed',
    backups.every((backup) => text.includes(backup.id)),
    text,
  );
  const corrupt = backups.filter((backup) => backup.state === 'corrupt');
  tell.claim(
    'the two damaged ones were found by reading them, and say so',
    corrupt.length === 2 && /corrupt/i.test(text),
  );
}

async function refreshUat(stage: Stage, before: string): Promise<`REQ-${number}`> {
  const { tell, sandbox, store } = stage;
  tell.scene('Dana asks for a refresh of UAT; it needs a yes of the QA manager');
  tell.shown('orders_uat now', await someRows(sandbox, 'orders_uat'));
  const rights = await rightsOf(sandbox, 'orders_uat');
  await stage.type(dana, '/refresh', `uat orders --reason "${awkward.replaceAll('"', '\\"')}"`);
  await sandbox.slack.waitFor(() => sandbox.slack.messages('db-refreshes').length > 0, 15_000);
  const request = await stage.newest();
  const waiting = await stage.card(request.id, /approv/i);
  stage.showCard('#db-refreshes', waiting);
  const key = await stage.issue(request.id, 'Waiting for approval');
  tell.shown(`Jira ${key}`, sandbox.jira.renderText(key));
  tell.claim('nothing has touched the host yet', request.state === 'pending');

  tell.scene('A stranger and Dana herself try to approve in Jira; both are moved back');
  for (const player of [sam, dana]) {
    tell.deed(player.name, `moves ${key} to Approved`);
    const comments = sandbox.jira.issue(key).comments.length;
    sandbox.jira.moveIssue(player.jira, key, 'Approved');
    await sandbox.jira.waitFor(
      (jira) =>
        jira.issue(key).comments.length > comments && jira.issue(key).status === 'Waiting for approval',
      30_000,
    );
    const said = sandbox.jira.issue(key).comments.at(-1);
    tell.line(`  Freshet moves it back: “${said?.text.trim() ?? ''}”`);
    const now = await store.requests.get(request.id);
    tell.claim(`${player.name} could not approve`, now?.state === 'pending');
  }

  tell.scene('Quinn, the QA manager, moves the issue to Approved');
  tell.deed(quinn.name, `moves ${key} to Approved`);
  sandbox.jira.moveIssue(quinn.jira, key, 'Approved');
  await stage.until(request.id, ['succeeded', 'failed', 'fenced', 'cancelled'], 90);
  const done = await stage.card(request.id, /done|refreshed|succeeded/i);
  await stage.issue(request.id, 'Done');
  tell.shown('the card as it changed', stage.changes(done).join('\n'));
  stage.showCard('the same card at the end', done);
  tell.line(
    `Jira ${key}: ${sandbox.jira
      .issue(key)
      .history.filter((change) => change.field === 'status')
      .map((change) => `${change.to} (${change.author})`)
      .join(' → ')}`,
  );
  await stage.showSteps(request.id);
  tell.shown('orders_uat now', await someRows(sandbox, 'orders_uat'));
  const backup = (await store.backups.get(request.items[0]!.backup!.id)) as Backup;
  const expected = await independently(sandbox, backup, scriptsOf('uat'));
  const now = await hashOf(sandbox, 'orders_uat');
  tell.claim(
    'its content equals an independent restore of the backup, to the last row, index and sequence',
    now.hash === expected.hash && now.hash !== before,
    contentDifferences(now, expected).join('\n'),
  );
  const after = await rightsOf(sandbox, 'orders_uat');
  tell.claim(
    'owner, grants, settings and connection limit were carried over',
    after === rights,
    `${rights}\n${after}`,
  );
  const [swapped] = await store.events.ofRequest(request.id, ['item-swapped']);
  if (swapped?.type === 'item-swapped') {
    tell.line(
      `nobody could connect for ${Math.round(swapped.outageSeconds * 1000)} ms; kept: ${swapped.kept}`,
    );
  }
  const direct = sandbox.slack.directMessages(dana.slack).at(-1);
  tell.claim('Dana was told at the end', direct?.text.includes(request.id) === true, direct?.text);
  return request.id;
}

async function undoUat(stage: Stage, refreshed: `REQ-${number}`, before: string): Promise<void> {
  const { tell, sandbox } = stage;
  tell.scene('Quinn misses her test cases and takes the refresh back');
  await stage.type(quinn, '/refresh', `undo ${refreshed} --reason "regression of release 11 is still on"`);
  await sandbox.slack.waitFor(
    () => sandbox.slack.messages('db-refreshes').some((one) => /undo/i.test(one.text)),
    15_000,
  );
  const undo = await stage.newest();
  await stage.until(undo.id, ['succeeded', 'failed', 'fenced'], 60);
  const card = await stage.card(undo.id, /done|undone|succeeded/i);
  stage.showCard('#db-refreshes', card);
  await stage.showSteps(undo.id);
  tell.shown('orders_uat now', await someRows(sandbox, 'orders_uat'));
  const now = await hashOf(sandbox, 'orders_uat');
  tell.claim('UAT is exactly as it was before the refresh', now.hash === before);
}

async function approveInSlack(stage: Stage): Promise<void> {
  const { tell, sandbox } = stage;
  tell.scene('Later Dana asks again, and Quinn says yes with the button in Slack');
  await stage.type(dana, '/refresh', 'uat orders --reason "release 12, agreed with Quinn"');
  const request = await requestOf(stage, 'release 12, agreed with Quinn');
  const waiting = await stage.card(request, /approv/i);
  const since = stage.whispers(dana);
  await stage.press(dana, waiting, buttonOf(waiting, /approve/i));
  // What she reads of the request itself may come only now.
  const refused = await stage.whispered(dana, since, /nobody approves an own request/);
  tell.line(`  only ${dana.name} sees: “${refused.text}”`);
  tell.claim(
    'her own request is not hers to approve',
    /nobody approves an own request/.test(refused.text) &&
      (await stage.store.requests.get(request))?.state === 'pending',
    refused.text,
  );
  await stage.press(quinn, await stage.card(request, /approv/i), buttonOf(waiting, /approve/i));
  await stage.until(request, ['succeeded', 'failed', 'fenced'], 90);
  const done = await stage.card(request, /done|refreshed|succeeded/i);
  stage.showCard('the card at the end', done);
  const key = await stage.issue(request, 'Done');
  const text = sandbox.jira.renderText(key);
  tell.claim('Jira says who approved, and where', /Quinn/.test(text) && /Slack/.test(text), text);
}

async function refusals(stage: Stage): Promise<void> {
  const { tell, sandbox, store } = stage;
  tell.scene('What does not fit is refused before anything happens');
  const before = await hashOf(sandbox, 'orders_uat');
  const count = (await store.requests.list({}, { limit: 1, offset: 0 })).total;
  const raw = (
    await store.backups.list({ database: 'orders', anonymised: false, usable: true }, { limit: 1, offset: 0 })
  ).backups[0];
  const corrupt = (
    await store.backups.list({ database: 'orders', state: 'corrupt' }, { limit: 1, offset: 0 })
  ).backups[0];
  for (const [words, expected] of [
    [`uat orders --backup ${raw?.id}`, /is raw; "uat" accepts declared or proven/],
    [`uat orders --backup ${corrupt?.id}`, /is corrupt/],
    ['uta orders', /did you mean "uat"\?/],
    ['production orders', /is production; it is never a target/],
  ] as const) {
    const since = stage.whispers(dana);
    await stage.type(dana, '/refresh', words);
    const answer = await stage.whispered(dana, since);
    tell.line(`  only ${dana.name} sees: “${answer.text}”`);
    tell.claim(
      `“/refresh ${words}” is refused, and says why`,
      expected.test(sandbox.slack.renderText(answer) + answer.text),
    );
  }
  const after = await hashOf(sandbox, 'orders_uat');
  tell.claim('UAT was not touched', after.hash === before.hash);
  tell.claim(
    'no request was made of it',
    (await store.requests.list({}, { limit: 1, offset: 0 })).total === count,
  );
}

async function agree(stage: Stage): Promise<void> {
  const { tell } = stage;
  tell.scene('At the end Slack, Jira and the events say the same');
  for (const { what, differs } of await agreement(stage)) tell.claim(what, differs === undefined, differs);
}
