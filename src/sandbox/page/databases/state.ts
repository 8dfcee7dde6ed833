/** What lies in the databases and in the folders of backups, read a moment ago. */
export type DatabasesState = { environments: readonly string[] };
