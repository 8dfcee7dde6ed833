import { identifier, literal } from './quote.ts';

// What belongs to a database as a whole and is in no dump: owner, ACL, connection limit, comment, settings. Pure.

/** Reads them of the live database. $1 oid. */
export const settingsOf = `
  SELECT r.rolname AS owner, d.datconnlimit AS "connectionLimit", shobj_description(d.oid, 'pg_database') AS comment,
    (SELECT coalesce(json_agg(json_build_object('grantee', coalesce(g.rolname, ''), 'privilege', a.privilege_type,
        'grantable', a.is_grantable) ORDER BY g.rolname, a.privilege_type), '[]')
      FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a LEFT JOIN pg_roles g ON g.oid = a.grantee) AS grants,
    (SELECT coalesce(json_agg(json_build_object('role', s.rolname, 'settings', s.setconfig) ORDER BY s.rolname NULLS FIRST), '[]')
      FROM (SELECT x.rolname, rs.setconfig FROM pg_db_role_setting rs LEFT JOIN pg_roles x ON x.oid = rs.setrole
        WHERE rs.setdatabase = d.oid) s) AS settings
  FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.oid = $1`;

export type DatabaseGrant = { grantee: string; privilege: string; grantable: boolean };

export type DatabaseSettings = {
  owner: string;
  connectionLimit: number;
  comment: string | null;
  /** Grantee '' is PUBLIC. */
  grants: DatabaseGrant[];
  /** Role null: of the database itself. Settings as `name=value`. */
  settings: { role: string | null; settings: string[] }[];
};

/** A statement, and what it is about in words that people may see: values of settings can be secrets. */
export type SettingStatement = { text: string; about: string };

/** Statements that make `name` equal to `wanted`, whatever it had. `present` are the grantees and roles that it has now. */
export function applySettings(
  name: string,
  wanted: DatabaseSettings,
  present: DatabaseSettings,
): SettingStatement[] {
  const database = identifier(name);
  const statements: SettingStatement[] = [];
  const add = (about: string, text: string) => void statements.push({ text, about });
  for (const { role } of present.settings) {
    add(
      `settings${ofRole(role)}`,
      role === null
        ? `ALTER DATABASE ${database} RESET ALL`
        : `ALTER ROLE ${identifier(role)} IN DATABASE ${database} RESET ALL`,
    );
  }
  // The owner goes first: the rights of the former owner are handed over with the database.
  if (wanted.owner !== present.owner) {
    add(ownerOfDatabase, `ALTER DATABASE ${database} OWNER TO ${identifier(wanted.owner)}`);
  }
  const grantees = new Set(['', wanted.owner, ...present.grants.map((grant) => grant.grantee)]);
  for (const grantee of grantees) {
    add(rightsOf(grantee), `REVOKE ALL ON DATABASE ${database} FROM ${grantedTo(grantee)}`);
  }
  for (const grant of wanted.grants) {
    add(
      rightsOf(grant.grantee),
      `GRANT ${privilege(grant.privilege)} ON DATABASE ${database} TO ${grantedTo(grant.grantee)}` +
        (grant.grantable && grant.grantee !== '' ? ' WITH GRANT OPTION' : ''),
    );
  }
  add(
    'connection limit of the database',
    `ALTER DATABASE ${database} CONNECTION LIMIT ${Math.trunc(wanted.connectionLimit)}`,
  );
  add(
    'comment of the database',
    `COMMENT ON DATABASE ${database} IS ${wanted.comment === null ? 'NULL' : literal(wanted.comment)}`,
  );
  for (const { role, settings } of wanted.settings) {
    const head =
      role === null
        ? `ALTER DATABASE ${database} SET`
        : `ALTER ROLE ${identifier(role)} IN DATABASE ${database} SET`;
    for (const setting of settings) {
      add(`setting "${settingName(setting)}"${ofRole(role)}`, `${head} ${assignment(setting)}`);
    }
  }
  return statements;
}

/** What `applySettings` says of the owner, which alone must be carried over. */
export const ownerOfDatabase = 'owner of the database';

function ofRole(role: string | null): string {
  return role === null ? ' of the database' : ` of role "${role}" in the database`;
}

function rightsOf(grantee: string): string {
  return `rights of ${grantee === '' ? 'PUBLIC' : `role "${grantee}"`} on the database`;
}

function settingName(setting: string): string {
  return setting.slice(0, Math.max(0, setting.indexOf('=')));
}

export function grantedTo(grantee: string): string {
  return grantee === '' ? 'PUBLIC' : identifier(grantee);
}

/** Privileges come from the server's catalogue; only its own words get through. */
export function privilege(word: string): string {
  if (!/^[A-Z]+(?: [A-Z]+)?$/.test(word)) throw new Error(`not a privilege: ${word}`);
  return word;
}

/** Settings whose stored value is a list of quoted names; as one literal it would be one name. */
const lists = [
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
];

/** `name=value` as the server stores it -> what stands behind SET. */
function assignment(setting: string): string {
  const at = setting.indexOf('=');
  const name = setting.slice(0, at);
  const value = setting.slice(at + 1);
  const words = lists.includes(name.toLowerCase()) ? listItems(value) : [value];
  const quotedName = name.split('.').map(identifier).join('.');
  return `${quotedName} TO ${words.length === 0 ? "''" : words.map((word) => literal(word).trimStart()).join(', ')}`;
}

/** The items of `a, "B c"`, as the server splits them. */
function listItems(value: string): string[] {
  const items: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^,"\s][^,]*?))\s*(?:,|$)/gy;
  for (let match = pattern.exec(value); match !== null && match[0] !== ''; match = pattern.exec(value)) {
    const [, quoted, bare] = match;
    items.push(quoted === undefined ? (bare ?? '').toLowerCase() : quoted.replaceAll('""', '"'));
  }
  return items;
}
