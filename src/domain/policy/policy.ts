import type { Anonymisation } from '../backup.ts';

/** What a rule can allow or forbid. `read-raw` is judged by the environment that a backup was taken of, all else by the one that is acted on. */
export const ruleActions = [
  'request',
  'approve',
  'take',
  'prove',
  'read-raw',
  'undo',
  'hold',
  'break-glass',
  'schedule',
  'cancel',
  'retry',
  'acknowledge',
] as const;
export type RuleAction = (typeof ruleActions)[number];

/** Who may do what, where. Of a list, the first that matches counts. */
export type Rule = {
  /** How people call it. */
  name?: string;
  may: readonly RuleAction[] | 'everything';
  roles: readonly string[] | 'everybody';
  environments: readonly string[] | 'all';
  allow: boolean;
};

/** Who is allowed and who is not, in order, as far as it matters: two lists that are equal rule alike. */
export type Decisions = readonly { roles: readonly string[] | 'everybody'; allow: boolean }[];

/** One yes of several that a request needs, in order: so many people who hold one of the roles. */
export type Stage = {
  name: string;
  /** Of those who may approve by the rules, the holders of these decide here. */
  roles: readonly string[] | 'everybody';
  quorum: number;
  /** Only requests that bring raw data need it. */
  when?: 'raw';
};

/** Who may decide as well where nobody has decided for so long. */
export type Fallback = { roles: readonly string[]; afterSeconds: number };

/** What an approval is given under, as far as the site file says it: part of what is approved. */
export type Terms = {
  protected: boolean;
  accepts: readonly Anonymisation[];
  /** Also what was taken of it. */
  acceptsOwn?: true;
  /** The stages that the request needs, in order. */
  stages: readonly Stage[];
  /** Who may decide as well, in any stage, after a time. */
  fallback?: Fallback;
  /** Who may ask for it. */
  ask: Decisions;
  /** Who may approve. */
  approve: Decisions;
  /** By the environments that raw backups of the request were taken of: who may read these. */
  readRaw: Readonly<Record<string, Decisions>>;
};
