import type { EngineSetup } from '../engine.ts';
import { copyNameBytes } from '../plan.ts';
import { cutToBytes } from '../quote.ts';
import { account, everythingIn, identifier, literal } from './quote.ts';

export const setup: EngineSetup = {
  programs: ['mariadb'],
  takes: { programs: ['mariadb-dump'], sql: sourceSql },
  sql: setupSql,
  run: (file) =>
    `mariadb < ${file} as an account that may do all, then SET PASSWORD FOR each of the accounts`,
  passfile: '/etc/freshet/loader.cnf',
  passwordLine:
    'a defaults file with [client] and password="PASSWORD" of the loader, and behind that [client_reader] with the one of the reader',
  dataFolderQuery: 'SELECT @@datadir',
};

const unlocking = '-- After SET PASSWORD: ALTER USER ... ACCOUNT UNLOCK.';

/** Our accounts log in over the forwarded port, and so from here. */
export const ownHost = '127.0.0.1';

/**
 * SQL that prepares a server once, run by its administrator with the client. Repeatable. Makes the accounts where they are
 * missing, without a password that anybody knows, schema `freshet` with the journal, and nothing else. The admin identity gets
 * all rights on the named live databases and on the names of their copies, which it gives to the loader for one run.
 */
export function setupSql({
  admin,
  loader,
  reader,
  databases = [],
}: {
  admin: string;
  loader: string;
  reader?: string;
  owners?: readonly string[];
  databases?: readonly string[];
}): string {
  const who = account({ user: admin, host: ownHost });
  const loads = account({ user: loader, host: ownHost });
  return [
    `CREATE USER IF NOT EXISTS ${who} ACCOUNT LOCK;`,
    `CREATE USER IF NOT EXISTS ${loads} ACCOUNT LOCK;`,
    unlocking,
    '-- Sees and ends the sessions on what is swapped, and gives routines and views the definers they had.',
    `GRANT PROCESS ON *.* TO ${who};`,
    `/*M!100502 GRANT CONNECTION ADMIN, SET USER ON *.* TO ${who} */;`,
    ...mysqlRights(who),
    '-- Reads definitions and who has rights; changes none of it.',
    `GRANT SELECT ON mysql.* TO ${who};`,
    '-- Tells how much was written to a table since it was put there, where the server counts that.',
    ...['table_io_waits_summary_by_table', 'setup_instruments', 'setup_consumers'].map(
      (table) => `GRANT SELECT ON performance_schema.${table} TO ${who};`,
    ),
    ...databases.flatMap((name) => [
      `GRANT ALL PRIVILEGES ON ${everythingIn(name)} TO ${who} WITH GRANT OPTION;`,
      ...['new', 'old'].map(
        (which) => `GRANT ALL PRIVILEGES ON ${copies(name, which)} TO ${who} WITH GRANT OPTION;`,
      ),
    ]),
    ...readerSql(reader, databases),
    ...records(),
    `GRANT ALL PRIVILEGES ON freshet.* TO ${who};`,
    '',
  ].join('\n');
}

/** Of a server that backups are taken of, and nothing else. */
function sourceSql(reader: string, databases: readonly string[]): string {
  return [...readerSql(reader, databases), ''].join('\n');
}

/** What a dump of one moment needs on a schema: nothing on the whole server, and no lock. TRIGGER and EVENT would let it make some, too. */
export const readerRights = ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'] as const;
/** To see what is in a routine. There is no right for those of one schema. */
export const routineRights = { MariaDB: 'SELECT ON mysql.proc', MySQL: 'SHOW_ROUTINE ON *.*' } as const;

function readerSql(reader: string | undefined, databases: readonly string[]): string[] {
  if (reader === undefined) return [];
  const who = account({ user: reader, host: ownHost });
  return [
    '-- Takes backups. Reads the live databases, and what is in routines.',
    `CREATE USER IF NOT EXISTS ${who} ACCOUNT LOCK;`,
    unlocking,
    `/*M!100502 GRANT ${routineRights.MariaDB} TO ${who} */;`,
    `/*!80000 GRANT ${routineRights.MySQL} TO ${who} */;`,
    ...databases.map((name) => `GRANT ${readerRights.join(', ')} ON ${everythingIn(name)} TO ${who};`),
  ];
}

