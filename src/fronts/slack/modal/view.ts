import type { types } from '@slack/bolt';
import type { FreshetError } from '../../../domain/errors.ts';
import type { EnvironmentSite, Site } from '../../../domain/site.ts';
import type { Prospect } from '../../../service/asking/prospect.ts';
import { context, plain, section, sections, type Block } from '../messages/blocks.ts';
import { code, cutText, mrkdwn } from '../messages/markup.ts';
import {
  backupInput,
  backupOption,
  databasesInput,
  environmentInput,
  most,
  reasonInput,
  ticketInput,
  titledDatabases,
  whenInput,
  type Option,
} from './fields.ts';
import { callbackId, encodeMeta, type Meta } from './names.ts';
import { warnings, type Glances } from './warnings.ts';

/** Everything that the form shows. */
export type Form = {
  meta: Meta;
  site: Pick<Site, 'databases' | 'people'>;
  /** Those that the person may ask for. */
  environments: readonly EnvironmentSite[];
  /** The chosen one. */
  environment?: EnvironmentSite;
  /** The chosen ones that live there. */
  databases: readonly string[];
  /** Those of them whose backup somebody picked. */
  picked: readonly string[];
  /** What it would mean; absent while nothing is chosen, or when the store did not answer. */
  prospect?: Prospect;
  glances: Glances;
  /** When it shall start at the soonest. */
  startAt?: Date;
  /** Something to be said first. */
  notice?: string;
  now: Date;
};

/** How many blocks the warnings may take: with 50 backups and the other fields it stays below Slack's 100. */
const mostWarnings = 30;

/** The form, whatever is in it: within Slack's limits by construction. */
export function formView(form: Form): types.ModalView {
  const { environment, databases, prospect, environments } = form;
  const chosen = databases.slice(0, most.databases);
  const blocks: (Block | undefined)[] = [
    form.notice === undefined ? undefined : section(mrkdwn`:warning: ${cutText(form.notice, 1000)}`),
    environmentInput(environments, environment),
    environment === undefined
      ? context(mrkdwn`Choose an environment to see its databases.`)
      : databasesInput(environment, titledDatabases(Object.keys(environment.databases), form.site), chosen),
    ...(environment === undefined
      ? []
      : chosen.map((database) =>
          backupInput(environment, database, initialOf(form, database), form.picked.includes(database)),
        )),
    ...(prospect === undefined ? [] : warnings(prospect, form).flatMap(sections).slice(0, mostWarnings)),
    reasonInput(),
    ticketInput(),
    whenInput(environment),
  ];
  return {
    ...frame(form.meta, refreshForm, blocks),
    submit: plain(environment?.protected === false ? 'Start refresh' : 'Ask for approval', 24),
  };
}

function initialOf({ prospect, now }: Form, database: string): Option | undefined {
  const item = prospect?.items.find((one) => one.placement.database === database);
  return item?.backup === undefined ? undefined : backupOption(item.backup, now, item.refusal);
}

/** Opened at once: Slack gives three seconds, and what belongs in it may take longer. */
export function loadingView(meta: Meta, kind: FormKind): types.ModalView {
  return frame(meta, kind, [section(mrkdwn`:hourglass_flowing_sand: Loading …`)]);
}

/** Says why there is no form, and what to do. */
export function refusalView(meta: Meta, error: FreshetError, kind = refreshForm): types.ModalView {
  return frame(meta, kind, [
    section(
      mrkdwn`:warning: ${cutText(error.message, 1500)}${error.hint === '' ? '' : mrkdwn`\n*Hint:* ${cutText(error.hint, 1000)}`}`,
    ),
    context(code(error.code)),
  ]);
}

/** What tells one form from another. `instead`: how to say the same in one line. */
export type FormKind = { callbackId: string; title: string; instead: string };

export const refreshForm: FormKind = {
  callbackId,
  title: 'New refresh',
  instead: '/refresh uat orders --reason "..."',
};

/** A view of a form, with what it carries. */
export function frame(meta: Meta, kind: FormKind, blocks: readonly (Block | undefined)[]): types.ModalView {
  return {
    type: 'modal',
    callback_id: kind.callbackId,
    private_metadata: encodeMeta(meta),
    title: plain(kind.title, 24),
    close: plain('Close', 24),
    blocks: blocks.filter((block) => block !== undefined),
  };
}
