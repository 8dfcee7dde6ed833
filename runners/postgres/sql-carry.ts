import { identifier } from './quote.ts';
import { grantedTo, privilege } from './sql-settings.ts';
import type { DatabaseObject, DefaultPrivileges, Grant } from './sql-objects.ts';

/** One database as `sql-objects.ts` reads it. */
export type Holdings = { objects: readonly DatabaseObject[]; defaults: readonly DefaultPrivileges[] };

/** Statements in the order in which they must be tried, each with what it is about, in plain words. */
export type Carrying = { statements: { text: string; about: string }[]; notCarried: string[] };

/**
 * What gives the objects of a restored database the owners and rights of the live one: by name, where both have the
 * object. What only the restored one has belongs to the live database's owner, with the rights that the live
 * database gives to new objects. Pure.
 */
export function carryOver(options: {
  live: Holdings;
  fresh: Holdings;
  /** Who owns what was restored until now. */
  loader: string;
  /** Owner of the live database. */
  owner: string;
  /** Roles that the admin identity may give objects to. */
  mayGiveTo: ReadonlySet<string>;
}): Carrying {
  const { live, fresh, loader, owner, mayGiveTo } = options;
  const before = new Map(live.objects.map((object) => [key(object), object]));
  const after = new Map(fresh.objects.map((object) => [key(object), object]));
  const kept = (object: DatabaseObject) => (object.owner === loader ? owner : object.owner);
  const ownerOf = (object: DatabaseObject) => {
    const wanted = before.get(key(object))?.owner ?? kept(object);
    return mayGiveTo.has(wanted) ? wanted : kept(object);
  };
  return {
    statements: [
      ...owners(fresh.objects, { loader, owner, ownerOf }),
      ...defaults(live.defaults),
      ...fresh.objects
        .filter((object) => object.kind !== 'COLUMN')
        .flatMap((object) => rights(object, before.get(key(object)), ownerOf(object), live.defaults)),
      ...live.objects
        .filter((object) => object.kind === 'COLUMN' && after.has(tableKey(object)))
        .flatMap((column) => columnRights(column)),
    ],
    notCarried: [...missing(live.objects, after), ...otherOwners(fresh.objects, before, ownerOf)],
  };
}

function key(object: DatabaseObject): string {
  return `${object.kind} ${object.name}`;
}

function tableKey(column: DatabaseObject): string {
  return `TABLE ${splitColumn(column.name).table}`;
}

/** A column's entry is two quoted names with a space between; spaces within names stand inside of quotes. */
function splitColumn(name: string): { table: string; column: string } {
  const match = /^((?:"(?:[^"]|"")*"|[^" ])+) (.+)$/s.exec(name);
  return { table: match?.[1] ?? name, column: match?.[2] ?? '' };
}

/**
 * Schemas first. Who is no superuser may give an object only to a role that could create it in its schema, so each owner
 * may do that for the time being.
 */
function owners(
  objects: readonly DatabaseObject[],
  to: { loader: string; owner: string; ownerOf(object: DatabaseObject): string },
): Carrying['statements'] {
  const schemas = objects.filter((object) => object.kind === 'SCHEMA');
  const rest = objects.filter((object) => object.kind !== 'SCHEMA' && object.kind !== 'COLUMN');
  const needed = new Set(rest.map((object) => JSON.stringify([object.schema, to.ownerOf(object)])));
  needed.forEach((pair) => {
    const [schema] = JSON.parse(pair) as [string, string];
    needed.add(JSON.stringify([schema, to.owner]));
  });
  const pairs = [...needed].map((pair) => JSON.parse(pair) as [string, string]);
  const about = (object: DatabaseObject) => `owner of ${object.kind.toLowerCase()} ${object.name}`;
  const give = (object: DatabaseObject) => ({
    text: `ALTER ${object.kind} ${object.name} OWNER TO ${identifier(to.ownerOf(object))}`,
    about: about(object),
  });
  return [
    ...schemas.filter((schema) => to.ownerOf(schema) !== schema.owner).map(give),
    ...pairs.map(([schema, role]) => ({
      text: `GRANT USAGE, CREATE ON SCHEMA ${identifier(schema)} TO ${identifier(role)}`,
      about: `owners in schema ${schema}`,
    })),
    {
      text: `REASSIGN OWNED BY ${identifier(to.loader)} TO ${identifier(to.owner)}`,
      about: 'owner of what was restored',
    },
    ...rest
      .filter((object) => {
        const now = object.owner === to.loader ? to.owner : object.owner;
        return to.ownerOf(object) !== now && object.follows !== true;
      })
      .map(give),
    ...pairs
      .filter(([schema, role]) => !schemas.some((one) => one.schema === schema && to.ownerOf(one) === role))
      .map(([schema, role]) => ({
        text: `REVOKE USAGE, CREATE ON SCHEMA ${identifier(schema)} FROM ${identifier(role)}`,
        about: `owners in schema ${schema}`,
      })),
  ];
}