/**
 * Rights that only MySQL has; MariaDB passes these comments over. 8.2 divided SET_USER_ID in two, and 8.4 has no longer heard of it.
 * Not SYSTEM_USER, with which objects could be given to `root`: `rightsProblems` asks for it where a live database has such ones.
 */
function mysqlRights(who: string): string[] {
  const grant = literal('GRANT CONNECTION_ADMIN, SHOW_ROUTINE, ');
  return [
    "/*!80000 SET @freshet = 'SET_USER_ID' */;",
    "/*!80200 SET @freshet = 'SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER' */;",
    `/*!80000 SET @freshet = CONCAT(${grant}, @freshet, ${literal(` ON *.* TO ${who}`)}) */;`,
    '/*!80000 PREPARE freshet FROM @freshet */;',
    '/*!80000 EXECUTE freshet */;',
  ];
}

/** The copies of a live database, whatever the run. */
function copies(name: string, which: string): string {
  const exact = cutToBytes(name, copyNameBytes).replaceAll(/[\\_%]/g, '\\$&');
  return `${identifier(`${exact}\\_\\_${which}\\_%`)}.*`;
}

function records(): string[] {
  const key = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL';
  return [
    'CREATE DATABASE IF NOT EXISTS freshet CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;',
    '-- Largest number that a live database has seen: an older attempt can not swap any more.',
    `CREATE TABLE IF NOT EXISTS freshet.fence (
  database_name varchar(64) ${key} PRIMARY KEY,
  fence bigint NOT NULL,
  run varchar(16) NOT NULL,
  raised_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
) ENGINE=InnoDB;`,
    '-- What is live by our own swaps: schemas have no lasting names, what is in them gets one of ours.',
    `CREATE TABLE IF NOT EXISTS freshet.live (
  database_name varchar(64) ${key} PRIMARY KEY,
  ref char(32) NOT NULL
) ENGINE=InnoDB;`,
    '-- Schemas that runs made: only what is recorded here, and has the mark of it inside, is ever dropped.',
    `CREATE TABLE IF NOT EXISTS freshet.copy (
  run varchar(16) NOT NULL,
  database_name varchar(64) ${key},
  copy_name varchar(64) ${key},
  ref char(32) NOT NULL,
  closed tinyint NOT NULL DEFAULT 0,
  made_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (run, database_name)
) ENGINE=InnoDB;`,
    '-- Views, triggers, routines and events of what is not live: put up again when it goes live.',
    `CREATE TABLE IF NOT EXISTS freshet.program (
  ref char(32) NOT NULL PRIMARY KEY,
  pieces longtext NOT NULL
) ENGINE=InnoDB;`,
    '-- The journal of swaps: written before the first statement, and before and after each that can not be taken back by itself.',
    `CREATE TABLE IF NOT EXISTS freshet.swap (
  run varchar(16) NOT NULL,
  database_name varchar(64) ${key},
  incoming longtext NOT NULL,
  outgoing longtext NOT NULL,
  live_is varchar(12) NOT NULL DEFAULT 'old',
  closed_at timestamp(3) NULL,
  swapped_at timestamp(3) NULL,
  put_back_at timestamp(3) NULL,
  not_carried longtext NOT NULL,
  PRIMARY KEY (run, database_name)
) ENGINE=InnoDB;`,
    '-- Behind every table of a database whose views are being put up: whoever reads or writes meets this error.',
    'DROP FUNCTION IF EXISTS freshet.closed;',
    'DELIMITER ;;',
    `CREATE FUNCTION freshet.closed() RETURNS int NO SQL SQL SECURITY INVOKER BEGIN
  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ${literal('This database is being exchanged; try again in a moment.')};
  RETURN 1;
END;;`,
    'DELIMITER ;',
  ];
}
