import type { Account, RichText } from './model.ts';
import type { Site } from './site.ts';

/** What tells the two kinds of Jira apart in their REST APIs; all else is in `rest/`. */
export interface Dialect {
  readonly kind: 'cloud' | 'data-center';
  /** Version of the API: the end of `/rest/api/`. */
  readonly api: '2' | '3';
  /** Whose credentials these are. */
  signIn(authorization: string, site: Site): Account | 'failed';
  /** A user as answers show one. */
  user(
    base: string,
    account: Account | undefined,
    id: string,
    self?: Account,
  ): Readonly<Record<string, unknown>>;
  /** The account id in a value of a user field, or Jira's sentence about it. */
  userIn(value: unknown, site: Site, fieldName: string): { readonly id: string } | { readonly error: string };
  /** The account id that the parameters of a query name, empty for nobody's; or Jira's sentence about them. */
  userNamed(
    query: Readonly<Record<string, string>>,
    site: Site,
  ): { readonly id: string } | { readonly error: string };
  /** Formatted text of a request; or what is wrong with it, with the stand-in's own words for people who debug. */
  text(value: unknown): { readonly text: RichText } | { readonly error: string; readonly fault?: string };
  /** What Jira's editor makes of typed lines. */
  typed(text: string): RichText;
  /** Whether issues and comments may come with properties. */
  readonly takesProperties: boolean;
  /** Where lists of pages stand in the answers of `createmeta`. */
  readonly metaList: { readonly issueTypes: string; readonly fields: string };
  /** Shows `fieldId` in the items of a changelog. */
  readonly namesFieldIds: boolean;
  /** How many entries `expand=changelog` shows of one issue; newest first where it is not all of them. */
  readonly changelogLimit: number;
}

/** Jira refuses longer text in any field or comment. */
export const textLimit = 32_767;
export const tooLong = `The entered text is too long. It exceeds the allowed limit of ${textLimit.toLocaleString('en-US')} characters.`;