function rights(
  object: DatabaseObject,
  live: DatabaseObject | undefined,
  owner: string,
  given: readonly DefaultPrivileges[],
): Carrying['statements'] {
  const on = `${object.kind} ${object.name}`;
  const about = `grants on ${object.kind.toLowerCase()} ${object.name}`;
  if (live === undefined) {
    const type = typeLetters[object.kind];
    return given
      .filter((one) => one.type === type && one.role === owner)
      .filter((one) => one.schema === null || one.schema === object.schema)
      .flatMap((one) => [
        ...(one.schema === null ? [{ text: `REVOKE ALL ON ${on} FROM PUBLIC`, about }] : []),
        ...grants(on, one.grants).map((text) => ({ text, about })),
      ]);
  }
  if (live.grants === null) return [];
  const grantees = new Set(['', owner, ...(object.grants ?? []).map((grant) => grant.grantee)]);
  return [
    ...[...grantees].map((grantee) => ({ text: `REVOKE ALL ON ${on} FROM ${grantedTo(grantee)}`, about })),
    ...grants(on, live.grants).map((text) => ({ text, about })),
  ];
}

const typeLetters: Record<string, string> = {
  SCHEMA: 'n',
  TABLE: 'r',
  SEQUENCE: 'S',
  ROUTINE: 'f',
  TYPE: 'T',
};

/** One statement for each grantee and kind of grant. */
function grants(on: string, given: readonly Grant[]): string[] {
  const byGrantee = new Map<string, { grantee: string; grantable: boolean; privileges: string[] }>();
  for (const grant of given) {
    const at = JSON.stringify([grant.grantee, grant.grantable]);
    const one = byGrantee.get(at) ?? { grantee: grant.grantee, grantable: grant.grantable, privileges: [] };
    one.privileges.push(privilege(grant.privilege));
    byGrantee.set(at, one);
  }
  return [...byGrantee.values()].map(
    ({ grantee, grantable, privileges }) =>
      `GRANT ${privileges.join(', ')} ON ${on} TO ${grantedTo(grantee)}` +
      (grantable && grantee !== '' ? ' WITH GRANT OPTION' : ''),
  );
}

function columnRights(object: DatabaseObject): Carrying['statements'] {
  const { table, column } = splitColumn(object.name);
  return (object.grants ?? []).map((grant) => ({
    text:
      `GRANT ${privilege(grant.privilege)} (${column}) ON TABLE ${table} TO ${grantedTo(grant.grantee)}` +
      (grant.grantable && grant.grantee !== '' ? ' WITH GRANT OPTION' : ''),
    about: `grants on column ${object.name}`,
  }));
}

const typeWords: Record<string, string> = {
  r: 'TABLES',
  S: 'SEQUENCES',
  f: 'ROUTINES',
  T: 'TYPES',
  n: 'SCHEMAS',
};

function defaults(given: readonly DefaultPrivileges[]): Carrying['statements'] {
  return given.flatMap((one) => {
    const words = typeWords[one.type];
    if (words === undefined) return [];
    const where = one.schema === null ? '' : ` IN SCHEMA ${identifier(one.schema)}`;
    const head = `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(one.role)}${where}`;
    const about = `default privileges of role ${one.role}`;
    const lines = grants(words, one.grants).map((text) => ({ text: `${head} ${text}`, about }));
    // The entry without a schema stands in place of the server's own defaults, PUBLIC's among them.
    if (one.schema !== null) return lines;
    const revoked = ['', one.role].map((role) => ({
      text: `${head} REVOKE ALL ON ${words} FROM ${grantedTo(role)}`,
      about,
    }));
    return [...revoked, ...lines];
  });
}

/** Rights on what the backup does not have have nowhere to go. */
function missing(live: readonly DatabaseObject[], after: ReadonlyMap<string, DatabaseObject>): string[] {
  const gone = live
    .filter((object) => object.grants !== null && object.kind !== 'COLUMN' && !after.has(key(object)))
    .map((object) => object.name);
  if (gone.length === 0) return [];
  const shown = gone.slice(0, 5).join(', ');
  const more = gone.length > 5 ? ` and ${gone.length - 5} more` : '';
  return [`grants on ${shown}${more}: the backup does not have ${gone.length === 1 ? 'it' : 'them'}`];
}

/** Owners that the admin identity is no member of; the objects belong to the database's owner instead. */
function otherOwners(
  fresh: readonly DatabaseObject[],
  before: ReadonlyMap<string, DatabaseObject>,
  ownerOf: (object: DatabaseObject) => string,
): string[] {
  const counts = new Map<string, number>();
  for (const object of fresh) {
    const wanted = before.get(key(object))?.owner;
    if (wanted === undefined || object.kind === 'COLUMN' || object.follows === true) continue;
    if (ownerOf(object) !== wanted) counts.set(wanted, (counts.get(wanted) ?? 0) + 1);
  }
  return [...counts].map(
    ([role, count]) =>
      `owner "${role}" of ${count} object${count === 1 ? '' : 's'}: the admin identity is no member of that role`,
  );
}
