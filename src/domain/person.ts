/** Somebody who can act. One person is one person over all fronts: linked by the ids in the site file. */
export type Person = {
  /** Key in the site file, kebab-case. */
  id: string;
  name: string;
  /** Free names such as `developer`, `qa-manager`, `operator`; environments name the roles they trust. */
  roles: readonly string[];
  /** Slack member id, `U...`. */
  slackUserId?: string;
  /** Jira account id (Cloud). */
  jiraAccountId?: string;
};

/**
 * Who bears a name of the site file, by the first account that the file says of them: a name alone may be given to somebody else. Undefined where
 * it says none.
 */
export function identityOf({ slackUserId, jiraAccountId }: Person): string | undefined {
  if (slackUserId !== undefined) return `slack ${slackUserId}`;
  return jiraAccountId === undefined ? undefined : `jira ${jiraAccountId}`;
}

/** Through which door somebody spoke. `rule` is Freshet itself acting by configuration, `system` its own upkeep. */
export const fronts = ['slack', 'jira', 'web', 'cli', 'rule', 'system'] as const;
export type Front = (typeof fronts)[number];

/** A known person speaking over a front. Unknown speakers never become an Actor. */
export type Actor = { person: Person; front: Front };
