import type { Backup } from '../../domain/backup.ts';
import { dana, otto, quinn } from '../cast.ts';
import { contentDifferences } from '../hosts/content-hash.ts';
import { hashOf, independently } from './database.ts';
import { buttonOf } from './buttons.ts';
import { requestOf, scriptsOf } from './moves.ts';
import type { Stage } from './stage.ts';
import { textWidth } from './teller.ts';

// What keeps people from getting in one another's way: backups that fit one another, schedules, and holds.

/** Orders and billing belong together: last night's of both is proposed, last week's billing is refused. */
export async function alignedSet(stage: Stage): Promise<void> {
  const { tell, sandbox, store } = stage;
  tell.scene('Dana wants orders and billing for CI, and which backups fit one another');
  const [nightly, weekly] = (
    await store.backups.list({ database: 'billing', anonymised: true, usable: true }, { limit: 5, offset: 0 })
  ).backups;
  const asked = stage.whispers(dana);
  await stage.type(dana, '/backups', 'align orders billing --env ci');
  const proposal = await stage.whispered(dana, asked, /Set of/);
  tell.shown('only Dana sees', sandbox.slack.renderText(proposal, { width: textWidth }));
  const text = sandbox.slack.renderText(proposal);
  tell.claim(
    'both of last night are proposed, minutes apart',
    text.includes(nightly!.id) && /min apart/.test(text),
    text,
  );
  const since = stage.whispers(dana);
  const { total } = await store.requests.list({}, { limit: 1, offset: 0 });
  await stage.type(dana, '/refresh', `ci orders billing --backup ${weekly!.id}`);
  const answer = await stage.whispered(dana, since);
  tell.shown('only Dana sees', sandbox.slack.renderText(answer, { width: textWidth }));
  const refused = sandbox.slack.renderText(answer);
  tell.claim(
    'last week’s billing is refused beside them, with what would fit',
    /sets-not-aligned/.test(refused) && refused.includes(nightly!.id),
    refused,
  );
  tell.claim(
    'no request was made of it',
    (await store.requests.list({}, { limit: 1, offset: 0 })).total === total,
  );
}

/** The nightly refresh of CI, as the site file has it, run once by hand. */
export async function nightlyCi(stage: Stage): Promise<void> {
  const { tell, sandbox, store } = stage;
  tell.scene('CI is refreshed every night by a schedule; Dana runs it once more now');
  const since = stage.whispers(dana);
  await stage.type(dana, '/refresh', 'schedule nightly-ci');
  const list = await stage.whispered(dana, since, /nightly-ci/);
  tell.shown('only Dana sees', sandbox.slack.renderText(list, { width: textWidth }));
  await stage.type(dana, '/refresh', 'schedule run nightly-ci');
  const id = await requestOf(stage, nightlyReason);
  const request = await stage.until(id, ['succeeded', 'failed', 'fenced'], 90);
  stage.showCard('#db-refreshes', await stage.card(id, /done/i));
  await stage.showSteps(id);
  await stage.issue(id, 'Done');
  const backups = await Promise.all(
    request.items.map(async ({ backup }) => (await store.backups.get(backup!.id)) as Backup),
  );
  const moments = backups.map(({ dataAt }) => dataAt!.getTime());
  tell.claim(
    'both databases come from one night',
    backups.length === 2 && Math.max(...moments) - Math.min(...moments) < 3600_000,
    JSON.stringify(backups.map(({ id: one, dataAt }) => [one, dataAt])),
  );
  for (const backup of backups) {
    const expected = await independently(
      sandbox,
      backup,
      backup.database === 'orders' ? scriptsOf('ci') : [],
    );
    const now = await hashOf(sandbox, `${backup.database}_ci`);
    tell.claim(
      `${backup.database} of CI holds its backup`,
      now.hash === expected.hash,
      contentDifferences(now, expected).join('\n'),
    );
  }
}

