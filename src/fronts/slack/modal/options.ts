import { isFreshetError } from '../../../domain/errors.ts';
import type { Actor } from '../../../domain/person.ts';
import { wordsOf } from '../../../service/backups/suggest.ts';
import type { Front } from '../deps.ts';
import { actorOf } from '../member.ts';
import {
  backupOption,
  databaseOption,
  environmentOption,
  explanation,
  most,
  titledDatabases,
  type Option,
} from './fields.ts';
import { actionIds, backupOf, databasesOf } from './names.ts';
import { within } from './within.ts';

/** What somebody typed into a menu of the form. */
export type Search = {
  user: string;
  teams: readonly string[];
  blockId: string;
  actionId: string;
  text: string;
};

/** What a search takes of the front. */
export type Searching = Pick<Front, 'service' | 'site' | 'workspace' | 'log'>;

/** Slack waits for 2.5 s, and what is answered needs its own way. */
const answerMs = 1800;

/** The options for it, at most 100: in time whatever the store does, and with an explanation where there are none. Never throws. */
export async function optionsFor(front: Searching, search: Search): Promise<Option[]> {
  try {
    const found = await within(find(front, search), answerMs);
    return found ?? [explanation('Freshet’s own database does not answer; type again in a moment')];
  } catch (error) {
    if (isFreshetError(error)) return [explanation(error.message)];
    front.log.error({ err: error, user: search.user }, 'a search failed by a fault of ours');
    return [explanation('The search failed by a fault of ours; the log says more')];
  }
}

async function find(front: Searching, search: Search): Promise<Option[]> {
  const actor = await actorOf(front, search);
  const { actionId, blockId } = search;
  const text = search.text.trim();
  if (actionId === actionIds.environment)
    return matching(front.service.targetsFor(actor), text, environmentOption);
  if (actionId === actionIds.heldEnvironment)
    return matching(front.service.holdableFor(actor), text, environmentOption);
  const environment = databasesOf(blockId);
  if (environment !== undefined) return databases(front, actor, environment, text);
  const place = backupOf(blockId);
  return place === undefined
    ? [explanation('This menu is not understood any more; open the form again')]
    : backups(front, actor, place, text);
}

function databases(front: Searching, actor: Actor, name: string, text: string): Option[] {
  const living = Object.keys(front.service.targetNamed(actor, name)?.databases ?? {});
  return matching(titledDatabases(living, front.site), text, databaseOption);
}

/** Those that have each word in their name or title. Only what is shown gets its option: there can be thousands. */
function matching<T extends { name: string; title: string }>(
  all: readonly T[],
  text: string,
  option: (one: T) => Option,
): Option[] {
  const words = wordsOf(text.toLowerCase());
  const found: T[] = [];
  for (const one of all) {
    if (found.length === most.options) break;
    const called = `${one.name} ${one.title}`.toLowerCase();
    if (words.every((word) => called.includes(word))) found.push(one);
  }
  return found.length === 0 ? [explanation('Nothing is called so')] : found.map(option);
}

async function backups(
  front: Searching,
  actor: Actor,
  place: { environment: string; database: string },
  text: string,
): Promise<Option[]> {
  const { fit, unfit } = await front.service.suggestBackups(actor, { ...place, text }, most.options);
  const now = front.service.now();
  if (fit.length + unfit.length === 0) {
    return [
      explanation(`No backup of ${place.database} ${text === '' ? 'was found yet' : 'is found by that'}`),
    ];
  }
  return [
    ...fit.map((backup) => backupOption(backup, now)),
    ...unfit.map(({ backup, why }) => backupOption(backup, now, why)),
  ];
}
