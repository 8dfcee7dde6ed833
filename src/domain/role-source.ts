/** Where a role comes from besides the site file. */
export type RoleSource = { role: string } & RoleOrigin;

/** Whose members hold a role. */
export type RoleOrigin =
  | { kind: 'slack-group'; /** Id of the user group, `S...`. */ group: string }
  | {
      kind: 'jira-role';
      /** Key of the project. */ project: string;
      /** Name of the role in Jira. */ name: string;
    };

/** A role that nobody holds by a source, as the source did not answer. */
export type Unasked = { role: string; source: string };

/** The front whose ids the members of a source are known by. */
export function frontOf({ kind }: RoleOrigin): 'slack' | 'jira' {
  return kind === 'slack-group' ? 'slack' : 'jira';
}

/** `the Slack group S0123`, `the Jira role "QA" of SHOP`. */
export function originText(origin: RoleOrigin): string {
  return origin.kind === 'slack-group'
    ? `the Slack group ${origin.group}`
    : `the Jira role "${origin.name}" of ${origin.project}`;
}

/** `; the Slack group S0123 could not be asked`, where one of the roles could come from it; else nothing. */
export function unaskedText(
  unasked: readonly Unasked[] | undefined,
  roles: readonly string[] | 'everybody',
): string {
  const silent = (unasked ?? []).filter(({ role }) => roles === 'everybody' || roles.includes(role));
  const names = [...new Set(silent.map(({ source }) => source))];
  return names.length === 0 ? '' : `; ${names.join(' and ')} could not be asked`;
}
