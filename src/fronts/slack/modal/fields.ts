import type { types } from '@slack/bolt';
import { durationText } from '../../../domain/amounts.ts';
import { backupMoment, type Backup } from '../../../domain/backup.ts';
import type { FreshetError } from '../../../domain/errors.ts';
import type { DatabaseSite, EnvironmentSite, Site } from '../../../domain/site.ts';
import { longestReason } from '../../../service/reason.ts';
import { plain } from '../messages/blocks.ts';
import { cutText, isolated, utc } from '../messages/markup.ts';
import { bytesText } from '../messages/wording.ts';
import { actionIds, blockIds } from './names.ts';

/** Slack's limits, in characters and pieces. */
export const most = { options: 100, option: 75, label: 120, databases: 50 };

export type Option = types.PlainTextOption;

export function environmentOption({ name, title }: Pick<EnvironmentSite, 'name' | 'title'>): Option {
  return titled(name, title);
}

type Titled = Pick<DatabaseSite, 'name' | 'title'>;

export function databaseOption({ name, title }: Titled): Option {
  return titled(name, title);
}

/** Databases as the site file calls them. */
export function titledDatabases(names: readonly string[], site: Pick<Site, 'databases'>): Titled[] {
  return names.map((name) => site.databases[name] ?? { name, title: name });
}

function titled(name: string, title: string): Option {
  const shown = isolated(cutText(title, 40));
  const same = title.toLowerCase() === name.toLowerCase();
  return { text: plain(same ? name : `${name} · ${shown}`, most.option), value: name };
}

/** `BKP-12 · 22 Nov 2026, 04:00 UTC · 9 h old · 240 MB · anonymised · full`; its repository and file below. */
export function backupOption(backup: Backup, now: Date, why?: FreshetError): Option {
  const at = backupMoment(backup);
  const moment = backup.dataAt === undefined ? `written ${utc(at)}` : utc(at);
  const kind = backup.anonymisation === 'raw' ? 'raw' : 'anonymised';
  const age = backup.dataAt === undefined ? 'age unknown' : `${ageText(now, backup.dataAt)} old`;
  const mark = why === undefined ? backup.id : `✗ ${backup.id}`;
  const nature = [bytesText(backup.bytes), kind, backup.scope];
  const lines = [
    [mark, moment, age, ...nature],
    [mark, moment, ...nature],
    [mark, moment.replace(', ', ' ').replace(' UTC', ''), ...nature],
  ].map((facts) => facts.join(' · '));
  const below =
    why === undefined
      ? `${backup.unprovenAt === undefined ? '' : 'failed its proof · '}${cutText(backup.repository, 40)} · ${isolated(cutText(fileName(backup.path), 30))}`
      : cutText(why.message, most.option);
  return {
    text: plain(lines.find((line) => line.length <= most.option) ?? lines.at(-1)!, most.option),
    value: backup.id,
    description: plain(below, most.option),
  };
}

/** Its end says more than its beginning: jobs put the moment there. */
function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Roughly: whole hours and days, which is how people choose. */
function ageText(now: Date, at: Date): string {
  const seconds = Math.max(60, (now.getTime() - at.getTime()) / 1000);
  return durationText(seconds < 3600 ? seconds : Math.round(seconds / 3600) * 3600);
}

/** Says why there is nothing to choose. It can be chosen, for Slack knows no other kind, and is refused as no backup. */
export function explanation(text: string): Option {
  return { text: plain(text, most.option), value: 'none' };
}

/**
 * A menu of one: with its options where Slack holds them all, else searched by what is typed. A form that follows what is chosen is told of
 * each choice.
 */
export function environmentInput(
  environments: readonly EnvironmentSite[],
  chosen: EnvironmentSite | undefined,
  { actionId, follows } = { actionId: actionIds.environment, follows: true },
): types.InputBlock {
  const initial = chosen && { initial_option: environmentOption(chosen) };
  const element = {
    action_id: actionId,
    placeholder: plain('Choose an environment', 150),
    ...initial,
  };
  return {
    type: 'input',
    block_id: blockIds.environment,
    label: plain('Environment', most.label),
    ...(follows && { dispatch_action: true }),
    element:
      environments.length <= most.options
        ? { type: 'static_select', options: environments.map(environmentOption), ...element }
        : { type: 'external_select', min_query_length: 0, ...element },
  };
}

export function databasesInput(
  environment: EnvironmentSite,
  databases: readonly Titled[],
  chosen: readonly string[],
): types.InputBlock {
  const initial = databases
    .filter(({ name }) => chosen.includes(name))
    .slice(0, most.databases)
    .map(databaseOption);
  const element = {
    action_id: actionIds.databases,
    placeholder: plain('Choose one or more databases', 150),
    max_selected_items: most.databases,
    ...(initial.length > 0 && { initial_options: initial }),
  };
  return {
    type: 'input',
    block_id: blockIds.databases(environment.name),
    label: plain(`Databases of ${environment.name}`, most.label),
    dispatch_action: true,
    element:
      databases.length <= most.options
        ? { type: 'multi_static_select', options: databases.map(databaseOption), ...element }
        : { type: 'multi_external_select', min_query_length: 0, ...element },
  };
}

/** Searched by what is typed, over the catalogue; empty means what is proposed: the newest that fits, also the others. */
export function backupInput(
  environment: EnvironmentSite,
  database: string,
  initial: Option | undefined,
  isPicked: boolean,
): types.InputBlock {
  return {
    type: 'input',
    block_id: blockIds.backup(environment.name, database, isPicked ? undefined : initial?.value),
    label: plain(`Backup of ${database}`, most.label),
    optional: true,
    dispatch_action: true,
    element: {
      type: 'external_select',
      action_id: actionIds.backup(database),
      min_query_length: 0,
      placeholder: plain('The newest that fits; type a number, date, file or kind to search', 150),
      ...(initial && { initial_option: initial }),
    },
  };
}

/** Read in the zone of whoever fills it in: Slack sends the moment. */
export function whenInput(environment: EnvironmentSite | undefined): types.InputBlock {
  const soonest = environment?.protected === false ? 'at once' : 'as soon as it is approved';
  return {
    type: 'input',
    block_id: blockIds.when,
    label: plain('When', most.label),
    hint: plain(`Empty: ${soonest}. Else not before this moment, once it is approved.`, 200),
    optional: true,
    dispatch_action: true,
    element: { type: 'datetimepicker', action_id: actionIds.when },
  };
}

export function ticketInput(): types.InputBlock {
  return {
    type: 'input',
    block_id: blockIds.ticket,
    label: plain('For ticket', most.label),
    hint: plain('The deployment or test in Jira that needs it; both are linked.', 200),
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: actionIds.ticket,
      max_length: 60,
      placeholder: plain('SHOP-123', 150),
    },
  };
}

export function reasonInput(why = 'Why, for those who approve'): types.InputBlock {
  return {
    type: 'input',
    block_id: blockIds.reason,
    label: plain('Reason', most.label),
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: actionIds.reason,
      multiline: true,
      max_length: longestReason,
      placeholder: plain(why, 150),
    },
  };
}
