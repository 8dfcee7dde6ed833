import type { z } from 'zod';
import type { Action } from '../src/domain/access.ts';
import type { Backup, BackupFilter } from '../src/domain/backup.ts';
import type { Hold } from '../src/domain/calendar/hold.ts';
import type { RequestId } from '../src/domain/ids.ts';
import type { Delegation } from '../src/domain/policy/deputies.ts';
import type { Actor } from '../src/domain/person.ts';
import type { Request } from '../src/domain/request.ts';
import type { EnvironmentCalendar } from '../src/service/approvals/holds.ts';
import type { Accounts, Linking } from '../src/service/people/links.ts';
import type { SetProposal } from '../src/service/asking/align.ts';
import type { Preview } from '../src/service/asking/previews.ts';
import type { Service } from '../src/service/service.ts';
import type { ScheduleView } from '../src/service/schedules/views.ts';
import type { RequestView } from '../src/service/views/view.ts';
import type { RetentionView } from '../src/service/keeping/retention.ts';
import type { Received } from '../src/service/backups/received.ts';

/** What a command answers; every front knows how to show each kind. */
export type Output =
  /** A new request: its card tells the rest. */
  | { kind: 'requested'; view: RequestView }
  /** What would happen. Nothing did. */
  | { kind: 'preview'; preview: Preview; reason: string }
  | { kind: 'request'; view: RequestView }
  | {
      kind: 'requests';
      requests: readonly Request[];
      total: number;
      page: number;
      pageSize: number;
      /** The line that asks for the same with another page, less `--page`. */
      again: string;
    }
  /** A request was decided, cancelled, retried, settled or acknowledged. */
  | {
      kind: 'changed';
      did: 'approved' | 'rejected' | 'cancelled' | 'retried' | 'settled' | 'acknowledged';
      request: Request;
      /** After a yes that was not the last one: how far the approval is. */
      needs?: string;
    }
  | {
      kind: 'backups';
      backups: readonly Backup[];
      /** Raw ones that the asker may not have restored, by number: what it takes. */
      unreadable: Readonly<Record<string, string>>;
      total: number;
      page: number;
      pageSize: number;
      filter: BackupFilter;
      again: string;
    }
  /** An environment is held. `running`: what had begun there, goes on and can be cancelled; `swapping`: what can't be any more. */
  | { kind: 'held'; hold: Hold; running: readonly RequestId[]; swapping: readonly RequestId[] }
  | { kind: 'released'; holds: readonly Hold[] }
  /** Who holds what, and what is frozen. */
  | { kind: 'holds'; environments: readonly EnvironmentCalendar[] }
  /** `provable`: they may have it proven. */
  | { kind: 'backup'; backup: Backup; provable: boolean; unreadable?: string }
  /** What retention would remove now, and what stays; nothing is removed by looking. */
  | { kind: 'retention'; repositories: readonly RetentionView[] }
  /** Each time that a backup went live, the newest first; `more`: there are earlier ones. */
  | { kind: 'received'; backup: Backup; received: readonly Received[]; more: boolean }
  /** Whose accounts are theirs; `linking`: what they have to write to link another. */
  | ({ kind: 'accounts'; linking?: Linking } & Accounts)
  /** To whom somebody gave the right to approve, and whose they hold. */
  | { kind: 'delegations'; given?: Delegation; held: readonly Delegation[] }
  /** Backups of several databases that lie close together. Nothing was asked for. */
  | { kind: 'set'; proposal: SetProposal; asOf?: Date }
  | {
      kind: 'schedules';
      schedules: readonly ScheduleView[];
      total: number;
      page: number;
      pageSize: number;
      again: string;
    }
  /** A schedule was made or changed; after `removed` as it was. */
  | {
      kind: 'schedule';
      did: 'added' | 'approved' | 'rejected' | 'paused' | 'resumed' | 'skipped' | 'removed';
      view: ScheduleView;
    }
  | { kind: 'help'; title: string; lines: readonly { usage: string; summary: string }[] };

/** A named word of a command that is not an option: `uat`, `orders`. */
export type Positional = { name: string; many?: boolean };

/** `--backup BKP-12`; without `value` it is a switch. */
export type Option = { name: string; value?: string; many?: boolean; summary: string };

/**
 * Something people can say, whatever the front. `input` checks what the grammar made of a line, or what a form or an
 * API sent; `run` calls the service, which checks the rights named by `access` itself.
 */
export interface Command<Input = unknown> {
  /** `['refresh', 'status']`, `['refresh', 'schedule', 'add']`; the request itself is `['refresh']`. */
  words: readonly string[];
  summary: string;
  /** As shown in help and errors: `/refresh uat orders [--backup BKP-12] [--reason "..."]`. */
  usage: string;
  positionals: readonly Positional[];
  options: readonly Option[];
  input: z.ZodType<Input>;
  output: Output['kind'];
  access: Action;
  run(service: Service, actor: Actor, input: Input): Promise<Output>;
}

/** Keeps a command's types together while the registry forgets them. */
export function command<Input>(definition: Command<Input>): Command {
  return {
    ...definition,
    run: (service, actor, input) => definition.run(service, actor, definition.input.parse(input)),
  };
}
