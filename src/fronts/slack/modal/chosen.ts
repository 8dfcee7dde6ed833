import { actionIds, backupOf, blockIds, databasesOf } from './names.ts';

/** What somebody has filled in so far, as it is: not checked. */
export type Chosen = {
  environment?: string;
  databases: readonly string[];
  /** Whether the form shows the databases of this environment: else `databases` are carried over from what it shows. */
  settled: boolean;
  /** By database: the value of the option that the field shows. */
  backups: Readonly<Record<string, string>>;
  /** The databases of `backups` whose option somebody picked; the others show what was proposed. */
  picked: readonly string[];
  reason: string;
  /** Key of the ticket that it is for, as it was typed; empty: none. */
  ticket: string;
  /** Seconds since 1970. */
  when?: number;
};

type Held = {
  value?: string | null;
  selected_option?: { value?: string } | null;
  selected_options?: readonly { value?: string }[] | null;
  selected_date_time?: number | null;
};
/** Slack's `state.values`. */
export type Values = Readonly<Record<string, Readonly<Record<string, Held>>>>;

export const nothingChosen: Chosen = {
  databases: [],
  settled: false,
  backups: {},
  picked: [],
  reason: '',
  ticket: '',
};

/** The end of the year 9998: too far ahead for any request, and still a moment in every zone. */
const endOfTime = 253_370_764_799;

/** What no calendar has becomes one that is refused: it may not be left out, or the request would start at once. */
export function momentOf(given: number | null | undefined): number | undefined {
  if (given === undefined || given === null) return undefined;
  return Math.abs(given) <= endOfTime ? given : endOfTime;
}

/** Reads what is filled in. Databases and backups are those of the environment that is chosen now. */
export function chosenIn(values: Values): Chosen {
  const held = (block: string, action: string): Held | undefined => values[block]?.[action];
  const environment = held(blockIds.environment, actionIds.environment)?.selected_option?.value;
  const when = momentOf(held(blockIds.when, actionIds.when)?.selected_date_time);
  const reason = held(blockIds.reason, actionIds.reason)?.value ?? '';
  const ticket = held(blockIds.ticket, actionIds.ticket)?.value?.trim() ?? '';
  const common = { reason, ticket, ...(when === undefined ? {} : { when }) };
  if (environment === undefined) return { ...nothingChosen, ...common };
  const shown = Object.keys(values).find((block) => databasesOf(block) !== undefined);
  const databases = (shown === undefined ? undefined : held(shown, actionIds.databases))?.selected_options;
  const names = (databases ?? []).flatMap(({ value }) => (value === undefined ? [] : [value]));
  const fields = Object.keys(values).flatMap((block) => {
    const place = backupOf(block);
    if (place?.environment !== environment || !names.includes(place.database)) return [];
    const option = held(block, actionIds.backup(place.database))?.selected_option;
    return option?.value === undefined ? [] : [{ ...place, value: option.value }];
  });
  return {
    environment,
    databases: names,
    settled: shown === blockIds.databases(environment),
    backups: Object.fromEntries(fields.map(({ database, value }) => [database, value])),
    picked: fields.flatMap(({ database, proposed, value }) => (value === proposed ? [] : [database])),
    ...common,
  };
}
