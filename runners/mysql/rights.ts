import type { ServerSite } from '../../src/domain/site.ts';
import type { Looked, Problem } from '../look.ts';
import type { ServerFacts } from './facts.ts';
import { account, everythingIn } from './quote.ts';
import { ownHost } from './setup.ts';

/** What stands in the way of a run, each with its remedy. Pure: facts in, sentences out. */
export function rightsProblems(facts: ServerFacts, site: ServerSite, looked: Looked): Problem[] {
  const { databaseName, backup } = looked;
  const who = account({ user: site.admin.user, host: ownHost });
  const old = facts.product === 'MariaDB' ? before(facts.release, 10, 6) : before(facts.release, 8, 0);
  const wanted = (found: boolean, right: string, where: string): Problem | false =>
    !found && {
      code: 'right-missing',
      message: `"${site.admin.user}" lacks the right ${right} ON ${where}.`,
      hint: `GRANT ${right} ON ${where} TO ${who}`,
    };
  const problems: (Problem | false)[] = [
    old && {
      code: 'server-version-old',
      message: `Server "${site.name}" is ${facts.product} ${facts.version}; MariaDB 10.6 or MySQL 8.0 is needed.`,
      hint: 'Upgrade it.',
    },
    !facts.setUp && {
      code: 'setup-missing',
      message: `Server "${site.name}" is not prepared: the tables of schema "freshet" are missing, or "${site.admin.user}" may not read them.`,
      hint: '`npx freshet host install` prints the SQL that an administrator runs once.',
    },
    wanted(has(facts, 'PROCESS'), 'PROCESS', '*.*'),
    facts.product === 'MariaDB' && wanted(has(facts, 'CONNECTION ADMIN'), 'CONNECTION ADMIN', '*.*'),
    facts.product === 'MariaDB' && wanted(has(facts, 'SET USER'), 'SET USER', '*.*'),
    ...(facts.product === 'MySQL' ? mysqlRights(facts.release) : []).map((right) =>
      wanted(has(facts, right), right, '*.*'),
    ),
    facts.mightyDefiners.length > 0 &&
      !has(facts, 'SYSTEM_USER') && {
        code: 'right-missing',
        message: `Views, triggers, routines or events of "${databaseName}" are of ${facts.mightyDefiners.join(', ')}, and "${site.admin.user}" lacks the right SYSTEM_USER, without which it can't put them up again.`,
        hint: `Give them another definer, or: GRANT SYSTEM_USER ON *.* TO ${who}`,
      },
    ...[databaseName, looked.newName].map((name) =>
      wanted(hasSchema(facts, name), 'ALL PRIVILEGES', everythingIn(name)),
    ),
    facts.live === undefined && {
      code: 'live-missing',
      message: `There is no database "${databaseName}" yet.`,
      hint: "Create an empty one, and give the application's account its rights there.",
    },
    facts.distrustsRoutines && {
      code: 'routines-distrusted',
      message: `Server "${site.name}" writes a binary log and takes no routines and triggers of accounts without SUPER.`,
      hint: 'SET PERSIST log_bin_trust_function_creators = 1 (MariaDB: in its configuration).',
    },
    facts.pointedAtBy.length > 0 && {
      code: 'pointed-at',
      message: `Foreign keys of ${facts.pointedAtBy.join(', ')} point into "${databaseName}": they would stay with the old copy.`,
      hint: 'Drop them, or refresh both as one database.',
    },
    facts.setUp &&
      facts.loaders.length === 0 && {
        code: 'loader-missing',
        message: `Account "${site.loader.user}" does not exist on server "${site.name}".`,
        hint: `CREATE USER ${account({ user: site.loader.user, host: ownHost })}, and give it a password.`,
      },
    ...facts.loaders.map(
      ({ grants }): Problem | false =>
        grants.length > 0 && {
          code: 'loader-too-mighty',
          message: `Account "${site.loader.user}" runs what is in backups and may do too much: ${grants.slice(0, 5).join(', ')}.`,
          hint: `Take that from it; it gets what it needs for each run.`,
        },
    ),
    backup !== undefined &&
      isNewer(backup.engineVersion, facts) && {
        code: 'server-version-old',
        message: `${backup.id} is of version ${backup.engineVersion}; server "${site.name}" is ${facts.product} ${facts.version}.`,
        hint: 'Choose a backup of the same or an older version.',
      },
  ];
  return problems.filter((problem) => problem !== false);
}

/** What `setup` gives the admin identity on a MySQL of that release. */
function mysqlRights(release: ServerFacts['release']): readonly string[] {
  const definers = before(release, 8, 2) ? ['SET_USER_ID'] : ['SET_ANY_DEFINER', 'ALLOW_NONEXISTENT_DEFINER'];
  return ['CONNECTION_ADMIN', 'SHOW_ROUTINE', ...definers];
}

function before(release: readonly [number, number], major: number, minor: number): boolean {
  return release[0] < major || (release[0] === major && release[1] < minor);
}

/** Only within one product: their numbers have nothing to do with one another. */
function isNewer(version: string | undefined, facts: ServerFacts): boolean {
  const [, major = '', minor = '', rest = ''] = /^(\d+)\.(\d+)(.*)$/.exec(version ?? '') ?? [];
  const product = /mariadb/i.test(rest) || Number(major) >= 10 ? 'MariaDB' : 'MySQL';
  return product === facts.product && before(facts.release, Number(major), Number(minor));
}

function everywhere(facts: ServerFacts): string[] {
  return facts.grants.filter((line) => / ON \*\.\* TO /.test(line));
}

function has(facts: ServerFacts, right: string): boolean {
  return everywhere(facts).some(
    (line) => line.startsWith('GRANT ALL PRIVILEGES') || new RegExp(`[ ,]${right}[ ,]`).test(line),
  );
}

/** Whether a line gives all on this schema, by its name or by a pattern that it fits. */
function hasSchema(facts: ServerFacts, name: string): boolean {
  return facts.grants.some((line) => {
    const match = /^GRANT ALL PRIVILEGES ON (?:\*\.\*|`((?:[^`]|``)+)`\.\*) TO .*WITH GRANT OPTION$/.exec(
      line,
    );
    if (match === null) return false;
    return match[1] === undefined || fits(name, match[1].replaceAll('``', '`'));
  });
}

/** Whether GRANT's pattern stands for a schema of that name. */
export function fits(name: string, pattern: string): boolean {
  const parts = pattern.match(/\\.|[\s\S]/g) ?? [];
  const source = parts.map((part) => {
    if (part === '%') return '[\\s\\S]*';
    if (part === '_') return '[\\s\\S]';
    return (part.length > 1 ? part.slice(1) : part).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`, 'u').test(name);
}
