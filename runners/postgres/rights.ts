import type { ServerAccess } from '../engine.ts';
import type { Problem } from '../look.ts';
import { identifier } from './quote.ts';
import type { ServerFacts } from './facts.ts';

/** What stands in the way of a run, each with its remedy. Pure: facts in, sentences out. */
export function rightsProblems(
  facts: ServerFacts,
  site: ServerAccess['site'],
  databaseName: string,
): Problem[] {
  const admin = site.admin.user;
  const { identity, live, loader } = facts;
  const problems: (Problem | false)[] = [
    facts.major < 14 && {
      code: 'server-version-old',
      message: `Server "${site.name}" is PostgreSQL ${facts.version}; 14 or later is needed.`,
      hint: 'Upgrade it.',
    },
    !facts.setUp && {
      code: 'setup-missing',
      message: `Server "${site.name}" is not prepared: the tables of schema "freshet" are missing in "${site.maintenanceDatabase}", or "${admin}" may not write them.`,
      hint: '`npx freshet host install` prints the SQL that a superuser runs once.',
    },
    !identity.superuser &&
      !identity.createdb &&
      right(
        'createdb-missing',
        admin,
        'may not create databases',
        `ALTER ROLE ${identifier(admin)} CREATEDB`,
      ),
    !member(facts, site.loader.user) &&
      right(
        'loader-not-member',
        admin,
        `is no member of "${site.loader.user}", whose objects it hands over`,
        `GRANT ${identifier(site.loader.user)} TO ${identifier(admin)}`,
      ),
    ...(['pg_signal_backend', 'pg_read_all_stats'] as const).map(
      (role) =>
        !member(facts, role) &&
        right(
          role === 'pg_signal_backend' ? 'signal-missing' : 'stats-missing',
          admin,
          role === 'pg_signal_backend'
            ? "may not end others' sessions"
            : 'does not see what other sessions do',
          `GRANT ${role} TO ${identifier(admin)}`,
        ),
    ),
    live?.owner === admin && {
      code: 'live-owned-by-admin',
      message: `Database "${databaseName}" belongs to "${admin}": what is in a backup would get the rights of the admin identity.`,
      hint: `Give it to the role of its application: ALTER DATABASE ${identifier(databaseName)} OWNER TO that role.`,
    },
    live !== undefined &&
      !member(facts, live.owner) &&
      right(
        'owner-not-member',
        admin,
        `is no member of "${live.owner}", which owns "${databaseName}": it could neither rename it nor give it a new one`,
        `GRANT ${identifier(live.owner)} TO ${identifier(admin)}`,
      ),
    live !== undefined &&
      live.settingsOfRoles > 0 &&
      !identity.superuser &&
      !identity.createrole &&
      right(
        'createrole-missing',
        admin,
        `may not set the settings that ${live.settingsOfRoles} role(s) have in "${databaseName}"`,
        `ALTER ROLE ${identifier(admin)} CREATEROLE`,
      ),
    live?.tablespace?.usable === false &&
      right(
        'tablespace-closed',
        admin,
        `may not create databases in the tablespace "${live.tablespace.name}", where "${databaseName}" lies`,
        `GRANT CREATE ON TABLESPACE ${identifier(live.tablespace.name)} TO ${identifier(admin)}`,
      ),
    live !== undefined &&
      live.prepared > 0 && {
        code: 'prepared-transactions',
        message: `Database "${databaseName}" has ${live.prepared} prepared transaction(s): it can't be swapped as long as they stand.`,
        hint: 'Commit or roll them back (pg_prepared_xacts).',
      },
    live !== undefined &&
      !live.open && {
        code: 'live-closed',
        message: `Database "${databaseName}" takes no connections, and not because of a run that is known.`,
        hint: `Find out why; ALTER DATABASE ${identifier(databaseName)} ALLOW_CONNECTIONS true opens it.`,
      },
    ...loaderProblems(loader, site),
  ];
  return problems.filter((problem) => problem !== false);
}

/** What stands against the loader, by `loaderFacts`. */
export function loaderProblems(loader: ServerFacts['loader'], site: ServerAccess['site']): Problem[] {
  const name = site.loader.user;
  if (loader === undefined) {
    return [
      {
        code: 'loader-missing',
        message: `Role "${name}" does not exist on server "${site.name}".`,
        hint: `CREATE ROLE ${identifier(name)} LOGIN, and give it a password.`,
      },
    ];
  }
  const mighty = [
    ...(loader.superuser ? ['SUPERUSER'] : []),
    ...(loader.createrole ? ['CREATEROLE'] : []),
    ...(loader.replication ? ['REPLICATION'] : []),
    ...(loader.bypassrls ? ['BYPASSRLS'] : []),
    ...loader.dangerous,
  ];
  const problems: (Problem | false)[] = [
    mighty.length > 0 && {
      code: 'loader-too-mighty',
      message: `Role "${name}" runs what is in backups and may do too much: ${mighty.join(', ')}.`,
      hint: `Take that from ${identifier(name)}; it needs LOGIN only.`,
    },
    !loader.superuser &&
      loader.owns.length > 0 && {
        code: 'loader-owns',
        message: `Role "${name}" has the rights of the owner of "${loader.owns[0]}"; the loader must own no database.`,
        hint: `Take that membership, or that database, from ${identifier(name)}.`,
      },
    // A role may give itself settings, so a dump can: they would hold for every later run.
    loader.settings.length > 0 && {
      code: 'loader-settings',
      message: `Role "${name}" begins every session with settings of its own (${loader.settings.join(', ')}); a backup may have set them.`,
      hint: `A superuser runs: ALTER ROLE ${identifier(name)} RESET ALL`,
    },
    // Before PostgreSQL 15 a role may make others its members, so a dump can: they would get into every copy while it is loaded.
    loader.members.length > 0 && {
      code: 'loader-shared',
      message: `Role "${name}" loads what nobody else may see yet, and others have its rights: ${loader.members.join(', ')}; a backup may have given them.`,
      hint: `A superuser runs: REVOKE ${identifier(name)} FROM ${loader.members.map(identifier).join(', ')}`,
    },
  ];
  return problems.filter((problem) => problem !== false);
}

function member(facts: ServerFacts, role: string): boolean {
  return facts.identity.superuser || facts.memberOf[role] === true;
}

function right(code: string, admin: string, lacks: string, remedy: string): Problem {
  return { code, message: `Role "${admin}" ${lacks}.`, hint: `A superuser runs: ${remedy}` };
}