/** Why the schedule of the sandbox's site file asks. */
export const nightlyReason = 'a fresh start into the day';

/** While the QA manager holds UAT nothing is overwritten without her yes, whoever approved it. */
export async function heldUat(stage: Stage): Promise<void> {
  const { tell, sandbox } = stage;
  tell.scene('Quinn tests all day: Otto approves in her place, and UAT is held until she is through');
  const quinnSince = stage.whispers(quinn);
  await stage.type(quinn, '/refresh', 'delegate otto until tomorrow 23:00');
  await stage.whispered(quinn, quinnSince, /may approve for you/);
  await stage.type(quinn, '/refresh', 'hold uat until tomorrow 23:00 "regression of release 12"');
  const notice = await sandbox.slack.waitFor(
    () => sandbox.slack.messages('db-refreshes').find((one) => /is held by/.test(one.text)),
    15_000,
    'the channel to be told of the hold',
  );
  tell.shown('#db-refreshes', sandbox.slack.renderText(notice, { width: textWidth }));
  const since = stage.whispers(dana);
  await stage.type(dana, '/refresh', 'uat orders --reason "hotfix 12.1"');
  const told = await stage.whispered(dana, since, /held by Quinn/);
  tell.shown('only Dana sees', sandbox.slack.renderText(told, { width: textWidth }));
  tell.claim(
    'Dana is told who holds it, until when and why',
    /held by Quinn [^]*until [^]*regression of release 12/.test(sandbox.slack.renderText(told)),
    sandbox.slack.renderText(told),
  );
  const request = await requestOf(stage, 'hotfix 12.1');
  const before = await hashOf(sandbox, 'orders_uat');
  const waiting = await stage.card(request, /approv/i);
  await stage.press(otto, waiting, buttonOf(waiting, /approve/i));
  const question = await sandbox.slack.waitFor(
    () => sandbox.slack.directMessages(quinn.slack).find((one) => one.text.includes(`May ${request} `)),
    15_000,
    'Quinn to be asked',
  );
  stage.showCard('only Quinn sees', question);
  stage.showCard('#db-refreshes', await stage.card(request, /Asked for a yes/));
  tell.claim(
    'it is approved, and UAT is not touched while she has not answered',
    (await stage.store.requests.get(request))?.state === 'approved' &&
      before.hash === (await hashOf(sandbox, 'orders_uat')).hash,
  );
  await stage.press(quinn, question, buttonOf(question, /yes, go on/i));
  const ended = await stage.until(request, ['succeeded', 'failed', 'fenced'], 90);
  const done = await stage.card(request, /done/i);
  stage.showCard('#db-refreshes', done);
  tell.claim('with her yes it goes on', ended.state === 'succeeded', ended.state);
  const thread = await sandbox.slack.waitFor(
    () => {
      const lines = sandbox.slack.thread(done).map(({ text }) => text);
      return lines.some((line) => /Done after/.test(line)) ? lines.join('\n') : undefined;
    },
    15_000,
    'the thread to be told to its end',
  );
  tell.claim(
    'its thread says who approved it in whose place, and who let it go on',
    /Approved by Otto Lindgren .*for Quinn Abara/.test(thread) &&
      /Quinn Abara .*who holds uat, lets it go on/.test(thread),
    thread,
  );
  const key = await stage.issue(request, 'Done');
  const comments = sandbox.jira.issue(key).comments.map(({ text }) => text);
  const kept = comments.filter((text) => /The holder is asked|who holds uat/.test(text));
  tell.shown(`Jira ${key}`, kept.join('\n'));
  tell.claim('so does Jira', kept.length === 2, comments.join('\n'));
  const released = stage.whispers(quinn);
  await stage.type(quinn, '/refresh', 'release uat');
  await stage.whispered(quinn, released, /Released/);
  await stage.type(quinn, '/refresh', 'delegate off');
  await stage.whispered(quinn, released, /Nobody approves for you/);
}
